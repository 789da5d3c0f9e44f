#pragma once

#include <cmath>
#include <limits>

namespace warpfit::physics {

/// Integral of f over an interval, and a bound of its error.
struct Quadrature
{
    double value;
    double error;
};

/// Gauss's rule of 7 points within Kronrod's of 15 (Piessens et al., QUADPACK, 1983). The error is that of Gauss's
/// rule, so that of `value` is far smaller where f is smooth.
template<class F>
Quadrature gauss_kronrod(F const& f, double low, double high)
{
    static constexpr double nodes[7] = {0.991455371120812639206854697526329, 0.949107912342758524526189684047851,
                                        0.864864423359769072789712788640926, 0.741531185599394439863864773280788,
                                        0.586087235467691130294144691258378, 0.405845151377397166906606412076961,
                                        0.207784955007898467600689403773245};
    static constexpr double kronrod[8] = {0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
                                          0.104790010322250183839876322541518, 0.140653259715525918745189590510238,
                                          0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
                                          0.204432940075298892414161999234649, 0.209482141084727828012999174891714};
    static constexpr double gauss[4] = {0.129484966168869693270611432679082, 0.279705391489276667901467771423780,
                                        0.381830050505118944950369775133975, 0.417959183673469387755102040816327};
    double const half = 0.5 * (high - low);
    double const middle = low + half;
    double const centre = f(middle);
    double fine = kronrod[7] * centre;
    double coarse = gauss[3] * centre;
    for (int i = 0; i < 7; ++i) {
        double const pair = f(middle - half * nodes[i]) + f(middle + half * nodes[i]);
        fine += kronrod[i] * pair;
        if (i % 2 == 1) coarse += gauss[i / 2] * pair;
    }
    return {fine * half, std::abs((fine - coarse) * half)};
}

/// Integral of f over [low, high]: intervals are halved until the error of each, summed over all, is within
/// `tolerance` times the integral of a smooth f without change of sign. Not for singular integrands: an interval is
/// halved at most 30 times.
template<class F>
double integrate(F const& f, double low, double high, double tolerance = 1e-12)
{
    struct Halving
    {
        F const& f;
        double tolerance;
        double total;  ///< size of the whole integral

        double of(double a, double b, Quadrature whole, double share, int depth) const
        {
            if (!(whole.error > tolerance * share * total) || depth == 0) return whole.value;  // NaN is not halved
            double const middle = 0.5 * (a + b);
            return of(a, middle, gauss_kronrod(f, a, middle), 0.5 * share, depth - 1) +
                   of(middle, b, gauss_kronrod(f, middle, b), 0.5 * share, depth - 1);
        }
    };
    Quadrature const whole = gauss_kronrod(f, low, high);
    double const noise = 4.0 * std::numeric_limits<double>::epsilon();
    double const total = std::abs(whole.value) > 0.0 ? std::abs(whole.value) : std::numeric_limits<double>::min();
    return Halving{f, tolerance > noise ? tolerance : noise, total}.of(low, high, whole, 1.0, 30);
}

}  // namespace warpfit::physics
