#include "src/cli/starter_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace warpfit::cli {

std::string toml_number(double v, int digits)
{
    std::string text = fmt::format("{:.{}g}", v, digits);
    if (text.find_first_of(".einf") == std::string::npos) text += ".0";
    return text;
}

std::string toml_comment(std::string text)
{
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return text;
}

std::string toml_component(std::string const& type, std::string const& name, std::string const& why)
{
    return fmt::format("\n[[component]]{}\ntype = \"{}\"\nname = \"{}\"\n", why.empty() ? "" : "  # " + why, type,
                       name);
}

std::string toml_start(std::string const& parameter, double value, std::string const& more, int digits)
{
    return fmt::format("{} = {{ start = {}{} }}\n", parameter, toml_number(value, digits), more);
}

}  // namespace warpfit::cli
