#include "src/physics/hydrogenic.hpp"

#include "src/physics/quadrature.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>

namespace warpfit::physics {

namespace {

constexpr double rydberg_of_gos = 13.606;  ///< [eV], Egerton's figure within the oscillator strength

/// What both shells need of the ejected electron: its wave number, and the phase factor c/d of its Coulomb wave.
class Continuum
{
  public:
    /// k^2 = energy / (R Zs^2) - 1/n^2; `binding` is 1/n^2, `width` what k is multiplied with in the phase: 2/n.
    Continuum(double energy, double charge2, double binding, double width)
        : k2(energy / (rydberg_of_gos * charge2) - binding)
        , binding_(binding)
        , k_(std::max(std::sqrt(std::abs(k2)), 0.01))
        , step_(width * k_)
        , inv_normalisation_(k2 >= 0.0 ? 1.0 / (1.0 - std::exp(-2.0 * std::numbers::pi / k_)) : 1.0)
    {}

    double phase(double q) const
    {
        double const centre = q - k2 + binding_;
        if (k2 < 0.0) return std::exp(-std::log((centre + step_) / (centre - step_)) / k_);
        double const angle = std::atan(step_ / centre);
        return std::exp(-2.0 * (angle < 0.0 ? angle + std::numbers::pi : angle) / k_) * inv_normalisation_;
    }

    double const k2;

  private:
    double binding_;
    double k_;
    double step_;
    double inv_normalisation_;
};

/// Oscillator strength per energy [1/eV] of the K shell as a function of (a0 q)^2.
class KShell
{
  public:
    KShell(int atomic_number, double energy)
        : charge2_(square(atomic_number == 1 ? 1.0 : atomic_number - 0.5))
        , continuum_(energy, charge2_, 1.0, 2.0)
    {
        double const electrons = atomic_number == 1 ? 1.0 : 2.0;
        scale_ = 128.0 * electrons * energy / (square(rydberg_of_gos * charge2_));
    }

    double operator()(double q2) const
    {
        double const q = q2 / charge2_;
        double const k2 = continuum_.k2;
        double const d = square(q - k2 + 1.0) + 4.0 * k2;
        return scale_ * continuum_.phase(q) * (q + k2 / 3.0 + 1.0 / 3.0) / (d * d * d);
    }

  private:
    static double square(double v) { return v * v; }

    double charge2_;
    Continuum continuum_;
    double scale_;
};

/// Exponent of Egerton's empirical factor of the L shell, from Na on.
double l_exponent(int atomic_number)
{
    static constexpr std::array<double, 26> from_sodium = {.82, .52, .52, .42, .30, .29, .22, .30, .22,
                                                           .16, .12, .13, .13, .14, .16, .18, .19, .22,
                                                           .14, .11, .12, .12, .12, .10, .10, .10};
    std::size_t const i = static_cast<std::size_t>(atomic_number - 11);
    return atomic_number >= 11 && i < from_sodium.size() ? from_sodium[i] : 0.1;
}

/// The same of the L shell; from the onset of L1 on, the 2s electrons take part.
class LShell
{
  public:
    /// `above` [eV above the onset of L3].
    LShell(int atomic_number, double energy, double above, bool with_l1)
        : charge2_((atomic_number - 4.15) * (atomic_number - 4.15))
        , continuum_(energy, charge2_, 0.25, 1.0)
        , with_l1_(with_l1)
    {
        double const factor =
            std::pow((above + 0.1) / (1.8 * atomic_number * atomic_number), l_exponent(atomic_number));
        scale_ = 32.0 * factor * energy / (rydberg_of_gos * rydberg_of_gos * charge2_ * charge2_);
    }

    double operator()(double q2) const
    {
        double const q = q2 / charge2_;
        double const centre = q - continuum_.k2 + 0.25;
        double const d = centre * centre + continuum_.k2;
        double const d4 = d * d * d * d;
        return scale_ * continuum_.phase(q) * (with_l1_ ? polynomial_l1(q) / d4 : polynomial_l23(q) / (d4 * d));
    }

