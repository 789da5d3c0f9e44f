#pragma once

#include "src/expression/expression.hpp"
#include "src/physics/edge_cross_section.hpp"
#include "warpfit/component.hpp"
#include "warpfit/signal.hpp"

#include <map>
#include <memory>
#include <mutex>
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

/// How the formula of an edge is to be had.
enum class EdgeForm {
    fixed,  ///< for onset and angle as given, exact at the channels; both must be numbers in it
    free    ///< of onset and angle as parameters: tables about the values given, good to second order
};

/// Throws InvalidArgument where the microscope is not known, or no GOS has been read.
expression::Expression edge_formula(Component const& component, double onset, double angle, EdgeForm form);

}  // namespace warpfit
