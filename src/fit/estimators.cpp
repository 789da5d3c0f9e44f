#include "src/fit/estimators.hpp"

#include "kernels/components/builtins.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace warpfit {

namespace {

using namespace components;

template<class C>
constexpr int index_of = position_of<C>(Builtins{});

bool is_background(int component)
{
    return component == index_of<PowerLaw> || component == index_of<Exponential> || component == index_of<Offset> ||
           component == index_of<Polynomial>;
}

bool is_peak(int component)
{
    return component == index_of<Gaussian> || component == index_of<GaussianHF> || component == index_of<Lorentzian>;
}

// The three peaks declare their parameters in the same order: strength, width, centre.
constexpr int strength = 0;
constexpr int width = 1;
constexpr int centre = 2;
static_assert(Gaussian::A == strength && Gaussian::sigma == width && Gaussian::centre == centre);
static_assert(GaussianHF::height == strength && GaussianHF::fwhm == width && GaussianHF::centre == centre);
static_assert(Lorentzian::A == strength && Lorentzian::gamma == width && Lorentzian::centre == centre);

constexpr double fwhm_per_sigma = 2.3548200450309493;

/// Area over the channels: the sum where they are integrals already, else by the trapezoid rule.
double area(std::span<double const> y, double const* x)
{
    double total = 0.0;
    for (std::size_t i = 0; i + 1 < y.size(); ++i) total += 0.5 * (y[i] + y[i + 1]) * std::fabs(x[i + 1] - x[i]);
    return total;
}

struct Line
{
    double slope, level;
};

/// Least squares of v = level + slope u.
Line line_through(std::span<double const> u, std::span<double const> v)
{
    double const n = static_cast<double>(u.size());
    double su = 0.0, sv = 0.0, suu = 0.0, suv = 0.0;
    double const origin = u.empty() ? 0.0 : u[0];
    for (std::size_t i = 0; i < u.size(); ++i) {
        double const d = u[i] - origin;
        su += d;
        sv += v[i];
        suu += d * d;
        suv += d * v[i];
    }
    double const determinant = n * suu - su * su;
    double const slope = determinant > 0.0 ? (n * suv - su * sv) / determinant : 0.0;
    return {slope, n > 0.0 ? (sv - slope * su) / n - slope * origin : 0.0};
}

/// Means of x and y over the i-th of n equal parts.
void part_means(std::span<double const> x, std::span<double const> y, std::size_t i, std::size_t n, double& mx,
                double& my)
{
    std::size_t const first = i * x.size() / n;
    std::size_t const last = std::max(first + 1, (i + 1) * x.size() / n);
    double const count = static_cast<double>(last - first);
    mx = std::accumulate(x.begin() + static_cast<std::ptrdiff_t>(first), x.begin() + static_cast<std::ptrdiff_t>(last),
                         0.0) /
         count;
    my = std::accumulate(y.begin() + static_cast<std::ptrdiff_t>(first), y.begin() + static_cast<std::ptrdiff_t>(last),
                         0.0) /
         count;
}

}  // namespace

StartEstimator::StartEstimator(program::Plan const& plan, std::vector<unsigned char> keeps)
    : plan_(plan)
    , keeps_(std::move(keeps))
{
    if (plan.dimension != 1 || plan.num_channels < 4) return;
    for (int t = 0; t < plan.num_terms; ++t) {
        program::Term const& term = plan.terms[t];
        if (is_background(term.component)) backgrounds_.push_back(t);
        if (is_peak(term.component)) peaks_.push_back(t);
        if (!is_background(term.component) && !is_peak(term.component)) continue;
        for (int k = 0; k < term.num_slots; ++k) has_work_ = has_work_ || !this->keeps(term, k);
    }
    alone_ = plan.num_terms == 1;
}

void StartEstimator::set(program::Term const& term, int slot, double value, std::span<double> slots) const
{
    if (keeps(term, slot) || !std::isfinite(value)) return;
    auto const s = static_cast<std::size_t>(term.first_slot + slot);
    int const column = plan_.slots[s].index;
    if (plan_.slots[s].kind == program::SlotKind::free && plan_.options.bounded)
        value = std::clamp(value, plan_.bmin[column], plan_.bmax[column]);
    slots[s] = value;
}

void StartEstimator::subtract(program::Term const& term, std::vector<double>& left, std::span<double const> slots) const
{
    double const* const p = slots.data() + term.first_slot;
    visit(Builtins{}, term.component, [&](auto tag) {
        using C = typename decltype(tag)::type;
        if constexpr (C::dimension == 1) {
            double grad[max_run_time_slots];
            auto const q = C::template prepare<double>(p, term.num_slots);
            for (std::size_t i = 0; i < left.size(); ++i) {
                double const f = C::evaluate(q, plan_.x[i], grad);
                if (std::isfinite(f)) left[i] -= f;
            }
        }
    });
}

