#pragma once

#include "kernels/components/formulas.hpp"
#include "kernels/core/math.hpp"
#include "kernels/estimate/plan.hpp"

/// How a one-dimensional peak's parameters follow from what a spectrum shows of it: where its top is, how wide it is at
/// half of its height, and the height. Widths first, then strength and position, which depend on them. p: its slots.
namespace warpfit::estimate {

inline constexpr double fwhm_per_sigma = 2.3548200450309493;

namespace detail {

using namespace components;

WARPFIT_HD inline double sigma_of(double fwhm)
{
    return fwhm / fwhm_per_sigma;
}

/// Area of a Gaussian by height and standard deviation.
WARPFIT_HD inline double gaussian_area(double height, double sigma)
{
    return height * sigma * math::sqrt_2pi;
}

WARPFIT_HD inline double lorentzian_area(double height, double half_width)
{
    return height * math::pi * half_width;
}

// The share of its width that a Voigt profile owes to each part, where nothing says which: gamma is a quarter of the
// full width; by Olivero and Longbothum's formula (JQSRT 17 (1977) 233) the Gaussian's is then 0.695 of it.
inline constexpr double voigt_gamma = 0.25;
inline constexpr double voigt_gaussian = 0.695;

WARPFIT_HD inline double voigt_area(double height, double sigma, double gamma)
{
    double const lorentzian = 2.0 * gamma;
    double const gaussian = fwhm_per_sigma * sigma;
    double const fwhm = 0.5346 * lorentzian + math::sqrt(0.2166 * lorentzian * lorentzian + gaussian * gaussian);
    double const share = fwhm > 0.0 ? lorentzian / fwhm : 0.0;
    return height * fwhm *
           (1.0645 + 0.5063 * share);  // from a Gaussian's to a Lorentzian's area over height times fwhm
}

WARPFIT_HD inline double pes_width(double const* p)
{
    double const a = p[PESVoigt::FWHM], b = p[PESVoigt::resolution];
    return math::sqrt(a * a + b * b);
}

// What an exponentially modified Gaussian's width is made of where nothing says which.
inline constexpr double decay_share = 0.5;
inline constexpr double blur_share = 0.3;

}  // namespace detail

/// Slots of a peak.
struct PeakSlots
{
    int strength;
    int centre;
    int widths[3];  ///< those that peak_widths() tells of
    int num_widths;
};

WARPFIT_HD inline PeakSlots peak_slots(Kind kind)
{
    using namespace components;
    switch (kind) {
    case Kind::gaussian:
        return {Gaussian::A, Gaussian::centre, {Gaussian::sigma}, 1};
    case Kind::gaussian_hf:
        return {GaussianHF::height, GaussianHF::centre, {GaussianHF::fwhm}, 1};
    case Kind::lorentzian:
        return {Lorentzian::A, Lorentzian::centre, {Lorentzian::gamma}, 1};
    case Kind::voigt:
        return {Voigt::area, Voigt::centre, {Voigt::sigma, Voigt::gamma}, 2};
    case Kind::pes_voigt:
        return {PESVoigt::area, PESVoigt::centre, {PESVoigt::FWHM, PESVoigt::gamma}, 2};
    case Kind::pes_core_line_shape:
        return {PESCoreLineShape::A, PESCoreLineShape::origin, {PESCoreLineShape::FWHM}, 1};
    case Kind::pseudo_voigt:
        return {PseudoVoigt::A, PseudoVoigt::centre, {PseudoVoigt::fwhm}, 1};
    case Kind::split_voigt:
        return {SplitVoigt::A, SplitVoigt::centre, {SplitVoigt::sigma1, SplitVoigt::sigma2}, 2};
    case Kind::doniach:
        return {Doniach::A, Doniach::centre, {Doniach::sigma}, 1};
    case Kind::skew_normal:
        return {SkewNormal::A, SkewNormal::x0, {SkewNormal::scale}, 1};
    case Kind::exponential_gaussian:
        return {ExponentialGaussian::A,
                ExponentialGaussian::centre,
                {ExponentialGaussian::sigma, ExponentialGaussian::tau},
                2};
    case Kind::biexponential_gaussian:
        return {BiexponentialGaussian::A,
                BiexponentialGaussian::centre,
                {BiexponentialGaussian::sigma, BiexponentialGaussian::tau1, BiexponentialGaussian::tau2},
                3};
    case Kind::fano:
        return {Fano::A, Fano::centre, {Fano::fwhm}, 1};
    case Kind::asymmetric_lorentzian:
        return {AsymmetricLorentzian::A, AsymmetricLorentzian::centre, {AsymmetricLorentzian::fwhm}, 1};
    default:
        return {VolumePlasmonDrude::intensity, VolumePlasmonDrude::plasmon_energy, {VolumePlasmonDrude::fwhm}, 1};
    }
}

/// The k-th of PeakSlots::widths of a full width at half maximum w [axis unit].
WARPFIT_HD inline double peak_width(Kind kind, int k, double w, double const* p)
{
    using namespace detail;
    switch (kind) {
    case Kind::gaussian:
    case Kind::split_voigt:
    case Kind::skew_normal:
        return sigma_of(w);
    case Kind::lorentzian:
    case Kind::pes_core_line_shape:
    case Kind::doniach:
        return 0.5 * w;
    case Kind::voigt:
        return k == 0 ? sigma_of(voigt_gaussian * w) : voigt_gamma * w;
    case Kind::pes_voigt: {
        double const gaussian = voigt_gaussian * w;
        double const own = gaussian * gaussian - p[PESVoigt::resolution] * p[PESVoigt::resolution];
        return k == 1 ? voigt_gamma * w : own > 0.0 ? math::sqrt(own) : 0.1 * w;
    }
    case Kind::exponential_gaussian:
    case Kind::biexponential_gaussian:
        return k == 0 ? blur_share * w : k == 1 ? decay_share * w : 4.0 * decay_share * w;
    default:
        return w;
    }
}

/// Of a peak of that height, its widths known.
WARPFIT_HD inline double peak_strength(Kind kind, double h, double const* p)
{
    using namespace detail;
    switch (kind) {
    case Kind::gaussian:
        return gaussian_area(h, p[Gaussian::sigma]);
    case Kind::lorentzian:
        return lorentzian_area(h, p[Lorentzian::gamma]);
    case Kind::voigt:
        return voigt_area(h, p[Voigt::sigma], p[Voigt::gamma]);
    case Kind::pes_voigt:
        return voigt_area(h, sigma_of(pes_width(p)), p[PESVoigt::gamma]) / p[PESVoigt::transmission_function];
    case Kind::pseudo_voigt:
        return h * p[PseudoVoigt::fwhm] * (1.0645 + 0.5063 * p[PseudoVoigt::fraction]);
    case Kind::split_voigt:
        return gaussian_area(h, 0.5 * (p[SplitVoigt::sigma1] + p[SplitVoigt::sigma2]));
    case Kind::doniach:
        // At its top the numerator is about 1, and u about 0.
        return h * math::pow(p[Doniach::sigma], 1.0 - p[Doniach::alpha]);
    case Kind::skew_normal:
        return h * math::sqrt_2pi;
    case Kind::exponential_gaussian:
        return 1.3 * h * (fwhm_per_sigma * p[ExponentialGaussian::sigma] + p[ExponentialGaussian::tau]);
    case Kind::biexponential_gaussian:
        return 1.5 * h * (fwhm_per_sigma * p[BiexponentialGaussian::sigma] + p[BiexponentialGaussian::tau1]);
    case Kind::fano:
        return h / (1.0 + p[Fano::q] * p[Fano::q]);
    case Kind::asymmetric_lorentzian:
        return lorentzian_area(h, 0.5 * p[AsymmetricLorentzian::fwhm]);
    case Kind::volume_plasmon_drude:
        // f(E) = intensity E / fwhm
        return h * p[VolumePlasmonDrude::fwhm] / p[VolumePlasmonDrude::plasmon_energy];
    default:
        return h;
    }
}

/// Value of the parameter that places a peak whose top is there.
WARPFIT_HD inline double peak_centre(Kind kind, double top, double const* p)
{
    using namespace components;
    // A decay puts the top to the right of the Gaussian's mean.
    auto const left_of = [&](double sigma, double tau) { return top - 0.6 * math::min(sigma, tau); };
    switch (kind) {
    case Kind::pes_voigt:
        return top + p[PESVoigt::non_isochromaticity];
    case Kind::pes_core_line_shape:
        return top + p[PESCoreLineShape::ab];
    case Kind::exponential_gaussian:
        return left_of(p[ExponentialGaussian::sigma], p[ExponentialGaussian::tau]);
    case Kind::biexponential_gaussian:
        return left_of(p[BiexponentialGaussian::sigma], p[BiexponentialGaussian::tau1]);
    default:
        return top;
    }
}

}  // namespace warpfit::estimate
