#include "src/fit/derived_maps.hpp"

#include "kernels/program/interpreter.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace warpfit {

DerivedMaps::DerivedMaps(FitPlan const& plan, std::size_t num_pixels)
    : plan_(plan)
{
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    for (FitPlan::Derived const& derived : plan.derived) {
        codes_.push_back(derived.code.view());
        maps_.push_back({derived.component, derived.name, false, std::vector<double>(num_pixels, nan),
                         std::vector<double>(num_pixels, nan)});
    }
}

DerivedMaps::Scratch DerivedMaps::scratch() const
{
    int most = 0;
    for (program::ExpressionCode const& code : codes_) most = std::max(most, code.num_pixel_registers);
    return {std::vector<double>(static_cast<std::size_t>(most) + 1), std::vector<double>(plan_.free_slots.size())};
}

void DerivedMaps::set(std::size_t pixel, unsigned long long active, double const* values, double const* factors,
                      int const* targets, double const* errors, double const* correlations, Scratch& scratch)
{
    double* const registers = scratch.registers.data();
    for (std::size_t d = 0; d < codes_.size(); ++d) {
        FitPlan::Derived const& derived = plan_.derived[d];
        if (derived.active_bit >= 0 && !(active >> derived.active_bit & 1u)) continue;
        program::ExpressionCode const& code = codes_[d];
        std::copy_n(values + derived.first_slot, code.num_slots, registers);
        program::run_pixel(code, registers);
        maps_[d].values[pixel] = program::read<double>(code, code.value, registers, nullptr, nullptr);
        maps_[d].standard_errors[pixel] =
            error_of(code, derived.first_slot, factors, targets, errors, correlations, scratch);
    }
}

/// sqrt(g' C g), g the gradient by the free parameters that the component's follow.
double DerivedMaps::error_of(program::ExpressionCode const& code, int first_slot, double const* factors,
                             int const* targets, double const* errors, double const* correlations,
                             Scratch& scratch) const
{
    std::vector<double>& by_root = scratch.by_root;
    double variance = 0.0;
    auto const root_of = [&](int k) { return targets[first_slot + k]; };
    for (int k = 0; k < code.num_slots; ++k)
        if (root_of(k) >= 0) by_root[static_cast<std::size_t>(root_of(k))] = 0.0;
    for (int k = 0; k < code.num_slots; ++k) {
        if (root_of(k) < 0) continue;
        double const slope = program::read<double>(code, code.gradient[k], scratch.registers.data(), nullptr, nullptr);
        by_root[static_cast<std::size_t>(root_of(k))] +=
            error_part(slope * factors[first_slot + k], errors[root_of(k)]);
    }
    for (std::size_t p = 0; p < plan_.pairs.size(); ++p) {
        auto const [first, second] = plan_.pairs[p];
        auto const is_mine = [&](int root) {
            for (int k = 0; k < code.num_slots; ++k)
                if (root_of(k) == root) return true;
            return false;
        };
        if (!is_mine(first) || !is_mine(second)) continue;
        double const product =
            error_part(by_root[static_cast<std::size_t>(first)], by_root[static_cast<std::size_t>(second)]);
        variance += 2.0 * error_part(correlations[p], product);
    }
    for (int k = 0; k < code.num_slots; ++k) {
        if (root_of(k) < 0) continue;
        double& part = by_root[static_cast<std::size_t>(root_of(k))];
        variance += part * part;
        part = 0.0;  // once
    }
    return std::sqrt(std::max(variance, 0.0));
}

}  // namespace warpfit