void StartEstimator::background(program::Term const& term, std::vector<double> const& y, std::span<double> slots) const
{
    std::span<double const> const x(plan_.x, y.size());
    std::size_t const n = y.size();
    bool const crowded = !peaks_.empty();

    if (term.component == index_of<Offset>) {
        double level = std::accumulate(y.begin(), y.end(), 0.0) / static_cast<double>(n);
        if (!alone_ && (crowded || backgrounds_.size() > 1)) {
            // The lowest fifth is what no peak reaches.
            std::vector<double> sorted(y);
            auto const fifth = sorted.begin() + static_cast<std::ptrdiff_t>(n / 5);
            std::nth_element(sorted.begin(), fifth, sorted.end());
            level = backgrounds_.size() > 1 ? 0.0 : *fifth;
        }
        set(term, Offset::offset, level, slots);
    } else if (term.component == index_of<PowerLaw>) {
        // Two areas. Peaks only ever add: with peaks in the model the first fifth is split in halves, else all of it.
        double const origin = slots[static_cast<std::size_t>(term.first_slot + PowerLaw::origin)];
        std::size_t first = 0;
        while (first + 4 < n && x[first] <= std::max(origin, 0.0)) ++first;
        std::size_t last = crowded ? std::max(first + 4, first + (n - first) / 5) : n;
        last -= (last - first) % 2;
        std::size_t const middle = first + (last - first) / 2;
        double const x1 = x[first] - origin, xm = x[middle] - origin, x2 = x[last - 1] - origin;
        double const i1 = area(std::span(y).subspan(first, middle - first + 1), plan_.x + first);
        double const i2 = area(std::span(y).subspan(middle, last - middle), plan_.x + middle);
        double r = 2.0 * std::log(i1 / i2) / std::log(x2 / x1);
        if (!std::isfinite(r)) r = 3.0;
        int const column = plan_.slots[term.first_slot + PowerLaw::r].index;
        if (keeps(term, PowerLaw::r))
            r = slots[static_cast<std::size_t>(term.first_slot + PowerLaw::r)];
        else if (plan_.options.bounded)
            r = std::clamp(r, plan_.bmin[column], plan_.bmax[column]);
        if (std::fabs(r - 1.0) < 1e-6) r = 1.0 + 1e-6;
        double const a = (1.0 - r) * i2 / (std::pow(x2, 1.0 - r) - std::pow(xm, 1.0 - r));
        set(term, PowerLaw::r, r, slots);
        set(term, PowerLaw::A, std::max(a, 1e-300), slots);
    } else if (term.component == index_of<Exponential>) {
        double x1, y1, x2, y2;
        part_means(x, y, 0, 2, x1, y1);
        part_means(x, y, 1, 2, x2, y2);
        if (y1 > 0.0 && y2 > 0.0 && y1 != y2) {
            double const tau = (x2 - x1) / std::log(y1 / y2);
            set(term, Exponential::tau, tau, slots);
            double const used = slots[static_cast<std::size_t>(term.first_slot + Exponential::tau)];
            set(term, Exponential::A, y1 * std::exp(x1 / used), slots);
        }
    } else if (term.component == index_of<Polynomial>) {
        // A line through the lower envelope of ten parts; alone, through all channels.
        std::vector<double> u, v;
        if (alone_ || !crowded) {
            u.assign(x.begin(), x.end());
            v = y;
        } else {
            for (std::size_t i = 0; i < 10; ++i) {
                std::size_t const first = i * n / 10;
                std::size_t const last = std::max(first + 1, (i + 1) * n / 10);
                auto const low = std::min_element(y.begin() + static_cast<std::ptrdiff_t>(first),
                                                  y.begin() + static_cast<std::ptrdiff_t>(last));
                u.push_back(x[static_cast<std::size_t>(low - y.begin())]);
                v.push_back(*low);
            }
        }
        Line const line = line_through(u, v);
        set(term, 0, line.level, slots);
        if (term.num_slots > 1) set(term, 1, line.slope, slots);
    }
}

