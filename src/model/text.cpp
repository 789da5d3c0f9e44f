#include "src/model/text.hpp"

#include "src/expression/expression.hpp"

#include <charconv>
#include <cmath>

namespace warpfit {

std::string number_text(double v)
{
    if (std::isnan(v)) return "nan";
    if (std::isinf(v)) return v > 0 ? "inf" : "-inf";
    char buffer[32];
    auto const [end, error] = std::to_chars(buffer, buffer + sizeof buffer, v);
    return error == std::errc() ? std::string(buffer, end) : std::to_string(v);
}

std::string quote(std::string_view word)
{
    return "'" + std::string(word) + "'";
}

std::string joined(std::span<std::string const> words)
{
    std::string text;
    for (std::string const& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::string did_you_mean(std::string_view word, std::span<std::string const> names)
{
    std::string const near = expression::closest(word, names);
    return near.empty() ? "" : "; did you mean " + quote(near) + "?";
}

std::string known_names(std::string_view word, std::span<std::string const> names)
{
    return " (known: " + (names.empty() ? "none" : joined(names)) + ")" + did_you_mean(word, names);
}

}  // namespace warpfit
