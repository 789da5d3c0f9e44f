#include "src/physics/gos_table.hpp"

#include "src/physics/cubic_spline.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace warpfit::physics {

namespace {

bool is_ascending(std::vector<double> const& v)
{
    return std::adjacent_find(v.begin(), v.end(), [](double a, double b) { return !(b > a); }) == v.end();
}

bool is_finite(std::vector<double> const& v)
{
    return std::all_of(v.begin(), v.end(), [](double x) { return std::isfinite(x); });
}

void validate(GosTable const& table)
{
    auto const fail = [&](std::string const& text) { throw InputError(table.origin + ": " + text); };
    std::size_t const num_energies = table.energies.size();
    std::size_t const num_q = table.q.size();
    if (num_energies < 4 || num_q < 2)
        fail("too small a GOS table (" + std::to_string(num_energies) + " energies, " + std::to_string(num_q) +
             " momentum transfers): it takes 4 and 2, use another file");
    if (table.values.size() != num_energies * num_q)
        fail("GOS table has " + std::to_string(table.values.size()) + " values (" + std::to_string(num_energies) +
             " energies and " + std::to_string(num_q) + " momentum transfers): use another file");
    if (!is_finite(table.energies) || !is_finite(table.q) || !is_finite(table.values) ||
        !std::isfinite(table.occupancy_factor) || !(table.table_onset > 0.0))
        fail("GOS table holds what is no number (nan or inf): use another file");
    if (!is_ascending(table.energies) || !is_ascending(table.q) || table.energies.front() != 0.0 ||
        table.q.front() < 0.0)
        fail("energies or momentum transfers of the GOS table do not ascend (energies from 0 on): use another file");
}

/// ln(b^2 / a^2), exact to rounding where a and b are near.
double log_step(double a, double b)
{
    return 2.0 * std::log1p((b - a) / a);
}

/// Integral over ln q^2 from low to high of the power law through the last two points of a row; level where they rise.
double tail_integral(std::vector<double> const& q, std::span<double const> row, double low, double high)
{
    std::size_t const last = q.size() - 1;
    if (!(high > low) || !(row[last] > 0.0)) return 0.0;
    double const exponent = std::min(2.0 * std::log(row[last] / row[last - 1]) / log_step(q[last - 1], q[last]), 0.0);
    double const start = row[last] * std::pow(low / q[last], exponent);
    double const length = 0.5 * log_step(low, high);
    return 2.0 * start * (exponent < 0.0 ? std::expm1(exponent * length) / exponent : length);
}

/// Simpson's rule on uneven steps, fed with one step after another. It takes differences of values, not only values,
/// since a step may be so short that its ends are equal to rounding.
class Simpson
{
  public:
    explicit Simpson(double first_value)
        : value_(first_value)
    {}

    void add(double step, double difference)
    {
        if (is_second_) {
            pair_sum_ += parabola(step, difference / step, true);
        } else {
            tail_ =
                num_steps_ > 0 ? parabola(step, difference / step, false) : 0.5 * step * (2.0 * value_ + difference);
        }
        is_second_ = !is_second_;
        ++num_steps_;
        step_ = step;
        slope_ = difference / step;
        value_ += difference;
    }

    double sum() const { return is_second_ ? pair_sum_ + tail_ : pair_sum_; }

  private:
    /// Integral over this step, and over the one before if both, of the parabola through the last three points.
    double parabola(double step, double slope, bool both) const
    {
        double const c = (slope - slope_) / (step + step_);
        double const b = slope_ + c * step_;
        double const over_this = step * (value_ + step * (b / 2.0 + step * c / 3.0));
        return both ? over_this + step_ * (value_ - step_ * (b / 2.0 - step_ * c / 3.0)) : over_this;
    }

    double value_;
    double step_ = 0.0;   ///< the last one's
    double slope_ = 0.0;  ///< the last one's
    double pair_sum_ = 0.0;
    double tail_ = 0.0;  ///< integral over an odd last step
    bool is_second_ = false;
    int num_steps_ = 0;
};

}  // namespace

TabulatedGos::TabulatedGos(GosTable table)
    : table_(std::move(table))
{
    validate(table_);
    for (double& value : table_.values) value = std::max(value, 0.0);
    for (std::size_t j = 0; j + 1 < table_.q.size(); ++j) log_steps_.push_back(log_step(table_.q[j], table_.q[j + 1]));
}

double TabulatedGos::integral(std::span<double const> row, double q_low, double q_high) const
{
    std::vector<double> const& q = table_.q;
    double const tail = tail_integral(q, row, std::max(q_low, q.back()), q_high);
    double const high = std::min(q_high, q.back());
    if (!(high > q_low)) return tail;

    auto const slope = [&](double v) {
        std::size_t const j = interval_of(q, v);
        return (row[j + 1] - row[j]) / (q[j + 1] - q[j]);
    };
    auto const first = std::upper_bound(q.begin(), q.end(), q_low);
    auto const last = std::lower_bound(q.begin(), q.end(), high);  // the first that does not lie between
    std::size_t const below = interval_of(q, q_low);
    double const start = row[below] + slope(q_low) * (q_low - q[below]);
    Simpson simpson(std::max(start, 0.0));
    double at = q_low;
    for (auto it = first; it < last; ++it) {
        std::size_t const j = static_cast<std::size_t>(it - q.begin());
        if (it != first)
            simpson.add(log_steps_[j - 1], row[j] - row[j - 1]);
        else
            simpson.add(log_step(q_low, *it), start > 0.0 ? slope(q_low) * (*it - q_low) : row[j]);
        at = *it;
    }
    simpson.add(log_step(at, high), slope(at) * (high - at));
    return simpson.sum() + tail;
}

double TabulatedGos::cross_section(std::size_t i, double onset_energy, Scattering const& scattering) const
{
    double const energy = onset_energy + table_.energies[i];
    TransferRange const range = scattering.transfers(energy);
    if (range.is_empty()) return 0.0;
    std::size_t const num_q = table_.q.size();
    std::span<double const> const row = std::span(table_.values).subspan(i * num_q, num_q);
    // dsigma/dE = 4 pi a0^2 R^2 / (E T) int gos d ln((a0 q)^2)
    double const prefactor = 4.0 * std::numbers::pi * bohr_radius * bohr_radius * square_metre_in_barn * rydberg *
                             rydberg / (energy * scattering.incident_energy());
    return prefactor * table_.occupancy_factor *
           integral(row, std::sqrt(range.low) / bohr_radius, std::sqrt(range.high) / bohr_radius);
}

}  // namespace warpfit::physics
