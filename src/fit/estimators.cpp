#include "src/fit/estimators.hpp"

#include "kernels/components/formulas.hpp"
#include "kernels/program/interpreter.hpp"
#include "src/fit/peak_shapes.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <utility>

namespace warpfit {

namespace {

using namespace components;

constexpr double fwhm_per_sigma = 2.3548200450309493;

bool is_background(std::string_view type)
{
    return type == PowerLaw::name || type == Exponential::name || type == Offset::name || type == Polynomial::name;
}

/// Of images.
bool is_level(std::string_view type)
{
    return type == Offset::name || type == Plane::name || type == Polynomial2D::name;
}

bool is_spot(std::string_view type)
{
    return type == Gaussian2D::name || type == Lorentzian2D::name || type == Disk2D::name;
}

/// Area over the channels: the sum where they are integrals already, else by the trapezoid rule.
double area(std::span<double const> y, double const* x)
{
    double total = 0.0;
    for (std::size_t i = 0; i + 1 < y.size(); ++i) total += 0.5 * (y[i] + y[i + 1]) * std::fabs(x[i + 1] - x[i]);
    return total;
}

/// Coefficients [order + 1] of the polynomial in u that comes nearest to v by least squares, lowest power first:
/// orthogonal polynomials on the points (Forsythe 1957). Fewer points than coefficients: the highest are 0.
std::vector<double> polynomial_through(std::span<double const> u, std::span<double const> v, std::size_t order)
{
    auto const [low, high] = std::minmax_element(u.begin(), u.end());
    double const middle = 0.5 * (*low + *high);
    double const half = *high > *low ? 0.5 * (*high - *low) : 1.0;
    std::size_t const n = u.size();
    // The last two orthogonal polynomials: values at the points, and coefficients in t = (u - middle) / half.
    std::vector<double> now(n, 1.0), before(n, 0.0), powers(order + 1, 0.0), powers_before(order + 1, 0.0);
    powers[0] = 1.0;
    std::vector<double> sum(order + 1, 0.0);
    double square_before = 0.0;
    for (std::size_t k = 0; k <= std::min(order, n - 1); ++k) {
        double square = 0.0, along = 0.0, projection = 0.0;
        for (std::size_t i = 0; i < n; ++i) {
            square += now[i] * now[i];
            along += (u[i] - middle) / half * now[i] * now[i];
            projection += v[i] * now[i];
        }
        if (!(square > 0.0)) break;
        for (std::size_t j = 0; j <= k; ++j) sum[j] += projection / square * powers[j];
        double const shift = along / square, share = square_before > 0.0 ? square / square_before : 0.0;
        for (std::size_t i = 0; i < n; ++i)
            before[i] = std::exchange(now[i], ((u[i] - middle) / half - shift) * now[i] - share * before[i]);
        for (std::size_t j = order + 1; j-- > 0;)
            powers_before[j] =
                std::exchange(powers[j], (j > 0 ? powers[j - 1] : 0.0) - shift * powers[j] - share * powers_before[j]);
        square_before = square;
    }
    // Horner's rule with polynomials: t in terms of u.
    std::vector<double> coefficients(order + 1, 0.0);
    for (std::size_t k = order + 1; k-- > 0;) {
        for (std::size_t j = order + 1; j-- > 0;)
            coefficients[j] = ((j > 0 ? coefficients[j - 1] : 0.0) - middle * coefficients[j]) / half;
        coefficients[0] += sum[k];
    }
    return coefficients;
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

StartEstimator::StartEstimator(FitPlan const& plan, std::vector<unsigned char> keeps)
    : plan_(plan.view())
    , types_(plan.term_types)
    , given_(plan.given)
    , keeps_(std::move(keeps))
{
    if (plan_.num_channels < 4) return;
    for (int t = 0; t < plan_.num_terms; ++t) {
        program::Term const& term = plan_.terms[t];
        PeakShape const* const shape = plan_.dimension == 1 ? find_peak_shape(type(t)) : nullptr;
        bool const has_level = plan_.dimension == 1 ? is_background(type(t)) : is_level(type(t));
        bool const has_spot = plan_.dimension == 2 && is_spot(type(t));
        if (has_level) backgrounds_.push_back(t);
        if (shape) peaks_.push_back({t, shape});
        bool const has_edge = plan_.dimension == 1 && type(t) == EELSCLEdge::name;
        if (has_spot) spots_.push_back(t);
        if (has_edge) edges_.push_back(t);
        if (!has_level && !shape && !has_spot && !has_edge) continue;
        for (int k = 0; k < term.num_slots; ++k) has_work_ = has_work_ || !this->keeps(term, k);
    }
    alone_ = plan_.num_terms == 1;
}

void StartEstimator::set(program::Term const& term, int slot, double value, std::span<double> slots) const
{
    if (keeps(term, slot) || !std::isfinite(value)) return;
    int const s = term.first_slot + slot;
    slots[static_cast<std::size_t>(s)] = within_bounds(s, value);
}

double StartEstimator::within_bounds(int slot, double value) const
{
    int const column = plan_.slots[slot].index;
    if (plan_.slots[slot].kind != program::SlotKind::free || !plan_.options.bounded) return value;
    return std::clamp(value, plan_.bmin[column], plan_.bmax[column]);
}

std::vector<double> StartEstimator::values_of(int t, std::span<double const> slots) const
{
    program::Term const& term = plan_.terms[t];
    double const* const p = slots.data() + term.first_slot;
    std::vector<double> values(static_cast<std::size_t>(plan_.num_channels));
    if (term.function >= 0) {
        program::Function const& function = plan_.functions[term.function];
        if (function.evaluate)
            function.evaluate(function.context, plan_.x, plan_.y, plan_.num_channels, p, values.data(), nullptr);
        return values;
    }
    if (term.component < 0) {
        program::ExpressionCode const& code = plan_.codes[term.code];
        std::vector<double> pixel(static_cast<std::size_t>(code.num_pixel_registers) + 1);
        std::vector<double> channel(static_cast<std::size_t>(code.num_channel_registers));
        std::vector<double> local(static_cast<std::size_t>(code.num_local_registers) + 1);
        std::copy_n(p, term.num_slots, pixel.begin());
        program::run_pixel(code, pixel.data());
        for (std::size_t i = 0; i < values.size(); ++i) {
            program::run_channel(code, plan_.x[i], plan_.y ? plan_.y[i] : 0.0, channel.data());
            program::run_value(code, pixel.data(), channel.data(), local.data());
            values[i] = program::read(code, code.value_only, pixel.data(), channel.data(), local.data());
        }
        return values;
    }
    visit(Builtins{}, term.component, [&](auto tag) {
        using C = typename decltype(tag)::type;
        double grad[max_run_time_slots];
        auto const q = C::template prepare<double>(p, term.num_slots);
        for (std::size_t i = 0; i < values.size(); ++i) {
            if constexpr (C::dimension == 1)
                values[i] = C::evaluate(q, plan_.x[i], grad);
            else
                values[i] = C::evaluate(q, plan_.x[i], plan_.y[i], grad);
        }
    });
    return values;
}

void StartEstimator::subtract(int t, std::vector<double>& left, std::span<double const> slots) const
{
    std::vector<double> const values = values_of(t, slots);
    for (std::size_t i = 0; i < left.size(); ++i)
        if (std::isfinite(values[i])) left[i] -= values[i];
}

void StartEstimator::background(int t, std::vector<double> const& y, std::span<double> slots) const
{
    program::Term const& term = plan_.terms[t];
    std::span<double const> const x(plan_.x, y.size());
    std::size_t const n = y.size();
    bool const crowded = !peaks_.empty() || !edges_.empty();

    if (type(t) == Offset::name) {
        double level = std::accumulate(y.begin(), y.end(), 0.0) / static_cast<double>(n);
        if (!alone_ && (crowded || backgrounds_.size() > 1)) {
            // The lowest fifth is what no peak reaches.
            std::vector<double> sorted(y);
            auto const fifth = sorted.begin() + static_cast<std::ptrdiff_t>(n / 5);
            std::nth_element(sorted.begin(), fifth, sorted.end());
            level = backgrounds_.size() > 1 ? 0.0 : *fifth;
        }
        set(term, Offset::offset, level, slots);
    } else if (type(t) == PowerLaw::name) {
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
    } else if (type(t) == Exponential::name) {
        double x1, y1, x2, y2;
        part_means(x, y, 0, 2, x1, y1);
        part_means(x, y, 1, 2, x2, y2);
        if (y1 > 0.0 && y2 > 0.0 && y1 != y2) {
            double const tau = (x2 - x1) / std::log(y1 / y2);
            set(term, Exponential::tau, tau, slots);
            double const used = slots[static_cast<std::size_t>(term.first_slot + Exponential::tau)];
            set(term, Exponential::A, y1 * std::exp(x1 / used), slots);
        }
    } else if (type(t) == Polynomial::name) {
        // A line through the lower envelope of ten parts; alone, the polynomial itself through all channels.
        std::vector<double> u, v;
        auto order = static_cast<std::size_t>(term.num_slots) - 1;
        if (alone_ || !crowded) {
            u.assign(x.begin(), x.end());
            v = y;
        } else {
            order = std::min<std::size_t>(order, 1);
            for (std::size_t i = 0; i < 10; ++i) {
                std::size_t const first = i * n / 10;
                std::size_t const last = std::max(first + 1, (i + 1) * n / 10);
                auto const low = std::min_element(y.begin() + static_cast<std::ptrdiff_t>(first),
                                                  y.begin() + static_cast<std::ptrdiff_t>(last));
                u.push_back(x[static_cast<std::size_t>(low - y.begin())]);
                v.push_back(*low);
            }
        }
        std::vector<double> const coefficients = polynomial_through(u, v, order);
        for (std::size_t k = 0; k <= order; ++k) set(term, static_cast<int>(k), coefficients[k], slots);
    }
}

/// Width, strength and position of a peak from what it shows; what is kept stays and counts.
void StartEstimator::shape(Peak const& peak, double top, double fwhm, double height, std::span<double> slots) const
{
    program::Term const& term = plan_.terms[peak.term];
    PeakShape const& shape = *peak.shape;
    double* const p = slots.data() + term.first_slot;
    std::vector<double> proposed(p, p + term.num_slots);
    shape.set_widths(fwhm, proposed.data());
    for (int const k : shape.widths) set(term, k, proposed[static_cast<std::size_t>(k)], slots);
    set(term, shape.centre, shape.centre_of ? shape.centre_of(top, p) : top, slots);
    set(term, shape.strength, shape.strength_of(height, p), slots);
    follow(term, slots);
}

/// A derived quantity that was given (a height) stays, as what it depends on (a width) is estimated.
void StartEstimator::follow(program::Term const& term, std::span<double> slots) const
{
    for (FitPlan::Given const& given : given_) {
        if (given.first_slot != term.first_slot || !keeps(term, given.slot - term.first_slot)) continue;
        program::ExpressionCode const code = given.code.view();
        std::vector<double> registers(static_cast<std::size_t>(code.num_pixel_registers) + 1);
        std::copy_n(slots.data() + term.first_slot, code.num_slots, registers.begin());
        program::run_pixel(code, registers.data());
        double const value = program::read<double>(code, code.value, registers.data(), nullptr, nullptr);
        if (std::isfinite(value)) slots[static_cast<std::size_t>(given.slot)] = within_bounds(given.slot, value);
    }
}

void StartEstimator::moments(Peak const& peak, std::vector<double> const& y, std::span<double> slots) const
{
    double sum = 0.0, first = 0.0, second = 0.0, third = 0.0, highest = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        sum += y[i];
        first += plan_.x[i] * y[i];
        highest = std::max(highest, y[i]);
    }
    double const mean = first / sum;
    for (std::size_t i = 0; i < y.size(); ++i) {
        double const d = plan_.x[i] - mean;
        second += d * d * y[i];
        third += d * d * d * y[i];
    }
    double const variance = second / sum;
    double const sigma = std::sqrt(std::fabs(variance));
    if (type(peak.term) == Lorentzian::name) {
        // Median and half the interquartile range of the running sum.
        std::vector<double> at(3);
        double running = 0.0;
        std::size_t quarter = 0;
        for (std::size_t i = 0; i < y.size() && quarter < 3; ++i) {
            running += y[i];
            while (quarter < 3 && running >= 0.25 * static_cast<double>(quarter + 1) * sum) at[quarter++] = plan_.x[i];
        }
        double const span = std::fabs(plan_.x[y.size() - 1] - plan_.x[0]);
        if (!(sum > 0.0)) return shape(peak, plan_.x[y.size() / 2], 0.25 * span, highest, slots);
        double const gamma = std::max(0.5 * std::fabs(at[2] - at[0]), 0.5 * span / static_cast<double>(y.size()));
        return shape(peak, at[1], 2.0 * gamma, highest, slots);
    }
    if (type(peak.term) == SkewNormal::name && skewed(peak, mean, variance, third / sum, y, slots)) return;
    shape(peak, mean, sigma * fwhm_per_sigma, highest, slots);
}

/// HyperSpy's estimate from three moments (Lin, Lee and Yen, Statistica Sinica 17 (2007) 909). False where the data are
/// too skewed for it.
bool StartEstimator::skewed(Peak const& peak, double mean, double variance, double third, std::vector<double> const& y,
                            std::span<double> slots) const
{
    double const a1 = std::sqrt(2.0 / math::pi);
    double const b1 = (4.0 / math::pi - 1.0) * a1;
    double const root = std::cbrt(third / b1);
    double const scale = std::sqrt(variance + a1 * a1 * root * root);
    double const delta = root / scale;
    if (!(std::fabs(delta) < 0.995)) return false;
    double const x0 = mean - a1 * root;
    program::Term const& term = plan_.terms[peak.term];
    set(term, SkewNormal::x0, x0, slots);
    set(term, SkewNormal::scale, scale, slots);
    set(term, SkewNormal::shape, delta / std::sqrt(1.0 - delta * delta), slots);
    std::size_t nearest = 0;
    for (std::size_t i = 0; i < y.size(); ++i)
        if (std::fabs(plan_.x[i] - x0) < std::fabs(plan_.x[nearest] - x0)) nearest = i;
    set(term, SkewNormal::A, y[nearest] * math::sqrt_2pi, slots);
    return true;
}

void StartEstimator::peak(Peak const& peak, std::vector<double>& left, std::span<double> slots) const
{
    program::Term const& term = plan_.terms[peak.term];
    int const centre = peak.shape->centre;
    std::size_t const n = left.size();
    double const placed = slots[static_cast<std::size_t>(term.first_slot + centre)];
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
            if (std::fabs(plan_.x[i] - placed) < std::fabs(plan_.x[top] - placed)) top = i;
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
    double const tiny = 1e-3 * (std::fabs(height) > 0.0 ? height : 1.0);
    shape(peak, plan_.x[top], 2.0 * half, std::max(height, tiny), slots);
    subtract(peak.term, left, slots);
}

/// Each edge by least squares over its channels before the next edge, lowest onset first. Its fine structure, of
/// coefficients 0 so far, counts as nothing there: the cross-section is what tells its intensity.
void StartEstimator::edges(std::vector<double>& left, std::span<double> slots) const
{
    auto const onset = [&](int t) {
        return slots[static_cast<std::size_t>(plan_.terms[t].first_slot + EELSCLEdge::onset_energy)];
    };
    std::vector<int> order = edges_;
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return onset(a) < onset(b); });
    for (std::size_t e = 0; e < order.size(); ++e) {
        int const t = order[e];
        auto const slot = static_cast<std::size_t>(plan_.terms[t].first_slot + EELSCLEdge::intensity);
        if (!keeps(plan_.terms[t], EELSCLEdge::intensity)) {
            slots[slot] = 1.0;
            std::vector<double> const shape = values_of(t, slots);
            double const end = e + 1 < order.size() ? onset(order[e + 1]) : HUGE_VAL;
            double product = 0.0, square = 0.0;
            for (std::size_t i = 0; i < left.size(); ++i) {
                if (plan_.x[i] >= end && square > 0.0) continue;
                product += shape[i] * left[i];
                square += shape[i] * shape[i];
            }
            if (square > 0.0)
                set(plan_.terms[t], EELSCLEdge::intensity,
                    std::max(product / square, 1e-6 * std::fabs(product) / square), slots);
        }
        subtract(t, left, slots);
    }
}

