#include "src/physics/subshell.hpp"

namespace warpfit::physics {

TableOfSubshell table_of_subshell(std::string_view subshell)
{
    char const shell = subshell.empty() ? '?' : subshell.front();
    std::string const pair(subshell.substr(subshell.empty() ? 0 : 1));
    // j = l - 1/2 and l + 1/2 of l = 1, 2, 3 are numbered 2 and 3, 4 and 5, 6 and 7.
    for (int l = 1; l <= 3; ++l) {
        std::string const fewer = std::to_string(2 * l);
        std::string const more = std::to_string(2 * l + 1);
        double const ratio = static_cast<double>(l) / (l + 1);
        if (pair == fewer) return {shell + more, ratio};
        if (pair == fewer + "," + more) return {shell + more, 1.0 + ratio};
    }
    return {std::string(subshell), 1.0};
}

}  // namespace warpfit::physics
