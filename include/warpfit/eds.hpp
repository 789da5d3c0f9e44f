#pragma once

#include "warpfit/fit.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// Models of X-ray spectra (EDS): characteristic lines on a polynomial, with HyperSpy's names.
///
/// A line is a Gaussian named after it ("Fe_Ka"); A is its number of counts where the axis is binned. The signal axis
/// is in keV or eV.
namespace warpfit::eds {

/// What add_lines() takes.
struct LineOptions
{
    std::optional<double> beam_energy;              ///< [keV] default: the signal's; lines above it are left out
    std::optional<double> energy_resolution_mn_ka;  ///< [eV] FWHM of Mn Ka; default: the signal's, else 130
    bool background = true;                         ///< append a polynomial if the model has none
    int background_order = 6;
};

/// Energy resolution that metadata.Acquisition_instrument.TEM (or SEM).Detector.EDS.energy_resolution_MnKa names [eV];
/// 130 where it is not there.
double energy_resolution(Signal const& signal);

/// Appends the lines of elements ("Fe": Ka, La and Ma) or of families ("Fe_Ka"), as far as they lie on the axis and
/// below the beam energy. The family's master has a free A >= 0; the other lines of it are twins of that with their
/// weight. Energies are fixed at those of the tables, widths at those that the resolution makes of them (eds_fwhm()).
/// Before them, if the model is empty, the Polynomial "background_order_6". Returns the lines' names.
///
/// Throws InvalidArgument, changing nothing: no such element or line; a name that is no master; none of an element's
/// lines on the axis; a line that the model has already; an axis whose units are neither keV nor eV.
std::vector<std::string> add_lines(Model& model, Signal const& signal, std::span<std::string const> elements,
                                   LineOptions const& options = {});

/// The components that are lines: Gaussians named after one.
std::vector<std::string> xray_lines(Model const& model);

/// The active lines whose amount no channel tells: neither they nor the lines that follow their A have a fitted channel
/// within 4 sigma of their centre. Throws InvalidArgument unless the signal has one signal axis.
std::vector<std::string> lines_without_channels(Model const& model, Signal const& signal, DataOptions const& data = {});

/// Which channels fit_background() leaves out.
struct BackgroundOptions
{
    std::optional<double> start;                ///< [axis unit] default: the first fitted channel
    std::optional<double> end;                  ///< [axis unit] default: the last one
    std::array<double, 2> windows_sigma{4, 3};  ///< a line takes the channels from centre - 4 sigma to centre + 3 sigma
};

/// Fits all that is no line to the channels where no line is, then fixes it pixel by pixel: free_background() frees it
/// again. Throws what multifit() throws, which refuses where the lines leave no channel.
FitResult fit_background(Model& model, Signal const& signal, BackgroundOptions const& background = {},
                         FitOptions const& options = {}, DataOptions const& data = {});
/// Frees all that fit_background() fixes.
void free_background(Model& model);

/// What a calibration found.
struct Calibrated
{
    double before;  ///< resolution of Mn Ka [eV], or the axis' scale or offset [axis unit]
    double after;
    double standard_error;  ///< of `after`; counts are taken to scatter as Poisson's law says
    FitResult fit;          ///< of the sum of all pixels
};

/// Fits the sum of all pixels with one more parameter, "resolution", "scale" or "offset", which all lines follow:
///
///   resolution   sigma_k = sqrt(sigma_ref^2 + c (E_k - E_ref)),   c as in eds_fwhm()
///   scale        centre_k = offset + (centre_ref - offset) (E_k - offset) / (E_ref - offset)
///   offset       centre_k = centre_ref + E_k - E_ref
///
/// then sets the signal's axis, or its metadata and the widths of the lines, to what was found. Energies and, but for
/// "resolution", widths of the lines stay those of the tables. (In HyperSpy only the first line's width counts.) Lines
/// without channels (lines_without_channels()) are switched off in `fit`; a new resolution is theirs, too.
///
/// Throws InvalidArgument, changing nothing: another word; a model without lines, or without one that has a fitted
/// channel; an axis that is not uniform; a fit that ended without converging.
Calibrated calibrate_energy_axis(Model& model, Signal& signal, std::string const& what, FitOptions const& options = {},
                                 DataOptions const& data = {});

/// Fits lines one by one in the sum of all pixels and fixes them where they were found:
///
///   "energy"      centre within bound [eV] of where it is
///   "width"       sigma within bound [eV]
///   "sub_weight"  A of the lines that are twins, within a factor 1 - bound to 1 + bound of what their weight says;
///                 they become twins with their new weights
///
/// `lines`: empty: all that the model has and that have a fitted channel. Throws InvalidArgument, changing nothing:
/// another word; a name that is no line of the model, or of one without a fitted channel; a bound that is not positive;
/// a fit that ended without converging.
FitResult calibrate_xray_lines(Model& model, Signal const& signal, std::string const& what,
                               std::span<std::string const> lines = {}, double bound = 1.0,
                               FitOptions const& options = {}, DataOptions const& data = {});

/// Counts of a line over all pixels in navigation order.
struct LineIntensity
{
    std::string line;                   ///< "Fe_Ka"
    double energy;                      ///< [keV] of the tables
    std::vector<double> counts;         ///< [num_pixels] NaN where the pixel has no values
    std::vector<double> counts_errors;  ///< [num_pixels] one standard error
};

/// Areas of the lines of a fitted model, masters of families alone unless `only_masters` is false.
std::vector<LineIntensity> lines_intensity(FitResult const& result, Model const& model, bool only_masters = true);

}  // namespace warpfit::eds
