#include "src/physics/microscope.hpp"

#include "tests/model/expect_error.hpp"

namespace warpfit::physics {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Microscope, NamesWhatIsMissingAndHowToGiveIt)
{
    std::string const text = testing::error_of([] { require_complete({200.0, {}, {}}); });
    EXPECT_THAT(text,
                AllOf(HasSubstr("convergence_angle [mrad], collection_angle [mrad]"), Not(HasSubstr("beam_energy ["))));
    EXPECT_THAT(text, AllOf(HasSubstr("[microscope]"), HasSubstr("set_microscope_parameters"),
                            HasSubstr("Acquisition_instrument.TEM.beam_energy")));
    EXPECT_NO_THROW(require_complete({200.0, 0.0, 10.0}));
}

TEST(Microscope, GivesTheEffectiveAngle)
{
    EXPECT_EQ(effective_angle({200.0, 0.0, 10.0}, 532.0), 10.0);
    EXPECT_THAT(testing::error_of([] { effective_angle({{}, 0.0, 10.0}, 532.0); }), HasSubstr("beam_energy [keV]"));
}

}  // namespace
}  // namespace warpfit::physics
