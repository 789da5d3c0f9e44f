#include "src/fit/peak_shapes.hpp"

#include "kernels/components/formulas.hpp"
#include "kernels/core/math.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit {

namespace {

using namespace components;

constexpr double fwhm_per_sigma = 2.3548200450309493;

double sigma_of(double fwhm)
{
    return fwhm / fwhm_per_sigma;
}

/// Area of a Gaussian by height and standard deviation.
double gaussian_area(double height, double sigma)
{
    return height * sigma * math::sqrt_2pi;
}

double lorentzian_area(double height, double half_width)
{
    return height * math::pi * half_width;
}

// The share of its width that a Voigt profile owes to each part, where nothing says which: gamma is a quarter of the
// full width; by Olivero and Longbothum's formula (JQSRT 17 (1977) 233) the Gaussian's is then 0.695 of it.
constexpr double voigt_gamma = 0.25;
constexpr double voigt_gaussian = 0.695;

double voigt_area(double height, double sigma, double gamma)
{
    double const lorentzian = 2.0 * gamma;
    double const gaussian = fwhm_per_sigma * sigma;
    double const fwhm = 0.5346 * lorentzian + std::sqrt(0.2166 * lorentzian * lorentzian + gaussian * gaussian);
    double const share = fwhm > 0.0 ? lorentzian / fwhm : 0.0;
    return height * fwhm *
           (1.0645 + 0.5063 * share);  // from a Gaussian's to a Lorentzian's area over height times fwhm
}

// What an exponentially modified Gaussian's width is made of where nothing says which.
constexpr double decay_share = 0.5;
constexpr double blur_share = 0.3;

std::vector<PeakShape> make_shapes()
{
    using AL = AsymmetricLorentzian;
    using BG = BiexponentialGaussian;
    using EG = ExponentialGaussian;
    using VPD = VolumePlasmonDrude;
    return {
        {Gaussian::name,
         Gaussian::A,
         Gaussian::centre,
         {Gaussian::sigma},
         [](double w, double* p) { p[Gaussian::sigma] = sigma_of(w); },
         [](double h, double const* p) { return gaussian_area(h, p[Gaussian::sigma]); },
         nullptr},
        {GaussianHF::name,
         GaussianHF::height,
         GaussianHF::centre,
         {GaussianHF::fwhm},
         [](double w, double* p) { p[GaussianHF::fwhm] = w; },
         [](double h, double const*) { return h; },
         nullptr},
        {Lorentzian::name,
         Lorentzian::A,
         Lorentzian::centre,
         {Lorentzian::gamma},
         [](double w, double* p) { p[Lorentzian::gamma] = 0.5 * w; },
         [](double h, double const* p) { return lorentzian_area(h, p[Lorentzian::gamma]); },
         nullptr},
        {Voigt::name,
         Voigt::area,
         Voigt::centre,
         {Voigt::sigma, Voigt::gamma},
         [](double w, double* p) {
             p[Voigt::sigma] = sigma_of(voigt_gaussian * w);
             p[Voigt::gamma] = voigt_gamma * w;
         },
         [](double h, double const* p) { return voigt_area(h, p[Voigt::sigma], p[Voigt::gamma]); },
         nullptr},
        {PESVoigt::name,
         PESVoigt::area,
         PESVoigt::centre,
         {PESVoigt::FWHM, PESVoigt::gamma},
         [](double w, double* p) {
             double const gaussian = voigt_gaussian * w;
             double const own = gaussian * gaussian - p[PESVoigt::resolution] * p[PESVoigt::resolution];
             p[PESVoigt::FWHM] = own > 0.0 ? std::sqrt(own) : 0.1 * w;
             p[PESVoigt::gamma] = voigt_gamma * w;
         },
         [](double h, double const* p) {
             double const fwhm = std::hypot(p[PESVoigt::FWHM], p[PESVoigt::resolution]);
             return voigt_area(h, sigma_of(fwhm), p[PESVoigt::gamma]) / p[PESVoigt::transmission_function];
         },
         [](double top, double const* p) { return top + p[PESVoigt::non_isochromaticity]; }},
        {PESCoreLineShape::name,
         PESCoreLineShape::A,
         PESCoreLineShape::origin,
         {PESCoreLineShape::FWHM},
         [](double w, double* p) { p[PESCoreLineShape::FWHM] = 0.5 * w; },
         [](double h, double const*) { return h; },
         [](double top, double const* p) { return top + p[PESCoreLineShape::ab]; }},
        {PseudoVoigt::name,
         PseudoVoigt::A,
         PseudoVoigt::centre,
         {PseudoVoigt::fwhm},
         [](double w, double* p) { p[PseudoVoigt::fwhm] = w; },
         [](double h, double const* p) {
             return h * p[PseudoVoigt::fwhm] * (1.0645 + 0.5063 * p[PseudoVoigt::fraction]);
         },
         nullptr},
        {SplitVoigt::name,
         SplitVoigt::A,
         SplitVoigt::centre,
         {SplitVoigt::sigma1, SplitVoigt::sigma2},
         [](double w, double* p) { p[SplitVoigt::sigma1] = p[SplitVoigt::sigma2] = sigma_of(w); },
         [](double h, double const* p) {
             return gaussian_area(h, 0.5 * (p[SplitVoigt::sigma1] + p[SplitVoigt::sigma2]));
         },
         nullptr},
        {Doniach::name,
         Doniach::A,
         Doniach::centre,
         {Doniach::sigma},
         [](double w, double* p) { p[Doniach::sigma] = 0.5 * w; },
         // At its top the numerator is about 1, and u about 0.
         [](double h, double const* p) { return h * std::pow(p[Doniach::sigma], 1.0 - p[Doniach::alpha]); },
         nullptr},
        {SkewNormal::name,
         SkewNormal::A,
         SkewNormal::x0,
         {SkewNormal::scale},
         [](double w, double* p) { p[SkewNormal::scale] = sigma_of(w); },
         [](double h, double const*) { return h * math::sqrt_2pi; },
         nullptr},
        {EG::name,
         EG::A,
         EG::centre,
         {EG::sigma, EG::tau},
         [](double w, double* p) {
             p[EG::sigma] = blur_share * w;
             p[EG::tau] = decay_share * w;
         },
         [](double h, double const* p) { return 1.3 * h * (fwhm_per_sigma * p[EG::sigma] + p[EG::tau]); },
         // The decay puts the top to the right of the Gaussian's mean.
         [](double top, double const* p) { return top - 0.6 * std::min(p[EG::sigma], p[EG::tau]); }},
        {BG::name,
         BG::A,
         BG::centre,
         {BG::sigma, BG::tau1, BG::tau2},
         [](double w, double* p) {
             p[BG::sigma] = blur_share * w;
             p[BG::tau1] = decay_share * w;
             p[BG::tau2] = 4.0 * decay_share * w;
         },
         [](double h, double const* p) { return 1.5 * h * (fwhm_per_sigma * p[BG::sigma] + p[BG::tau1]); },
         [](double top, double const* p) { return top - 0.6 * std::min(p[BG::sigma], p[BG::tau1]); }},
        {Fano::name,
         Fano::A,
         Fano::centre,
         {Fano::fwhm},
         [](double w, double* p) { p[Fano::fwhm] = w; },
         [](double h, double const* p) { return h / (1.0 + p[Fano::q] * p[Fano::q]); },
         nullptr},
        {AL::name,
         AL::A,
         AL::centre,
         {AL::fwhm},
         [](double w, double* p) { p[AL::fwhm] = w; },
         [](double h, double const* p) { return lorentzian_area(h, 0.5 * p[AL::fwhm]); },
         nullptr},
        {VPD::name,
         VPD::intensity,
         VPD::plasmon_energy,
         {VPD::fwhm},
         [](double w, double* p) { p[VPD::fwhm] = w; },
         // f(E) = intensity E / fwhm
         [](double h, double const* p) { return h * p[VPD::fwhm] / p[VPD::plasmon_energy]; },
         nullptr},
    };
}

}  // namespace

PeakShape const* find_peak_shape(std::string_view type)
{
    static std::vector<PeakShape> const shapes = make_shapes();
    auto const found = std::find_if(shapes.begin(), shapes.end(), [&](PeakShape const& s) { return s.type == type; });
    return found == shapes.end() ? nullptr : &*found;
}

}  // namespace warpfit
