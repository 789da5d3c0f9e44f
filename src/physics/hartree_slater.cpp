#include "src/physics/hartree_slater.hpp"

#include "src/physics/subshell.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit::physics {

namespace {

constexpr std::size_t first_value = 9;
constexpr std::size_t max_size = 100'000;  ///< energies, momentum transfers
constexpr double angstrom = 1e-10;         ///< [m]

/// The words of a file, each read as a number when asked for.
class Words
{
  public:
    Words(std::string_view text, std::string const& origin)
        : origin_(origin)
    {
        char const* const space = " \t\r\n\f\v";
        for (std::size_t at = text.find_first_not_of(space); at != std::string_view::npos;) {
            std::size_t const end = std::min(text.find_first_of(space, at), text.size());
            words_.push_back(text.substr(at, end - at));
            at = text.find_first_not_of(space, end);
        }
    }

    std::size_t size() const { return words_.size(); }

    double number(std::size_t i, std::string const& what) const
    {
        if (i >= words_.size())
            fail("ends after " + std::to_string(words_.size()) + " words (word " + std::to_string(i) + ", " + what +
                 ", is missing)");
        double value = 0.0;
        if (!parse_number(words_[i], value) || !std::isfinite(value))
            fail("word " + std::to_string(i) + ", " + what + ", is " + quote(words_[i].substr(0, 40)) +
                 " (a number is expected)");
        return value;
    }

    double positive(std::size_t i, std::string const& what) const
    {
        double const value = number(i, what);
        if (!(value > 0.0))
            fail("word " + std::to_string(i) + ", " + what + ", is " + number_text(value) + " (must be positive)");
        return value;
    }

    std::size_t count(std::size_t i, std::string const& what) const
    {
        double const value = positive(i, what);
        if (value != std::floor(value) || value > static_cast<double>(max_size))
            fail("word " + std::to_string(i) + ", " + what + ", is " + number_text(value) +
                 " (a count is expected, at most " + std::to_string(max_size) + ")");
        return static_cast<std::size_t>(value);
    }

    [[noreturn]] void fail(std::string const& text) const
    {
        throw InputError(origin_ + ": " + text +
                         ": give a Hartree-Slater table of DigitalMicrograph 1 or 2 (those of version 3 are another "
                         "format)");
    }

  private:
    std::string const& origin_;
    std::vector<std::string_view> words_;
};

}  // namespace

GosTable parse_hartree_slater(std::string_view text, std::string const& origin, Element const& element,
                              std::string_view subshell)
{
    ElementEdge const edge = eels_edge(std::string(element.symbol) + "_" + std::string(subshell));
    Words const words(text, origin);
    double const k1 = words.positive(2, "k1 of the momentum transfers");
    double const k2 = words.positive(3, "k2 of the momentum transfers");
    std::size_t const num_q = words.count(5, "the number of momentum transfers");
    double const e1 = words.positive(6, "e1 of the energies");
    double const e2 = words.positive(7, "e2 of the energies");
    std::size_t const num_energies = words.count(8, "the number of energies");
    if (words.size() - first_value != num_energies * num_q)
        words.fail("holds " + std::to_string(words.size() - first_value) + " values (" + std::to_string(num_energies) +
                   " energies and " + std::to_string(num_q) + " momentum transfers)");

    GosTable table{origin, edge.edge->onset_energy, table_of_subshell(subshell).occupancy_factor};
    for (std::size_t j = 0; j < num_q; ++j) table.q.push_back(k1 * std::expm1(static_cast<double>(j) * k2) / angstrom);
    for (std::size_t i = 0; i < num_energies; ++i)
        table.energies.push_back(e1 * std::expm1(static_cast<double>(i) * e2 / e1));
    for (std::size_t i = 0; i < num_energies * num_q; ++i)
        table.values.push_back(words.number(first_value + i, "GOS value " + std::to_string(i)) / rydberg);
    return table;
}

}  // namespace warpfit::physics
