#include "src/text/text.hpp"
#include "warpfit/elements.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit {

namespace {

void require(bool is_fine, char const* what, double value, char const* unit, char const* wanted)
{
    if (is_fine && std::isfinite(value)) return;
    throw InvalidArgument(std::string(what) + " is " + number_text(value) + " " + unit + " (must be " + wanted +
                          "): give it in " + unit);
}

/// ln[(sqrt((p + t - q)^2 + 4 q t) + p + t - q) / (2 t)], also where the argument is near 1 (p small) or the root
/// cancels (q large).
double log_overlap(double p, double q, double t)
{
    double const u = p + t - q;
    double const root = std::sqrt(u * u + 4.0 * q * t);
    double const sum = u >= 0.0 ? root + u : 4.0 * q * t / (root - u);
    return std::log1p(p * (sum + 2.0 * t) / (2.0 * t * (root + q + t)));
}

}  // namespace

double effective_collection_angle(double beam_energy, double onset_energy, double convergence_angle,
                                  double collection_angle)
{
    require(beam_energy > 0.0, "beam energy", beam_energy, "keV", "positive");
    require(onset_energy > 0.0, "onset energy", onset_energy, "eV", "positive");
    require(convergence_angle >= 0.0, "convergence angle", convergence_angle, "mrad", "0 or more");
    require(collection_angle > 0.0, "collection angle", collection_angle, "mrad", "positive");

    double const theta =
        onset_energy / (beam_energy * (1.0 + beam_energy / 1022.0) / (1.0 + beam_energy / 511.0));  // [mrad]
    double const a2 = 1e-6 * convergence_angle * convergence_angle;                                 // [rad^2]
    if (a2 == 0.0) return collection_angle;
    double const b2 = 1e-6 * collection_angle * collection_angle;
    double const t2 = 1e-6 * theta * theta;
    double const sum = a2 + b2 + t2;
    double const difference = a2 - b2;

    // Egerton's F1 ln(1 + beta^2/theta^2) for alpha <= beta, F2 ln(...) above; each divides by the smaller square.
    double const small = std::min(a2, b2);
    double const root = std::sqrt(difference * difference + t2 * (2.0 * (a2 + b2) + t2));
    double const collected = (a2 / small) * log_overlap(b2, a2, t2) + (b2 / small) * log_overlap(a2, b2, t2) -
                             2.0 * (a2 * b2 / small) / (root + sum);
    return theta * std::sqrt(std::expm1(collected));
}

}  // namespace warpfit
