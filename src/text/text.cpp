#include "src/text/text.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace warpfit {

namespace {

// Damerau's distance with neighbours swapped (optimal string alignment): 2 an edit, 1 where only the case differs.
std::size_t distance(std::string_view a, std::string_view b)
{
    auto same = [](char p, char q) {
        return std::tolower(static_cast<unsigned char>(p)) == std::tolower(static_cast<unsigned char>(q));
    };
    auto cost = [&](char p, char q) -> std::size_t { return p == q ? 0 : same(p, q) ? 1 : 2; };
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                d[i][j] = 2 * (i + j);
                continue;
            }
            d[i][j] = std::min({d[i - 1][j] + 2, d[i][j - 1] + 2, d[i - 1][j - 1] + cost(a[i - 1], b[j - 1])});
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 2);
            }
        }
    }
    return d[a.size()][b.size()];
}

}  // namespace

std::string number_text(double v)
{
    if (std::isnan(v)) return "nan";
    if (std::isinf(v)) return v > 0 ? "inf" : "-inf";
    char buffer[32];
    auto const [end, error] = std::to_chars(buffer, buffer + sizeof buffer, v);
    return error == std::errc() ? std::string(buffer, end) : std::to_string(v);
}

bool parse_number(std::string_view word, double& value)
{
    if (word.starts_with('+')) word.remove_prefix(1);
    auto const [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error == std::errc::result_out_of_range) {  // from_chars leaves value alone: 1e-400 is 0, 1e400 infinite
        value = std::strtod(std::string(word).c_str(), nullptr);
        return end == word.data() + word.size();
    }
    return error == std::errc() && end == word.data() + word.size();
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

std::string closest(std::string_view word, std::span<std::string const> names)
{
    std::size_t best_distance = 2 * (word.size() / 3 + 1) + 1;  // strictly nearer than this
    std::string best;
    for (std::string const& name : names) {
        std::size_t const d = distance(word, name);
        if (d < best_distance && d < 2 * std::max(word.size(), name.size())) {
            best_distance = d;
            best = name;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view word, std::span<std::string const> names)
{
    std::string const near = closest(word, names);
    return near.empty() ? "" : "; did you mean " + quote(near) + "?";
}

std::string known_names(std::string_view word, std::span<std::string const> names)
{
    return " (known: " + (names.empty() ? "none" : joined(names)) + ")" + did_you_mean(word, names);
}

}  // namespace warpfit
