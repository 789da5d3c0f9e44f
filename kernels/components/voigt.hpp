#pragma once

#include "kernels/core/component.hpp"
#include "kernels/core/faddeeva.hpp"
#include "kernels/core/math.hpp"

namespace warpfit::components {

/// Voigt profile, a Lorentzian seen through a Gaussian (HyperSpy's `Voigt` of version 2, legacy=False in 1.7).
///
///   f(x) = area / (sqrt(2 pi) sigma) Re w(z),   z = (x - centre + i gamma) / (sqrt(2) sigma), w the Faddeeva function
///
/// gamma is the Lorentzian's half width, sigma the Gaussian's standard deviation. Defined for sigma > 0. FWHM is
/// HyperSpy's other name of gwidth, the Gaussian's width; fwhm, that of the whole, is that of Olivero & Longbothum (J.
/// Quant. Spectrosc. Radiat. Transfer 17 (1977) 233), good to 0.03 %.
struct Voigt
{
    static constexpr char const* name = "Voigt";
    static constexpr char const* expression =
        "area * re(wofz((x - centre + I*gamma) / (sqrt(2)*sigma))) / (sqrt(2*pi) * sigma)";
    static constexpr int dimension = 1;

    enum Slot : int { area, sigma, gamma, centre, num_parameters };
    static constexpr int position = centre;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"area", "y x", 1.0, 0.0, no_bound},
        {"sigma", "x", 0.1, 0.0, no_bound},
        {"gamma", "x", 0.2, 0.0, no_bound},
        {"centre", "x", 10.0, -no_bound, no_bound},
    };

    static constexpr DerivedSpec derived[] = {
        {"gwidth", "x", "2*sqrt(2*log(2))*sigma", "sigma", "gwidth/(2*sqrt(2*log(2)))"},
        {"FWHM", "x", "2*sqrt(2*log(2))*sigma", "sigma", "FWHM/(2*sqrt(2*log(2)))"},
        {"lwidth", "x", "2*gamma", "gamma", "lwidth/2"},
        {"fwhm", "x", "0.5346*2*gamma + sqrt(0.2166*4*gamma**2 + 8*log(2)*sigma**2)"},
        {"height", "y", "area*erfcx(gamma/(sqrt(2)*sigma))/(sqrt(2*pi)*sigma)", "area",
         "height*sqrt(2*pi)*sigma/erfcx(gamma/(sqrt(2)*sigma))"},
    };

    template<class Real>
    struct Prepared
    {
        Real area, inv_sigma, scale, height, centre;
    };

    template<class Real>
    WARPFIT_HD static Prepared<Real> prepare(Real const* p, int)
    {
        Real const inv_sigma = Real(1) / p[sigma];
        Real const scale = Real(1.0 / math::sqrt_2) * inv_sigma;
        return {p[area], inv_sigma, scale, p[gamma] * scale, p[centre]};
    }

    template<class Real>
    WARPFIT_HD static Real evaluate(Prepared<Real> const& q, Real x, Real* grad)
    {
        auto const at = math::faddeeva_slopes<Real>((x - q.centre) * q.scale, q.height);
        Real const norm = Real(math::inv_sqrt_pi) * q.scale;
        Real const strength = q.area * norm;
        Real const steepness = strength * q.scale;

        grad[area] = norm * at.w.re;
        grad[sigma] = -strength * q.inv_sigma * at.scaled_slope.re;
        grad[gamma] = -steepness * at.slope.im;
        grad[centre] = -steepness * at.slope.re;
        return strength * at.w.re;
    }
};

static_assert(Component<Voigt>);

}  // namespace warpfit::components
