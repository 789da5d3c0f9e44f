#pragma once

#include "bench/solvers/own_model.hpp"
#include "bench/solvers/problem.hpp"

#include <cstddef>
#include <vector>

namespace warpfit::bench {

/// `count` fits made of a problem's, over and over: data for 10^7 fits would take longer to draw than to fit.
struct Workload
{
    Workload(Problem const& problem, OwnModel own, std::size_t count);

    Problem const& problem;
    OwnModel own;
    std::size_t count;
    std::vector<float> data;        ///< [count, num_channels]
    std::vector<float> variance;    ///< like data; empty: unweighted
    std::vector<float> peer_start;  ///< [count, num_parameters]
    std::vector<double> start;      ///< [count, num_parameters] in the order of `own.paths`

    std::size_t num_parameters() const { return own.paths.size(); }
    std::size_t num_channels() const { return static_cast<std::size_t>(problem.num_channels); }
};

/// Who fits: seconds of wall time and what came out.
struct Outcome
{
    double seconds = 0.0;
    double iterations = 0.0;    ///< mean
    std::size_t failed = 0;     ///< by its own word
    std::vector<double> chisq;  ///< [min(count, num_fits of the problem)]
};

}  // namespace warpfit::bench