  private:
    double polynomial_l23(double q) const
    {
        double const k2 = continuum_.k2;
        double const k4 = k2 * k2;
        double const c3 = 0.75 + 3.0 * k2;
        double const c2 = 0.59375 - 0.75 * k2 - 0.5 * k4;
        double const c1 = 0.11146 + 0.85417 * k2 + 1.8833 * k4 + k4 * k2;
        double const c0 = 0.0035807 + k2 / 21.333 + k4 / 4.5714 + k4 * k2 / 2.4 + k4 * k4 / 4.0;
        return (((2.25 * q - c3) * q + c2) * q + c1) * q + c0;
    }

    double polynomial_l1(double q) const
    {
        double const k2 = continuum_.k2;
        double const k4 = k2 * k2;
        double const c2 = 5.0 * k2 / 3.0 + 11.0 / 12.0;
        double const c1 = k4 / 3.0 + 1.5 * k2 + 65.0 / 48.0;
        double const c0 = k4 * k2 / 3.0 + 0.75 * k4 + 23.0 * k2 / 48.0 + 5.0 / 64.0;
        return ((q - c2) * q + c1) * q + c0;
    }

    double charge2_;
    Continuum continuum_;
    bool with_l1_;
    double scale_;
};

/// Onset [eV] of the edge that stands for the whole shell.
double shell_onset(Element const& element, std::string_view subshell)
{
    if (subshell == "K") return element.find_edge(subshell)->onset_energy;
    EelsEdge const* edge = element.find_edge("L3");
    if (edge == nullptr) edge = element.find_edge("L2,3");
    return edge->onset_energy;
}

/// 50 energies above an onset, denser near it, up to 895.8 [eV].
std::vector<double> grid()
{
    std::vector<double> above;
    for (int i = 0; i < 50; ++i) above.push_back(50.0 * (std::exp(3.0 * i / 50.0) - 1.0));
    return above;
}

}  // namespace

double hydrogenic_onset(ElementEdge const& edge)
{
    bool const is_l_shell = edge.edge->subshell.starts_with('L') && !edge.edge->is_pre_edge();
    return is_l_shell ? shell_onset(*edge.element, edge.edge->subshell) : edge.edge->onset_energy;
}

HydrogenicGos::HydrogenicGos(Element const& element, std::string_view subshell)
    : atomic_number_(element.atomic_number)
    , is_l_shell_(subshell.starts_with('L'))
{
    std::string const name = std::string(element.symbol) + "_" + std::string(subshell);
    EelsEdge const& edge = *eels_edge(name).edge;
    if (edge.is_pre_edge() || (subshell != "K" && !is_l_shell_))
        throw InvalidArgument("no hydrogenic cross-section of " + name +
                              " (it is known for edges of the K and L shells): take GOS 'dft' or 'dirac' with a .gosh "
                              "file, or 'Hartree-Slater'");
    table_onset_ = shell_onset(element, subshell);
    if (!is_l_shell_) {
        energies_ = grid();
        return;
    }
    l1_above_ = element.find_edge("L1")->onset_energy - table_onset_;
    for (double const above : grid())
        if (above < l1_above_) energies_.push_back(above);
    for (double const above : grid()) energies_.push_back(above + l1_above_);
}

double HydrogenicGos::value(double above, double onset_energy, double q2) const
{
    if (!is_l_shell_) return KShell(atomic_number_, onset_energy + above)(q2);
    return LShell(atomic_number_, onset_energy + above, above, above > l1_above_)(q2);
}

double HydrogenicGos::cross_section(std::size_t i, double onset_energy, Scattering const& scattering) const
{
    double const above = energies_[i];
    double const energy = onset_energy + above;
    TransferRange const range = scattering.transfers(energy);
    if (range.is_empty()) return 0.0;
    auto const integral = [&](auto const& shell) {
        return integrate([&](double t) { return shell(std::exp(t)); }, std::log(range.low), std::log(range.high));
    };
    // dsigma/dE = 4 pi a0^2 (R/T) (R/E) int gos d ln((a0 q)^2); 3.5166e8 barn is Egerton's figure of 4 pi a0^2.
    return 3.5166e8 * (rydberg / scattering.incident_energy()) * (rydberg / energy) *
           (is_l_shell_ ? integral(LShell(atomic_number_, energy, above, above > l1_above_))
                        : integral(KShell(atomic_number_, energy)));
}

}  // namespace warpfit::physics
