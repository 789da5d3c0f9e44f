#include "bench/support/map_file.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <hdf5.h>
#include <random>
#include <stdexcept>
#include <vector>

namespace warpfit::bench {

namespace {

constexpr std::size_t rows = 8;
constexpr std::size_t columns = 32;

hid_t valid(hid_t id)
{
    if (id < 0) throw std::runtime_error("HDF5 refused to write a map (see its message)");
    return id;
}

}  // namespace

void write_map(std::string const& path, std::size_t num_pixels, std::size_t num_channels)
{
    std::array<hsize_t, 3> const shape{num_pixels / columns, columns, num_channels};
    std::array<hsize_t, 3> const chunk{rows, columns, num_channels};
    hid_t const file = valid(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    hid_t const space = valid(H5Screate_simple(3, shape.data(), nullptr));
    hid_t const layout = valid(H5Pcreate(H5P_DATASET_CREATE));
    valid(H5Pset_chunk(layout, 3, chunk.data()));
    valid(H5Pset_deflate(layout, 4));
    hid_t const set = valid(H5Dcreate2(file, "data", H5T_STD_U16LE, space, H5P_DEFAULT, layout, H5P_DEFAULT));
    hid_t const memory = valid(H5Screate_simple(3, chunk.data(), nullptr));

    std::mt19937 random(11);
    std::uniform_real_distribution<double> near(0.9, 1.1);
    std::vector<std::uint16_t> values(rows * columns * num_channels);
    auto const middle = static_cast<double>(num_channels) / 2.0;
    for (hsize_t first = 0; first < shape[0]; first += rows) {
        for (std::size_t pixel = 0; pixel < rows * columns; ++pixel) {
            double const height = 250.0 * near(random);
            double const sigma = 20.0 * near(random);
            double const centre = middle * near(random);
            double const background = 60.0 * near(random);
            for (std::size_t i = 0; i < num_channels; ++i) {
                double const u = (static_cast<double>(i) - centre) / sigma;
                double const mean = background + height * std::exp(-0.5 * u * u);
                values[pixel * num_channels + i] =
                    static_cast<std::uint16_t>(std::poisson_distribution<int>(mean)(random));
            }
        }
        std::array<hsize_t, 3> const begin{first, 0, 0};
        valid(H5Sselect_hyperslab(space, H5S_SELECT_SET, begin.data(), nullptr, chunk.data(), nullptr));
        valid(H5Dwrite(set, H5T_NATIVE_UINT16, memory, space, H5P_DEFAULT, values.data()));
    }
    H5Sclose(memory);
    H5Dclose(set);
    H5Pclose(layout);
    H5Sclose(space);
    valid(H5Fclose(file));
}

}  // namespace warpfit::bench
