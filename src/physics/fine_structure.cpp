#include "src/physics/fine_structure.hpp"

#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit::physics {

namespace {

constexpr std::size_t degree = 3;
constexpr double max_coefficients = 1000.0;  // a pixel with more free parameters takes minutes

void check_width(double width, double spline_onset)
{
    if (!(width > 0.0) || !std::isfinite(width) || !(spline_onset >= 0.0) || !(spline_onset < width))
        throw InvalidArgument("fine structure from " + number_text(spline_onset) + " to " + number_text(width) +
                              " eV above the onset (must be a range that begins at or above it): change "
                              "fine_structure_width or fine_structure_spline_onset");
}

/// To the nearest integer, of two the even one, whatever the caller's rounding mode.
double round_half_even(double v)
{
    double const below = std::floor(v);
    double const rest = v - below;
    if (rest == 0.5) return std::fmod(below, 2.0) == 0.0 ? below : below + 1.0;
    return rest < 0.5 ? below : below + 1.0;
}

}  // namespace

std::size_t FineStructure::num_coefficients(double smoothing, double width, double spline_onset, double energy_scale)
{
    check_width(width, spline_onset);
    if (!(smoothing >= 0.0 && smoothing <= 1.0) || !(energy_scale > 0.0))
        throw InvalidArgument("fine_structure_smoothing is " + number_text(smoothing) + " and energy_scale " +
                              number_text(energy_scale) +
                              " eV (must be 0 to 1, and positive): change fine_structure_smoothing");
    double const count = round_half_even(smoothing * (width - spline_onset) / energy_scale) + degree + 1;
    if (!(count <= max_coefficients))
        throw InvalidArgument("a fine structure " + number_text(width) + " eV wide would have " + number_text(count) +
                              " coefficients (at most " + number_text(max_coefficients) + "; channels are " +
                              number_text(energy_scale) +
                              " eV wide): lower fine_structure_width or fine_structure_smoothing, or give the axis in "
                              "eV");
    return static_cast<std::size_t>(count);
}

FineStructure::FineStructure(double onset_energy, double width, std::size_t num_coefficients, double spline_onset)
    : first_energy_(onset_energy + spline_onset)
    , end_energy_(onset_energy + width)
{
    check_width(width, spline_onset);
    if (num_coefficients <= degree)
        throw InvalidArgument("fine structure has " + std::to_string(num_coefficients) +
                              " coefficients (cubic splines take 4 or more): give more");
    // N evenly spaced points from end to end, without the first and the last two.
    double const step = (end_energy_ - onset_energy) / static_cast<double>(num_coefficients - 1);
    knots_.assign(degree + 1, onset_energy);
    for (std::size_t i = 2; i + 2 < num_coefficients; ++i)
        knots_.push_back(onset_energy + static_cast<double>(i) * step);
    knots_.insert(knots_.end(), degree + 1, end_energy_);
}

FineStructure::Local FineStructure::basis(double energy) const noexcept
{
    Local local{0, {}};
    if (!contains(energy)) return local;
    // The interval of knots, by bisection among those that are not repeated.
    auto const begin = knots_.begin() + degree;
    auto const end = knots_.end() - degree;
    auto const after = std::upper_bound(begin + 1, end - 1, energy);
    std::size_t const i = static_cast<std::size_t>(after - knots_.begin()) - 1;
    local.first = i - degree;

    // Cox and de Boor's recursion, degree by degree: values[0..d] are the splines of degree d that are not zero here.
    std::array<double, degree + 1>& values = local.values;
    values[0] = 1.0;
    for (std::size_t d = 1; d <= degree; ++d) {
        double carried = 0.0;
        for (std::size_t k = 0; k < d; ++k) {
            double const right = knots_[i + k + 1];
            double const left = knots_[i + k + 1 - d];
            double const share = values[k] / (right - left);
            values[k] = carried + (right - energy) * share;
            carried = (energy - left) * share;
        }
        values[d] = carried;
    }
    return local;
}

double FineStructure::value(std::span<double const> coefficients, double energy) const noexcept
{
    Local const local = basis(energy);
    double sum = 0.0;
    for (std::size_t k = 0; k <= degree; ++k) sum += local.values[k] * coefficients[local.first + k];
    return sum;
}

}  // namespace warpfit::physics
