#pragma once

#include "src/expression/expression.hpp"
#include "src/physics/edge_cross_section.hpp"
#include "warpfit/component.hpp"
#include "warpfit/signal.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

/// The component EELSCLEdge: what turns its options into parameters and a formula.
namespace warpfit {

/// The oscillator strengths that an edge stands on, and the cross-sections made of them so far. Shared by copies of a
/// component; safe for several threads.
class EdgeTables
{
  public:
    explicit EdgeTables(std::shared_ptr<physics::Gos const> gos)
        : gos_(std::move(gos))
    {}

    /// Throws what EdgeCrossSection's constructor throws.
    std::shared_ptr<physics::EdgeCrossSection const> at(double beam_energy, double onset, double angle);

  private:
    std::shared_ptr<physics::Gos const> gos_;
    std::mutex mutex_;
    std::map<std::tuple<double, double, double>, std::shared_ptr<physics::EdgeCrossSection const>> made_;
};

/// Throws InvalidArgument: no such edge, a GOS that is not known, options that do not fit each other. Sets
/// element_subshell's onset. Hydrogenic tables are made at once, the others come with Component::set_gos().
std::vector<Parameter> edge_parameters(Component const& component, std::vector<Parameter> parameters);
std::shared_ptr<EdgeTables> hydrogenic_tables(EdgeOptions const& options);

/// Number of fine structure coefficients; 0 where there are none, or the channels' width is not known yet.
std::size_t num_fine_structure_coefficients(EdgeOptions const& options);
std::string fine_structure_coefficient(std::size_t i);

/// By which factor a free angle may leave the one that its tables are about: beyond, an edge stays as it is there.
inline constexpr double angle_reach = 4.0;

/// What of an edge may move.
struct EdgeMotion
{
    double reach = 10.0;  ///< how far the onset may go from where it is [eV]; 0: it stays
    bool angle = true;    ///< whether the effective angle may change
};

/// Without motion exact at the channels, for the onset and angle given, which must be numbers in it. With it, of onset
/// and angle as parameters: tables about the values given, good to first order in the onset, to a thousandth of its
/// largest value where the cross-section depends on the energy alone, as hydrogenic K edges do, and to a thousandth for
/// every angle within angle_reach; the jump at an onset that moves is spread smoothly over three channels.
/// Throws InvalidArgument where the microscope is not known, or no GOS has been read.
expression::Expression edge_formula(Component const& component, double onset, double angle,
                                    std::optional<EdgeMotion> motion = {});

/// Throws InvalidArgument where the axis has a unit of energy or length that is not the eV of edges.
void require_axis_in_ev(Axis const& axis);

/// How far below its onset an edge begins [eV], more than it is by the rounding of channels' energies.
double begins_before_onset(EdgeOptions const& options);

}  // namespace warpfit
