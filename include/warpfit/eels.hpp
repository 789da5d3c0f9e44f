#pragma once

#include "warpfit/fit.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Models of core-loss spectra (EELS): ionisation edges on a power law, with HyperSpy's names. Energies in [eV].
///
/// An edge is a component EELSCLEdge. Its intensity is the areal density of its element [atoms/barn] times what the
/// cross-section is multiplied with: the counts of the zero-loss peak, or nothing where the model is convolved with the
/// low loss of the same exposure.
namespace warpfit::eels {

/// Which cross-sections add_elements() takes.
struct EdgeSource
{
    std::string gos =
        "hydrogenic";           ///< or "dft", "dirac", "Hartree-Slater", whose files io::load_component_files() reads
    std::string gos_file_path;  ///< file or folder of the latter
    Microscope microscope;      ///< what is empty comes from the signal
};

/// Appends edges, and before them a PowerLaw if the model has no background yet. Of an element ("Fe") all edges whose
/// onset lies on the signal axis, features before edges left out; of "Fe_L3" that one. Hydrogenic cross-sections hold a
/// whole shell: of them one edge a shell, K or L3. The edges of an element share one intensity: those of its last
/// subshell by name ("Fe_L3") is free, the others' are twins of it, and their onsets keep their distance. Edges are in
/// the order of their onsets. Returns their names.
///
/// Throws InvalidArgument, changing nothing: no such element; none of its edges lies on the axis; an edge that the
/// model has already; an M, N or O edge with hydrogenic cross-sections, which exist for K and L alone.
std::vector<std::string> add_elements(Model& model, Signal const& signal, std::span<std::string const> elements,
                                      EdgeSource const& source = {});

/// The active components of a spectrum, sorted. An edge that begins before the first fitted channel is background.
struct EdgeClasses
{
    /// Every component that is no edge and no part of one's fine structure; edges that began before.
    std::vector<std::string> background;
    std::vector<std::string> edges;  ///< by onset
};

/// Throws InvalidArgument where no channel is fitted.
EdgeClasses classify_edges(Model const& model, Signal const& signal, DataOptions const& data = {});

/// Component::set_fine_structure() of an edge; the components that describe its fine structure are switched on or off
/// with it (HyperSpy's edge.fine_structure_active). Throws InvalidArgument: no such edge or component; no width.
void set_fine_structure(Model& model, std::string_view edge, bool active, double width);

/// Switches the fine structure of background edges off, and lets that of every other edge end `safe_window` [eV] before
/// the next edge that has one; where nothing would be left of it, it is the next edge's that is switched off.
void resolve_fine_structure(Model& model, Signal const& signal, DataOptions const& data = {}, double safe_window = 2.0);

/// A power law through the areas of the two halves of [first, last] in every pixel (HyperSpy's formula):
///
///   r = 2 log(I1 / I2) / log(x2 / x1),   A = (1 - r) I2 / (x2^(1-r) - x_middle^(1-r))
///
/// with I the sums over channels times their width (binned: the sums). Sets the maps of `power_law`'s A and r; a pixel
/// without such a law (an area that is not positive) is NaN there, so that fits start it from value(). The values
/// become those of the mean spectrum. Values by which bounds are exceeded are moved to them.
struct TwoAreas
{
    std::string power_law;        ///< component; empty: the only PowerLaw
    std::optional<double> first;  ///< default: the first fitted channel
    std::optional<double> last;   ///< default: 2 eV before the first edge, or the last fitted channel
};
/// Throws InvalidArgument: no such power law; fewer than four channels; an axis that is not above the law's origin.
void two_area_background_estimation(Model& model, Signal const& signal, TwoAreas const& areas = {},
                                    DataOptions const& data = {});

/// How smart_fit() goes about it.
struct SmartOptions
{
    std::optional<double> start_energy;  ///< default: the first fitted channel
    std::vector<std::string>
        free_onset_energy;     ///< edges whose onset is fitted in their stage, then held pixel by pixel
    double safe_window = 2.0;  ///< a stage ends this far before the next edge begins
    bool final_fit = true;     ///< see smart_fit()
};

/// Fits the background alone, from start_energy to `safe_window` before the first edge, all edges at or above it
/// switched off. A PowerLaw that nobody has set starts from two_area_background_estimation(). What it finds becomes the
/// maps of the model's parameters. Throws what multifit() throws; InvalidArgument where no channel lies before the
/// first edge.
FitResult fit_background(Model& model, Signal const& signal, SmartOptions const& smart = {},
                         FitOptions const& options = {}, DataOptions const& data = {});

/// Fits every pixel from the low energies up, each stage starting where the one before ended: the background; then edge
/// by edge the channels from start_energy to before the next edge, with what begins there switched off. An edge whose
/// fine structure is active is first fitted without it and without its channels, then with it; components that describe
/// it start from estimates over its channels where nobody has set them.
///
/// HyperSpy stops here, and so never fits all channels at once: what a stage leaves out stays badly described. Unless
/// final_fit is false, a last stage fits all of the model to all of the channels.
///
/// Fine structures are resolved first (resolve_fine_structure()). What is found becomes the maps of the model's
/// parameters. Returns the result of the last stage; its notes tell the stages, its seconds are those of all.
/// sink: takes the pixels of the final fit; a run that was interrupted there repeats the stages before, which end as
/// they did. Throws what multifit() throws; InvalidArgument for a sink without a final fit.
FitResult smart_fit(Model& model, Signal const& signal, SmartOptions const& smart = {}, FitOptions const& options = {},
                    DataOptions const& data = {}, ResultSink* sink = nullptr);

/// How much there is of an element, over all pixels in navigation order.
struct ElementQuantity
{
    std::string element;            ///< "Fe"
    std::string edge;               ///< "Fe_L3": whose intensity it is
    std::vector<double> intensity;  ///< [num_pixels, atoms/barn] of a convolved model; else times zero-loss counts
    std::vector<double> intensity_errors;  ///< [num_pixels] one standard error
    std::vector<double> fraction;          ///< [num_pixels] share of the atoms, 0 to 1
    std::vector<double> fraction_errors;   ///< [num_pixels] from those of the intensities, taken as independent
};

/// Intensities of the elements of a fitted model, and their shares: I_k / sum of I. Elements by their edges' onsets.
/// NaN where a pixel has no values. Throws InvalidArgument where the model has no active edge, or an element two
/// intensities that are not twins, since which of them counts is the caller's to say.
std::vector<ElementQuantity> quantify(FitResult const& result, Model const& model);

}  // namespace warpfit::eels
