#include "src/io/atomic_file.hpp"
#include "src/io/map_files.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace warpfit::io {
namespace {

static_assert(std::endian::native == std::endian::little, "tags and samples are written as they lie in memory");

enum class SampleFormat : std::uint16_t { unsigned_integer = 1, integer = 2, floating = 3 };

struct Samples
{
    std::vector<std::byte> bytes;
    std::uint16_t bits;
    SampleFormat format;
};

Samples samples(std::span<double const> values)
{
    bool const fits_float = std::all_of(values.begin(), values.end(), [](double v) {
        return !std::isfinite(v) || std::abs(v) <= static_cast<double>(std::numeric_limits<float>::max());
    });
    auto const copy = [](auto bytes) { return std::vector<std::byte>(bytes.begin(), bytes.end()); };
    if (!fits_float) return {copy(std::as_bytes(values)), 64, SampleFormat::floating};
    std::vector<float> narrow(values.size());
    std::transform(values.begin(), values.end(), narrow.begin(), [](double v) { return static_cast<float>(v); });
    return {copy(std::as_bytes(std::span(narrow))), 32, SampleFormat::floating};
}

Samples samples(std::span<int const> values)
{
    auto const bytes = std::as_bytes(values);
    return {{bytes.begin(), bytes.end()}, 32, SampleFormat::integer};
}

Samples samples(std::span<std::uint8_t const> values)
{
    auto const bytes = std::as_bytes(values);
    return {{bytes.begin(), bytes.end()}, 8, SampleFormat::unsigned_integer};
}

void put_u16(std::string& out, std::uint16_t v)
{
    out.append(reinterpret_cast<char const*>(&v), 2);
}
void put_u32(std::string& out, std::uint32_t v)
{
    out.append(reinterpret_cast<char const*>(&v), 4);
}

void put_tag(std::string& out, std::uint16_t tag, std::uint16_t type, std::uint32_t count, std::uint32_t value)
{
    put_u16(out, tag);
    put_u16(out, type);
    put_u32(out, count);
    put_u32(out, value);
}

}  // namespace

void write_tiff(std::string const& path, MapView const& map)
{
    constexpr std::uint16_t ascii_type = 2, short_type = 3, long_type = 4;
    constexpr std::uint32_t head = 8, num_tags = 11, directory_size = 2 + num_tags * 12 + 4;

    std::size_t const dimensions = map.shape.size();
    std::size_t const width = dimensions == 0 ? 1 : map.shape.back();
    std::size_t const height = dimensions < 2 ? 1 : map.shape[dimensions - 2];
    Samples const data = std::visit([](auto values) { return samples(values); }, map.values);
    std::size_t const page_size = width * height * (data.bits / 8);
    std::size_t const pages = page_size == 0 ? 0 : data.bytes.size() / page_size;
    std::string const title = map.title.substr(0, map.title.find('\0')) + '\0';
    std::string const padding(title.size() < 5 ? 5 - title.size() : title.size() % 2, '\0');
    std::string const description = title + padding;

    // Head, description, then for each page its directory and its samples, both at even offsets.
    std::size_t const padded_page = page_size + page_size % 2;
    std::size_t const total = head + description.size() + pages * (directory_size + padded_page);
    if (total > std::numeric_limits<std::uint32_t>::max())
        throw WriteError(path + ": the map is too large for TIFF (" + std::to_string(total) +
                         " bytes; 4 GiB at most) export it as npy");

    AtomicFile file(path);
    std::string text = "II";
    put_u16(text, 42);
    put_u32(text, static_cast<std::uint32_t>(head + description.size()));
    file.write(text + description);
    for (std::size_t page = 0; page < pages; ++page) {
        auto const at = static_cast<std::uint32_t>(head + description.size() + page * (directory_size + padded_page));
        text.clear();
        put_u16(text, num_tags);
        put_tag(text, 256, long_type, 1, static_cast<std::uint32_t>(width));
        put_tag(text, 257, long_type, 1, static_cast<std::uint32_t>(height));
        put_tag(text, 258, short_type, 1, data.bits);
        put_tag(text, 259, short_type, 1, 1);  // no compression
        put_tag(text, 262, short_type, 1, 1);  // black is zero
        put_tag(text, 270, ascii_type, static_cast<std::uint32_t>(description.size()), head);
        put_tag(text, 273, long_type, 1, at + directory_size);
        put_tag(text, 277, short_type, 1, 1);  // samples a pixel
        put_tag(text, 278, long_type, 1, static_cast<std::uint32_t>(height));
        put_tag(text, 279, long_type, 1, static_cast<std::uint32_t>(page_size));
        put_tag(text, 339, short_type, 1, static_cast<std::uint16_t>(data.format));
        bool const is_last = page + 1 == pages;
        put_u32(text, is_last ? 0 : static_cast<std::uint32_t>(at + directory_size + padded_page));
        file.write(text);
        file.write(std::span(data.bytes).subspan(page * page_size, page_size));
        if (page_size % 2 != 0) file.write(std::string_view("\0", 1));
    }
    file.commit();
}

}  // namespace warpfit::io
