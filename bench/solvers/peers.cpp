#include "bench/solvers/solver.hpp"

namespace warpfit::bench {

std::vector<Solver> peers(Problem const& problem, std::string const& cpufit_library)
{
    std::vector<Solver> found;
#ifdef BENCH_CMINPACK
    append_cminpack(found);
#endif
#ifdef BENCH_CERES
    append_ceres(found, problem.num_parameters);
#endif
#ifdef BENCH_EIGEN
    append_eigen(found);
#endif
    if (!cpufit_library.empty() && problem.cpufit_model >= 0) append_cpufit(found, cpufit_library);
    return found;
}

}  // namespace warpfit::bench