/// The level of an image is what its darkest fifth shows.
void StartEstimator::level(int t, std::vector<double> const& y, std::span<double> slots) const
{
    std::vector<double> sorted(y);
    bool const crowded = !spots_.empty();
    auto const fifth = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 5);
    std::nth_element(sorted.begin(), fifth, sorted.end());
    double const mean = std::accumulate(y.begin(), y.end(), 0.0) / static_cast<double>(y.size());
    set(plan_.terms[t], 0, crowded ? *fifth : mean, slots);
}

/// Position and widths of a spot from the moments of what stands out by more than half of the height, within the bounds
/// of its centre. Of a Gaussian cut at half of its height the variance along an axis is (1 - ln 2) sigma^2.
void StartEstimator::spot(int t, std::vector<double>& left, std::span<double> slots) const
{
    constexpr double cut_share = 0.30685281944005469;  // 1 - ln 2
    program::Term const& term = plan_.terms[t];
    std::string const& kind = type(t);
    int const strength = 0;
    int const width_x = kind == Disk2D::name ? static_cast<int>(Disk2D::radius) : 1;
    int const width_y = kind == Disk2D::name ? static_cast<int>(Disk2D::sigma) : 2;
    int const centre_x = kind == Gaussian2D::name     ? static_cast<int>(Gaussian2D::centre_x)
                         : kind == Lorentzian2D::name ? static_cast<int>(Lorentzian2D::centre_x)
                                                      : static_cast<int>(Disk2D::centre_x);
    int const centre_y = centre_x + 1;
    auto const bounds = [&](int k, double& lo, double& hi) {
        program::Slot const& slot = plan_.slots[term.first_slot + k];
        lo = -HUGE_VAL;
        hi = HUGE_VAL;
        if (slot.kind != program::SlotKind::free || !plan_.options.bounded) return;
        lo = plan_.bmin[slot.index];
        hi = plan_.bmax[slot.index];
    };
    double x_lo, x_hi, y_lo, y_hi;
    bounds(centre_x, x_lo, x_hi);
    bounds(centre_y, y_lo, y_hi);
    double highest = 0.0;
    for (std::size_t i = 0; i < left.size(); ++i)
        if (plan_.x[i] >= x_lo && plan_.x[i] <= x_hi && plan_.y[i] >= y_lo && plan_.y[i] <= y_hi)
            highest = std::max(highest, left[i]);
    if (!(highest > 0.0)) return;
    double sum = 0.0, mx = 0.0, my = 0.0, mxx = 0.0, myy = 0.0;
    for (std::size_t i = 0; i < left.size(); ++i) {
        double const w = left[i] - 0.5 * highest;
        if (w <= 0.0) continue;
        sum += w;
        mx += w * plan_.x[i];
        my += w * plan_.y[i];
    }
    mx /= sum;
    my /= sum;
    for (std::size_t i = 0; i < left.size(); ++i) {
        double const w = left[i] - 0.5 * highest;
        if (w <= 0.0) continue;
        mxx += w * (plan_.x[i] - mx) * (plan_.x[i] - mx);
        myy += w * (plan_.y[i] - my) * (plan_.y[i] - my);
    }
    double const step = std::fabs(plan_.x[1] - plan_.x[0]) > 0.0 ? std::fabs(plan_.x[1] - plan_.x[0]) : 1.0;
    double const sx = std::max(std::sqrt(mxx / sum / cut_share), 0.4 * step);
    double const sy = std::max(std::sqrt(myy / sum / cut_share), 0.4 * step);
    set(term, centre_x, mx, slots);
    set(term, centre_y, my, slots);
    auto const value = [&](int k) { return slots[static_cast<std::size_t>(term.first_slot + k)]; };
    if (kind == Disk2D::name) {
        // A uniform disk's variance along an axis is a quarter of its radius squared.
        set(term, width_x, std::sqrt(2.0 * (mxx + myy) / sum), slots);
        set(term, width_y, std::max(0.1 * value(width_x), 0.4 * step), slots);
        set(term, strength, highest, slots);
    } else if (kind == Gaussian2D::name) {
        set(term, width_x, sx, slots);
        set(term, width_y, sy, slots);
        set(term, strength, highest * 2.0 * math::pi * value(width_x) * value(width_y), slots);
    } else {
        // (1 + u^2)^(-3/2) is half at u = 0.766 gamma, a Gaussian at 1.177 sigma.
        set(term, width_x, 1.5365 * sx, slots);
        set(term, width_y, 1.5365 * sy, slots);
        set(term, strength, highest * 2.0 * math::pi * value(width_x) * value(width_y), slots);
    }
    follow(term, slots);
    subtract(t, left, slots);
}