void StartEstimator::moments(program::Term const& term, std::vector<double> const& y, std::span<double> slots) const
{
    double sum = 0.0, first = 0.0, second = 0.0, highest = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        sum += y[i];
        first += plan_.x[i] * y[i];
        highest = std::max(highest, y[i]);
    }
    double const mean = first / sum;
    for (std::size_t i = 0; i < y.size(); ++i) second += (plan_.x[i] - mean) * (plan_.x[i] - mean) * y[i];
    double const sigma = std::sqrt(std::fabs(second / sum));
    set(term, centre, mean, slots);
    if (term.component == index_of<Lorentzian>) {
        // Median and half the interquartile range of the running sum.
        std::vector<double> at(3);
        double running = 0.0;
        std::size_t quarter = 0;
        for (std::size_t i = 0; i < y.size() && quarter < 3; ++i) {
            running += y[i];
            while (quarter < 3 && running >= 0.25 * static_cast<double>(quarter + 1) * sum) at[quarter++] = plan_.x[i];
        }
        double const gamma = std::max(0.5 * std::fabs(at[2] - at[0]), 1e-300);
        set(term, centre, at[1], slots);
        set(term, width, gamma, slots);
        set(term, strength, highest * gamma * math::pi, slots);
    } else if (term.component == index_of<Gaussian>) {
        set(term, width, sigma, slots);
        set(term, strength, highest * sigma * math::sqrt_2pi, slots);
    } else {
        set(term, width, sigma * fwhm_per_sigma, slots);
        set(term, strength, highest, slots);
    }
}

void StartEstimator::peak(program::Term const& term, std::vector<double>& left, std::span<double> slots) const
{
    std::size_t const n = left.size();
    auto const slot = [&](int k) -> double { return slots[static_cast<std::size_t>(term.first_slot + k)]; };
    double const span = std::fabs(plan_.x[n - 1] - plan_.x[0]);
    double const step = span / static_cast<double>(n - 1);

    // Smoothed over five channels, so that one loud channel is no peak.
    auto const smooth = [&](std::size_t i) {
        std::size_t const a = i < 2 ? 0 : i - 2;
        std::size_t const b = std::min(n, i + 3);
        double total = 0.0;
        for (std::size_t k = a; k < b; ++k) total += left[k];
        return total / static_cast<double>(b - a);
    };
    std::size_t top = 0;
    if (keeps(term, centre)) {
        for (std::size_t i = 0; i < n; ++i)
            if (std::fabs(plan_.x[i] - slot(centre)) < std::fabs(plan_.x[top] - slot(centre))) top = i;
    } else {
        int const column = plan_.slots[term.first_slot + centre].index;
        double best = -HUGE_VAL;
        for (std::size_t i = 0; i < n; ++i) {
            if (plan_.options.bounded && (plan_.x[i] < plan_.bmin[column] || plan_.x[i] > plan_.bmax[column])) continue;
            double const v = smooth(i);
            if (v > best) {
                best = v;
                top = i;
            }
        }
        set(term, centre, plan_.x[top], slots);
    }
    double const height = std::max(smooth(top), 0.0);

    // Half width at half maximum: the nearer side that falls below half.
    double half = 0.125 * span;
    for (std::size_t d = 1; d < n; ++d) {
        bool const low = top >= d && smooth(top - d) < 0.5 * height;
        bool const high = top + d < n && smooth(top + d) < 0.5 * height;
        if (low || high) {
            half = std::max(static_cast<double>(d) - 0.5, 0.5) * step;
            break;
        }
    }
    bool const gaussian = term.component == index_of<Gaussian>;
    bool const lorentzian = term.component == index_of<Lorentzian>;
    double const sigma = 2.0 * half / fwhm_per_sigma;
    set(term, width, gaussian ? sigma : lorentzian ? half : 2.0 * half, slots);
    double const used = slot(width);
    double const tiny = 1e-3 * (std::fabs(height) > 0.0 ? height : 1.0);
    double const top_value = std::max(height, tiny);
    double const size = gaussian     ? top_value * used * math::sqrt_2pi
                        : lorentzian ? top_value * used * math::pi
                                     : top_value;
    set(term, strength, size, slots);
    subtract(term, left, slots);
}

void StartEstimator::estimate(std::span<double const> data, std::span<double> slots, double gain) const
{
    if (!has_work_) return;
    std::vector<double> left(data.begin(), data.end());
    if (plan_.width)
        for (std::size_t i = 0; i < left.size(); ++i) left[i] /= plan_.width[i];
    // In the units of a term's own function.
    auto const in_units_of = [&](program::Term const& term, auto const& act) {
        double const factor = term.convolved ? gain : 1.0;
        if (factor != 1.0)
            for (double& v : left) v /= factor;
        act();
        if (factor != 1.0)
            for (double& v : left) v *= factor;
    };
    if (alone_ && !peaks_.empty()) return in_units_of(plan_.terms[0], [&] { moments(plan_.terms[0], left, slots); });
    for (int const t : backgrounds_)
        in_units_of(plan_.terms[t], [&] {
            background(plan_.terms[t], left, slots);
            subtract(plan_.terms[t], left, slots);
        });
    for (int const t : peaks_) in_units_of(plan_.terms[t], [&] { peak(plan_.terms[t], left, slots); });
}

}  // namespace warpfit
