#include "src/io/atomic_file.hpp"
#include "src/io/map_files.hpp"

#include <charconv>
#include <cmath>

namespace warpfit::io {
namespace {

template<class T>
void append_number(std::string& out, T value)
{
    char text[32];
    auto const end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(text, end);
}

void append_value(std::string& out, double value)
{
    if (std::isnan(value))
        out += "nan";
    else
        append_number(out, value);
}
void append_value(std::string& out, int value)
{
    append_number(out, value);
}
void append_value(std::string& out, std::uint8_t value)
{
    append_number(out, static_cast<int>(value));
}

std::string one_line(std::string text)
{
    for (char& c : text)
        if (c == '\n' || c == '\r') c = ' ';
    return text;
}

}  // namespace

void write_csv(std::string const& path, MapView const& map)
{
    std::string shape;
    for (std::size_t const n : map.shape) shape += (shape.empty() ? "" : " x ") + std::to_string(n);
    AtomicFile file(path);
    file.write("# " + one_line(map.title) + "\n# navigation shape: " + (shape.empty() ? "single" : shape) +
               " (slowest axis first)\n");

    std::size_t const columns = map.shape.size() < 2 ? 1 : map.shape.back();
    std::size_t const rows = map.shape.size() < 2 ? 0 : map.shape[map.shape.size() - 2];
    bool const has_planes = map.shape.size() > 2;
    std::visit(
        [&](auto values) {
            std::string text;
            for (std::size_t i = 0; i < values.size(); ++i) {
                if (has_planes && i % (rows * columns) == 0)
                    text += "# plane " + std::to_string(i / (rows * columns)) + "\n";
                append_value(text, values[i]);
                text += (i + 1) % columns == 0 ? '\n' : ',';
                if (text.size() > (std::size_t{1} << 20)) {
                    file.write(text);
                    text.clear();
                }
            }
            file.write(text);
        },
        map.values);
    file.commit();
}

}  // namespace warpfit::io
