#pragma once

#include "bench/solvers/problem.hpp"
#include "warpfit/model.hpp"
#include "warpfit/signal.hpp"

#include <string>
#include <vector>

namespace warpfit::bench {

/// A problem in warpfit's words. Parameters that differ from the peers' by a factor are converted outside the timing.
struct OwnModel
{
    Model model;
    std::vector<std::string> paths;  ///< of the peers' parameters, in their order
    bool with_offset = false;        ///< the plan gets an Offset that a 2D Model refuses
};

OwnModel gauss1d();
OwnModel gauss2d();
/// The same as one formula.
OwnModel gauss2d_expression();
OwnModel power_law_three_gaussians(Problem const& problem);

/// From the peers' parameters to warpfit's, in place, or back.
void convert(Problem const& problem, double* p, bool to_own);

std::vector<Axis> signal_axes(Problem const& problem);

}  // namespace warpfit::bench
