#pragma once

#include "kernels/core/math.hpp"
#include "kernels/program/plan.hpp"
#include "kernels/solver/lm.hpp"

/// Where a pixel's fit stops, and what is reported of it.
namespace warpfit::solver {

WARPFIT_HD constexpr double not_a_number()
{
    return __builtin_bit_cast(double, 0x7ff8000000000000ull);
}

/// Stopping rules by the arithmetic of the channels (Real) and of the solver.
template<class Real, class Solver = double>
WARPFIT_HD LmOptions lm_options(program::Options const& options)
{
    LmOptions lm{};
    lm.max_iterations = options.max_iterations;
    lm.bounded = options.bounded != 0;
    lm.learns = sizeof(Solver) == 8;
    if (sizeof(Real) == 8) {
        lm.tolerance = options.tolerance;
        lm.remainder = options.tolerance * math::sqrt(options.tolerance);
        lm.noise = 1e-15;
        lm.step = 2e-16;
        lm.dependent = 2e-15;
    } else {
        lm.tolerance = options.tolerance > 1e-7 ? options.tolerance : 1e-7;
        lm.remainder = lm.tolerance;  // a float's digits end here
        lm.noise = 1.2e-7;
        lm.step = sizeof(Solver) == 8 ? 1e-9 : 1.2e-7;
        lm.dependent = sizeof(Solver) == 8 ? 1e-8 : 1e-6;
    }
    return lm;
}

/// Standard error from the variance for unit chi2. dof <= 0 leaves scaled errors undefined.
template<class Real, class Dof>
WARPFIT_HD Real standard_error(program::Options const& options, Real const& variance, Real const& chisq, Dof const& dof)
{
    if (!options.scale_errors) return math::sqrt(variance);
    Real const degrees = Real(dof);
    auto const is_defined = degrees > Real(0);
    Real const divisor = math::select(is_defined, degrees, Real(1));
    Real const factor = math::select(is_defined, chisq / divisor, Real(not_a_number()));
    // Two roots: the product of a variance and chi2 may leave the range of a float.
    return math::select(variance == Real(0), Real(0), math::sqrt(variance) * math::sqrt(factor));
}

/// A pixel that ends without values, written by one thread.
WARPFIT_HD inline void write_failure(program::Plan const& plan, program::BatchResults const& out, Index pixel,
                                     program::Status status)
{
    for (int i = 0; i < plan.num_free; ++i) {
        out.parameters[pixel * plan.num_free + i] = not_a_number();
        out.standard_errors[pixel * plan.num_free + i] = not_a_number();
    }
    for (int k = 0; out.correlations && k < plan.num_pairs; ++k) out.correlations[pixel * plan.num_pairs + k] = 0.0;
    out.chisq[pixel] = not_a_number();
    out.dof[pixel] = 0;
    out.iterations[pixel] = 0;
    out.status[pixel] = status;
}

}  // namespace warpfit::solver
