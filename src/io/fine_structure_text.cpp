#include "src/io/atomic_file.hpp"
#include "src/io/reading.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"
#include "warpfit/io.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

namespace warpfit::io {

namespace {

constexpr std::string_view prefix = "fine_structure_coeff_";

/// Names of the coefficients in their order. Throws InvalidArgument where there are none.
std::vector<std::string> coefficients_of(Component const& edge)
{
    std::vector<std::string> names;
    for (Parameter const& p : edge.parameters())
        if (edge.type() == "EELSCLEdge" && p.name().starts_with(prefix)) names.push_back(p.name());
    if (names.empty())
        throw InvalidArgument(
            "component " + quote(edge.name()) +
            " has no fine structure coefficients (an EELSCLEdge has them while its fine structure and "
            "its splines are active, and the channels' width is known): switch them on");
    return names;
}

std::string printable(std::string_view word)
{
    std::string text(word);
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
    return text;
}

/// Numbers of a text, but for what stands behind #. Throws InputError at what is none.
std::vector<double> numbers_in(std::string_view text, std::string const& path)
{
    std::vector<double> numbers;
    std::size_t line = 1;
    for (std::size_t at = 0; at < text.size();) {
        char const c = text[at];
        if (c == '#') {
            at = std::min(text.find('\n', at), text.size());
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',') {
            line += c == '\n';
            ++at;
        } else {
            std::string_view const word = text.substr(at, text.find_first_of(" \t\r\n,#", at) - at);
            double v = 0.0;
            if (!parse_number(word, v) || !std::isfinite(v))
                throw InputError(path + ": line " + std::to_string(line) + ": " + quote(printable(word.substr(0, 40))) +
                                 " is no finite number (a coefficient is one): write one a line");
            numbers.push_back(v);
            at += word.size();
        }
    }
    return numbers;
}

}  // namespace

void fine_structure_coeff_to_txt(Component const& edge, std::string const& path)
{
    std::string text;
    for (std::string const& name : coefficients_of(edge)) text += number_text(edge[name].value()) + "\n";
    AtomicFile file(path);
    file.write(text);
    file.commit();
}

void txt_to_fine_structure_coeff(Component& edge, std::string const& path)
{
    std::vector<std::string> const names = coefficients_of(edge);
    std::vector<double> const numbers = numbers_in(read_text_file(path), path);
    if (numbers.size() != names.size())
        throw InputError(path + ": " + std::to_string(numbers.size()) + " numbers (" + quote(edge.name()) + " has " +
                         std::to_string(names.size()) +
                         " fine structure coefficients): give the edge the width, smoothing and channels that they are "
                         "of");
    for (std::size_t i = 0; i < names.size(); ++i) {
        Bounds const bounds = edge[names[i]].bounds();
        if (numbers[i] < bounds.bmin || numbers[i] > bounds.bmax)
            throw InputError(path + ": " + number_text(numbers[i]) + " lies outside the bounds of " + quote(names[i]) +
                             " (" + number_text(bounds.bmin) + " to " + number_text(bounds.bmax) + "): widen them");
    }
    for (std::size_t i = 0; i < names.size(); ++i) edge[names[i]].set_value(numbers[i]);
}

}  // namespace warpfit::io
