#include "src/cli/plot/units.hpp"

#include <array>
#include <cctype>

namespace warpfit::cli::plot {

namespace {

struct Command
{
    std::string_view name, text;
};

// Commands of TeX that units use; those that only choose a font have no text.
constexpr std::array<Command, 24> commands = {{{"mu", "\u00b5"},     {"textmu", "\u00b5"},   {"micro", "\u00b5"},
                                               {"AA", "\u00c5"},     {"angstrom", "\u00c5"}, {"Angstrom", "\u00c5"},
                                               {"Omega", "\u03a9"},  {"ohm", "\u03a9"},      {"circ", "\u00b0"},
                                               {"degree", "\u00b0"}, {"cdot", "\u00b7"},     {"times", "\u00d7"},
                                               {"theta", "\u03b8"},  {"alpha", "\u03b1"},    {"beta", "\u03b2"},
                                               {"lambda", "\u03bb"}, {"sigma", "\u03c3"},    {"Delta", "\u0394"},
                                               {"percent", "%"},     {"mathrm", ""},         {"rm", ""},
                                               {"mathit", ""},       {"text", ""},           {"textrm", ""}}};

/// What follows a ^, without braces; moves `at` behind it.
std::string_view exponent_at(std::string_view text, std::size_t& at)
{
    if (at < text.size() && text[at] == '{') {
        std::size_t const end = text.find('}', at);
        std::string_view const inside = text.substr(at + 1, end == std::string_view::npos ? end : end - at - 1);
        at = end == std::string_view::npos ? text.size() : end + 1;
        return inside;
    }
    std::size_t const begin = at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at]))) ++at;
    return text.substr(begin, at - begin);
}

std::string superscript(std::string_view exponent)
{
    static constexpr std::array<char const*, 10> digits = {"\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
                                                           "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
    std::string raised;
    for (char const c : exponent) {
        if (c == '-')
            raised += "\u207b";
        else if (std::isdigit(static_cast<unsigned char>(c)))
            raised += digits[static_cast<std::size_t>(c - '0')];
        else if (c != '+' && c != ' ')
            return "^" + std::string(exponent);  // nothing that superscripts can say
    }
    return raised.empty() ? "^" : raised;
}

/// The command behind a backslash as text; moves `at` behind it and the spaces that end it.
std::string command_at(std::string_view text, std::size_t& at)
{
    std::size_t const begin = at;
    while (at < text.size() && std::isalpha(static_cast<unsigned char>(text[at]))) ++at;
    if (at == begin) {  // "\," and "\ " are spaces, "\%" is itself
        char const c = at < text.size() ? text[at++] : '\\';
        return c == ',' || c == ';' || c == ':' ? " " : c == '!' ? "" : std::string(1, c);
    }
    std::string_view const name = text.substr(begin, at - begin);
    while (at < text.size() && text[at] == ' ') ++at;
    for (Command const& command : commands)
        if (command.name == name) return std::string(command.text);
    return std::string(name);
}

}  // namespace

std::string readable_units(std::string_view units)
{
    std::string text;
    for (std::size_t at = 0; at < units.size();) {
        char const c = units[at++];
        if (c == '\\')
            text += command_at(units, at);
        else if (c == '^' && units.substr(at).starts_with("\\circ"))
            continue;  // "^\circ": a degree is raised already
        else if (c == '^')
            text += superscript(exponent_at(units, at));
        else if (c == '~')
            text += ' ';
        else if (c != '$' && c != '{' && c != '}')
            text += c;
    }
    return text;
}

std::string readable_name(std::string_view name)
{
    return name.find('$') == std::string_view::npos ? std::string(name) : readable_units(name);
}

}  // namespace warpfit::cli::plot
