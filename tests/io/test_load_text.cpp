#include "warpfit/error.hpp"
#include "warpfit/io.hpp"

#include <fstream>
#include <gmock/gmock.h>

namespace warpfit::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string write(std::string const& name, std::string const& text)
{
    std::string const file = testing::TempDir() + "load_" + name;
    std::ofstream(file, std::ios::binary) << text;
    return file;
}

std::string message_of(std::string const& name, std::string const& text)
{
    try {
        load(write(name, text));
    } catch (InputError const& error) {
        return error.what();
    }
    return "no error";
}

TEST(LoadText, UniformColumnsBecomeAUniformAxis)
{
    Signal const s = load(write("uniform.txt", "# energy counts\n1.0 5\n1.5 6  # comment\n\n2.0\t7\n"));
    EXPECT_EQ(s.num_pixels(), 1u);
    EXPECT_TRUE(s.signal_axes()[0].is_uniform());
    EXPECT_EQ(s.signal_axes()[0].offset, 1.0);
    EXPECT_EQ(s.signal_axes()[0].scale, 0.5);
    EXPECT_THAT(s.pixel(0), ElementsAre(5, 6, 7));
    EXPECT_EQ(s.variance().kind, Variance::Kind::none);
    EXPECT_FALSE(s.is_binned());
}

TEST(LoadText, MeasuredPositionsStayAsTheyAre)
{
    // as in NIST's Misra and Chwirut sets: repeated, unsorted
    Signal const s = load(write("nist.txt", "0.5 92.9\n1.0 57.1\n0.5 85.4\n3.0 16.65\n"));
    EXPECT_THAT(s.signal_axes()[0].values, ElementsAre(0.5, 1.0, 0.5, 3.0));
    EXPECT_THAT(s.pixel(0), ElementsAre(92.9, 57.1, 85.4, 16.65));
}

TEST(LoadText, UniformWithinAMillionthOfAStep)
{
    EXPECT_TRUE(load(write("a.csv", "0,1\n1.0000005,1\n2,1\n")).signal_axes()[0].is_uniform());
    EXPECT_FALSE(load(write("b.csv", "0,1\n1.00001,1\n2,1\n")).signal_axes()[0].is_uniform());
    EXPECT_FALSE(load(write("c.csv", "1,1\n1,2\n1,3\n")).signal_axes()[0].is_uniform());
}

TEST(LoadText, SigmaBecomesVariance)
{
    Signal const s = load(write("sigma.csv", "\xef\xbb\xbfx,y,sigma\r\n1, 10, 2\r\n2, 20, 0.5\r\n"));
    EXPECT_THAT(s.pixel(0), ElementsAre(10, 20));
    EXPECT_THAT(s.pixel_variance(0), ElementsAre(4, 0.25));
    EXPECT_EQ(s.signal_axes()[0].name, "x");
}

TEST(LoadText, ErrorsNameTheLine)
{
    EXPECT_THAT(message_of("1.txt", "1 2\n3 4\n5 x\n"), HasSubstr("line 3"));
    EXPECT_THAT(message_of("2.txt", "1 2\n3 4 5\n"), HasSubstr("line 2: has 3 columns"));
    EXPECT_THAT(message_of("3.txt", "1 2 3 4\n"), HasSubstr("4 columns"));
    EXPECT_THAT(message_of("4.txt", "1\n2\n"), HasSubstr("1 columns"));
    EXPECT_THAT(message_of("5.txt", "1 2 0\n"), HasSubstr("sigma is not positive"));
    EXPECT_THAT(message_of("6.txt", "nan 2\n"), HasSubstr("x is not finite"));
    EXPECT_THAT(message_of("7.txt", "# nothing\n\n"), HasSubstr("no numbers"));
    EXPECT_THAT(message_of("8.txt", "x y\nx y\n1 2\n"), HasSubstr("line 2"));
    EXPECT_THAT(message_of("9.txt", "1 2\n1e 4\n"), HasSubstr("line 2"));
}

constexpr char const* msa_head = "#FORMAT      : EMSA/MAS Spectral Data File\n"
                                 "#VERSION     : 1.0\n"
                                 "#TITLE       : NIO EELS OK SHELL\n"
                                 "#NPOINTS     : 5.\n"
                                 "#NCOLUMNS    : 3.\n"
                                 "#XUNITS      : Energy Loss (eV)\n"
                                 "#XPERCHAN    : 3.1\n"
                                 "#OFFSET      : 520.13\n"
                                 "#SIGNALTYPE  : ELS\n"
                                 "#XLABEL      : Energy\n"
                                 "#BEAMKV   -kV: 120.0\n"
                                 "#COLLANGLE-mR: 3.4\n";

TEST(LoadMsa, ValuesInColumns)
{
    std::string const text = std::string(msa_head) + "#DATATYPE    : Y\n#SPECTRUM    : Spectral Data Starts Here\n"
                                                     "4066.0, 3996.0, 3932.0,\n3923.0, +5.6E3\n#ENDOFDATA   :\n";
    Signal const s = load(write("eels.msa", text));
    EXPECT_THAT(s.pixel(0), ElementsAre(4066, 3996, 3932, 3923, 5600));
    EXPECT_EQ(s.title, "NIO EELS OK SHELL");
    EXPECT_EQ(s.signal_type, "EELS");
    EXPECT_TRUE(s.is_binned());
    EXPECT_EQ(s.signal_axes()[0].offset, 520.13);
    EXPECT_EQ(s.signal_axes()[0].scale, 3.1);
    EXPECT_EQ(s.signal_axes()[0].name, "Energy");
    EXPECT_EQ(s.metadata.at("Acquisition_instrument.TEM.beam_energy"), "120.0");
    EXPECT_EQ(s.metadata.at("Acquisition_instrument.TEM.Detector.EELS.collection_angle"), "3.4");
}

TEST(LoadMsa, PairsAndAnotherEnding)
{
    std::string const text = std::string(msa_head) + "#DATATYPE    : XY\r\n#SPECTRUM    : here\r\n"
                                                     "1, 10\r\n2, 20\r\n4, 30\r\n8, 40\r\n9, 50\r\n#ENDOFDATA   : \r\n";
    Signal const s = load(write("pairs.txt", text));  // recognised by its first line
    EXPECT_THAT(s.signal_axes()[0].values, ElementsAre(1, 2, 4, 8, 9));
    EXPECT_THAT(s.pixel(0), ElementsAre(10, 20, 30, 40, 50));
}

TEST(LoadMsa, Damaged)
{
    std::string const start = std::string(msa_head) + "#SPECTRUM    : here\n";
    EXPECT_THAT(message_of("1.msa", start + "1,2,3,4,5\n"), HasSubstr("ends early"));
    EXPECT_THAT(message_of("2.msa", start + "1,2,3,4\n#ENDOFDATA :\n"), HasSubstr("4 points (#NPOINTS says 5.)"));
    EXPECT_THAT(message_of("3.msa", start + "1,2,x,4,5\n#ENDOFDATA :\n"), HasSubstr("not a number"));
    EXPECT_THAT(message_of("4.msa", "#FORMAT : EMSA\n#SPECTRUM :\n1\n#ENDOFDATA :\n"), HasSubstr("#NPOINTS"));
    EXPECT_THAT(message_of("5.msa", "#FORMAT : EMSA\n#NPOINTS : 5\n"), HasSubstr("#SPECTRUM"));
}

}  // namespace
}  // namespace warpfit::io
