#pragma once

#include "kernels/program/plan.hpp"
#include "kernels/solver/lm.hpp"

#include <cmath>
#include <limits>

namespace warpfit::cpu {

inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

inline bool has_values(program::Status s)
{
    return static_cast<int>(s) <= static_cast<int>(program::Status::singular);
}

/// A pixel that ends without values.
inline void write_failure(program::Plan const& plan, program::BatchResults const& out, Index pixel,
                          program::Status status)
{
    for (int i = 0; i < plan.num_free; ++i) {
        out.parameters[pixel * plan.num_free + i] = not_a_number;
        out.standard_errors[pixel * plan.num_free + i] = not_a_number;
    }
    out.chisq[pixel] = not_a_number;
    out.dof[pixel] = 0;
    out.iterations[pixel] = 0;
    out.status[pixel] = status;
}

/// Standard error from the variance for unit chi2. dof <= 0 leaves scaled errors undefined.
inline double standard_error(program::Options const& options, double variance, double chisq, int dof)
{
    if (!options.scale_errors) return std::sqrt(variance);
    return dof > 0 ? std::sqrt(variance * (chisq / dof)) : (variance == 0.0 ? 0.0 : not_a_number);
}

/// Stopping rules by the arithmetic of the channels (T) and of the solver.
template<class T>
solver::LmOptions lm_options(program::Options const& options, bool float_solver = false)
{
    solver::LmOptions lm{};
    lm.max_iterations = options.max_iterations;
    lm.bounded = options.bounded != 0;
    if (sizeof(T) == 8) {
        lm.tolerance = options.tolerance;
        lm.remainder = options.tolerance * std::sqrt(options.tolerance);
        lm.noise = 1e-15;
        lm.step = 2e-16;
        lm.dependent = 2e-15;
    } else {
        lm.tolerance = options.tolerance > 1e-7 ? options.tolerance : 1e-7;
        lm.remainder = lm.tolerance;  // a float's digits end here
        lm.noise = 1.2e-7;
        lm.step = float_solver ? 1.2e-7 : 1e-9;
        lm.dependent = float_solver ? 1e-6 : 1e-8;
    }
    return lm;
}

}  // namespace warpfit::cpu