void StartEstimator::estimate(std::span<double const> data, std::span<double> slots, double gain) const
{
    if (!has_work_) return;
    std::vector<double> left(data.begin(), data.end());
    if (plan_.width)
        for (std::size_t i = 0; i < left.size(); ++i) left[i] /= plan_.width[i];
    if (plan_.dimension == 2) {
        for (int const t : backgrounds_) {
            level(t, left, slots);
            subtract(t, left, slots);
        }
        for (int const t : spots_) spot(t, left, slots);
        return;
    }
    // In the units of a term's own function.
    auto const in_units_of = [&](int t, auto const& act) {
        double const factor = plan_.terms[t].convolved ? gain : 1.0;
        if (factor != 1.0)
            for (double& v : left) v /= factor;
        act();
        if (factor != 1.0)
            for (double& v : left) v *= factor;
    };
    if (alone_ && !peaks_.empty())
        return in_units_of(peaks_.front().term, [&] { moments(peaks_.front(), left, slots); });
    for (int const t : backgrounds_)
        in_units_of(t, [&] {
            background(t, left, slots);
            subtract(t, left, slots);
        });
    if (!edges_.empty()) in_units_of(edges_.front(), [&] { edges(left, slots); });
    for (Peak const& p : peaks_) in_units_of(p.term, [&] { peak(p, left, slots); });
}

double convolution_gain(std::span<double const> low_loss)
{
    double const sum = std::accumulate(low_loss.begin(), low_loss.end(), 0.0);
    return sum > 0.0 && std::isfinite(sum) ? sum : 1.0;
}

std::vector<double> used_values(FitPlan const& plan, std::span<double const> stored)
{
    std::vector<double> used;
    used.reserve(plan.x.size());
    for (program::ChannelRun const& run : plan.runs)
        for (long long c = run.first; c < run.first + run.count; ++c)
            used.push_back(stored[static_cast<std::size_t>(c)]);
    return used;
}

}  // namespace warpfit
