#pragma once

#include "kernels/core/component.hpp"
#include "kernels/core/math.hpp"

namespace warpfit::components {

/// Power law, the background of EELS (HyperSpy's `PowerLaw`).
///
///   f(x) = A (x - origin)^-r   for x > left_cutoff, else 0
///
/// Not finite where left_cutoff < x <= origin.
struct PowerLaw
{
    static constexpr char const* name = "PowerLaw";
    static constexpr char const* expression = "Piecewise((A * (x - origin)**(-r), x > left_cutoff), (0, True))";
    static constexpr int dimension = 1;
    static constexpr bool convolved = false;

    enum Slot : int { A, r, origin, left_cutoff, num_parameters };
    static constexpr int position = -1;  // two positions: origin and left_cutoff move together only if both are shifted

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y x^r", 1e6, 0.0, no_bound},
        {"r", "", 3.0, 1.0, 5.0},
        {"origin", "x", 0.0, -no_bound, no_bound, false},
        {"left_cutoff", "x", 0.0, -no_bound, no_bound, false},
    };

    template<class Real>
    struct Prepared
    {
        Real A, r, origin, left_cutoff;
    };

    template<class Real>
    WARPFIT_HD static Prepared<Real> prepare(Real const* p, int)
    {
        return {p[A], p[r], p[origin], p[left_cutoff]};
    }

    template<class Real>
    WARPFIT_HD static Real evaluate(Prepared<Real> const& q, Real x, Real* grad)
    {
        auto const inside = q.left_cutoff < x;
        Real const u = math::select(inside, x - q.origin, Real(1));
        Real const log_u = math::log(u);
        Real const shape = math::select(inside, math::exp(-q.r * log_u), Real(0));
        Real const f = q.A * shape;

        grad[A] = shape;
        grad[r] = -f * log_u;
        grad[origin] = f * q.r / u;
        grad[left_cutoff] = Real(0);
        return f;
    }

    /// Used where origin and left_cutoff are fixed everywhere: log(x - origin) depends on the channel alone.
    struct Hoisted
    {
        static constexpr int num_parameters = PowerLaw::num_parameters;
        static constexpr int dimension = 1;
        static constexpr int num_tables = 2;
        static constexpr int num_fixed = 2;
        static constexpr int depends_on[num_fixed] = {origin, left_cutoff};

        template<class Real>
        struct Prepared
        {
            Real A, r;
        };

        /// out[num_tables] for one channel.
        static void tabulate(double x, double const* p, double* out)
        {
            bool const inside = p[left_cutoff] < x;
            out[0] = inside ? math::log(x - p[origin]) : 0.0;
            out[1] = inside ? 1.0 : 0.0;
        }

        template<class Real>
        WARPFIT_HD static Prepared<Real> prepare(Real const* p, int)
        {
            return {p[PowerLaw::A], p[PowerLaw::r]};
        }

        /// t: this channel's tables. Writes grad of A and r; the others are not free.
        template<class Real>
        WARPFIT_HD static Real evaluate_tables(Prepared<Real> const& q, Real const* t, Real* grad)
        {
            Real const shape = t[1] * math::exp(-q.r * t[0]);
            Real const f = q.A * shape;
            grad[PowerLaw::A] = shape;
            grad[PowerLaw::r] = -f * t[0];
            grad[PowerLaw::origin] = Real(0);
            grad[PowerLaw::left_cutoff] = Real(0);
            return f;
        }
    };
};

static_assert(Component<PowerLaw>);

}  // namespace warpfit::components
