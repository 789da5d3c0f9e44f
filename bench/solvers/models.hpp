#pragma once

#include "bench/solvers/problem.hpp"

namespace warpfit::bench {

std::shared_ptr<PeerModel const> gauss1d_model(int num_channels);
std::shared_ptr<PeerModel const> gauss2d_model(int side);
std::shared_ptr<PeerModel const> power_law_three_gaussians_model(std::vector<double> const& x);

}  // namespace warpfit::bench
