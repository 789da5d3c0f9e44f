#pragma once

#include "bench/solvers/problem.hpp"

#include <functional>
#include <string>
#include <vector>

namespace warpfit::bench {

/// One row of the table.
struct Solver
{
    std::string name;          ///< "cminpack lmder"; "warpfit"
    std::string instructions;  ///< warpfit: "avx2"; peers: empty
    std::string precision;     ///< "float64"
    std::string layout;        ///< warpfit: "points"
    std::string note;          ///< peers: flags; why a row is missing
    /// Fits everything, sets `seconds` to the CPU time of the fitting alone. Empty: not available here.
    std::function<Fits(Problem const&, double& seconds)> run;
};

/// What was found when this was built, or can be loaded: cminpack first where it is there.
std::vector<Solver> peers(Problem const& problem, std::string const& cpufit_library);
void append_cminpack(std::vector<Solver>& to);
void append_ceres(std::vector<Solver>& to, int num_parameters);
void append_eigen(std::vector<Solver>& to);
void append_cpufit(std::vector<Solver>& to, std::string const& library);

/// warpfit in every instruction set, precision and layout that serves the problem; instruction sets that this CPU lacks
/// are listed without `run`.
std::vector<Solver> own_solvers(Problem const& problem);

}  // namespace warpfit::bench
