#include "src/io/atomic_file.hpp"
#include "src/io/map_files.hpp"

#include <bit>

namespace warpfit::io {
namespace {

static_assert(std::endian::native == std::endian::little, "values are written as they lie in memory");

char const* descriptor(std::span<double const>)
{
    return "<f8";
}
char const* descriptor(std::span<int const>)
{
    return "<i4";
}
char const* descriptor(std::span<std::uint8_t const>)
{
    return "|u1";
}

}  // namespace

void write_npy(std::string const& path, MapView const& map)
{
    std::string shape;
    for (std::size_t const n : map.shape) shape += std::to_string(n) + (map.shape.size() == 1 ? "," : ", ");
    if (map.shape.size() > 1) shape.resize(shape.size() - 2);
    std::string const type = std::visit([](auto values) { return descriptor(values); }, map.values);
    std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
    constexpr std::size_t preamble = 10;
    while ((preamble + header.size() + 1) % 64 != 0) header += ' ';
    header += '\n';

    AtomicFile file(path);
    file.write(std::string_view("\x93NUMPY\x01\x00", 8));
    char const length[2] = {static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
    file.write(std::string_view(length, 2));
    file.write(header);
    std::visit([&](auto values) { file.write(std::as_bytes(values)); }, map.values);
    file.commit();
}

}  // namespace warpfit::io
