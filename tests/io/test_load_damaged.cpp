#include "warpfit/error.hpp"
#include "warpfit/io.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <hdf5.h>
#include <iterator>
#include <random>
#include <utility>

namespace warpfit::io {
namespace {

using testing::HasSubstr;

std::string bytes_of(std::string const& name)
{
    std::ifstream in(std::string(WARPFIT_TEST_DIR) + "/io/data/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write(std::string const& file, std::string const& bytes)
{
    std::ofstream(file, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// Reads everything; false where an InputError that names the file ended it.
bool reads(std::string const& path, std::string const& file)
{
    try {
        LoadOptions options;
        options.navigation_dimensions = path == file ? -1 : 2;
        Signal const s = load(path, options);
        std::vector<std::byte> all(s.num_pixels() * s.num_channels() * size_of(s.type()));
        s.data().source->read(0, s.num_pixels(), all.data());
        for (std::size_t i = 0; i < s.num_pixels(); ++i) s.pixel_variance(i);
        return true;
    } catch (InputError const& error) {
        EXPECT_THAT(error.what(), HasSubstr(file));
        return false;
    }
}

bool reads(std::string const& file)
{
    return reads(file, file);
}

class Truncated : public testing::TestWithParam<char const*>
{};

TEST_P(Truncated, IsRefusedAtEveryLength)
{
    std::string const bytes = bytes_of(GetParam());
    ASSERT_GT(bytes.size(), 1000u);
    std::string const file = testing::TempDir() + "truncated_" + GetParam();
    std::size_t const step = bytes.size() / 150 + 1;
    for (std::size_t size = 0; size < bytes.size(); size += step) {
        write(file, bytes.substr(0, size));
        EXPECT_FALSE(reads(file)) << size << " of " << bytes.size() << " bytes";
    }
    write(file, bytes);
    EXPECT_TRUE(reads(file));
    std::filesystem::remove(file);
}

/// Offset and size of the stored bytes of a dataset's first chunk.
std::pair<std::size_t, std::size_t> first_chunk(std::string const& name, char const* dataset)
{
    std::string const file = std::string(WARPFIT_TEST_DIR) + "/io/data/" + name;
    hid_t const opened = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t const id = H5Dopen2(opened, dataset, H5P_DEFAULT);
    haddr_t address = 0;
    hsize_t size = 0;
    hid_t const space = H5Dget_space(id);
    EXPECT_GE(H5Dget_chunk_info(id, space, 0, nullptr, nullptr, &address, &size), 0);
    H5Sclose(space);
    H5Dclose(id);
    H5Fclose(opened);
    return {address, size};
}

TEST(LoadDamaged, AFlippedBitInACompressedChunkIsNoticed)
{
    std::string const name = "eels_al_lowloss.hspy";
    auto const [address, size] = first_chunk(name, "/Experiments/Aluminium low loss/data");
    ASSERT_GT(size, 1000u);
    std::string const bytes = bytes_of(name);
    std::string const file = testing::TempDir() + "flipped_" + name;
    write(file, bytes);
    std::vector<double> const expected = load(file).pixel(0);
    int refused = 0;
    std::mt19937 random(7);
    for (int i = 0; i < 300; ++i) {
        std::string damaged = bytes;
        std::size_t const at = address + 2 + random() % (size - 2);  // two bytes of settings may change freely
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
        write(file, damaged);
        if (!reads(file)) {
            ++refused;
        } else {
            EXPECT_EQ(load(file).pixel(0), expected) << "byte " << at;  // padding between blocks means nothing
        }
    }
    EXPECT_GT(refused, 290);
    std::filesystem::remove(file);
}

TEST(LoadDamaged, FlippedBitsInOtherChunksEndInValuesOrInAnError)
{
    std::string const bytes = bytes_of("load_layouts.h5");
    std::string const file = testing::TempDir() + "flipped_layouts.h5";
    std::mt19937 random(11);
    for (char const* dataset :
         {"/lz4", "/bitshuffle_lz4", "/bitshuffle_blocks", "/bitshuffle_only", "/gzip_shuffle", "/checksum"}) {
        auto const [address, size] = first_chunk("load_layouts.h5", dataset);
        int refused = 0;
        for (int i = 0; i < 100; ++i) {
            std::string damaged = bytes;
            std::size_t const at = address + random() % (i % 2 == 0 ? std::min<std::size_t>(size, 20) : size);
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
            write(file, damaged);
            if (!reads(file + "#" + dataset, file)) ++refused;
        }
        int const least = std::string(dataset) == "/bitshuffle_only" ? 0 : 20;  // no header, no check sum
        EXPECT_GE(refused, least) << dataset;
    }
    std::filesystem::remove(file);
}

INSTANTIATE_TEST_SUITE_P(Load, Truncated,
                         testing::Values("load_big_endian.hspy", "load_transposed.hspy", "load_nexus.nxs",
                                         "eels_al_lowloss.hspy"),
                         [](auto const& test) {
                             std::string name = test.param;
                             return name.substr(0, name.find('.'));
                         });

}  // namespace
}  // namespace warpfit::io
