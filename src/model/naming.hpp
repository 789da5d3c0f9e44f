#pragma once

#include <functional>
#include <string>

namespace warpfit {

/// HyperSpy's default name of a component: its type, or Type_0, Type_1, … whichever is the first not taken.
inline std::string default_name(std::string const& type, std::function<bool(std::string const&)> const& is_taken)
{
    std::string name = type;
    for (int i = 0; is_taken(name); ++i) name = type + "_" + std::to_string(i);
    return name;
}

}  // namespace warpfit
