#pragma once

#include "bench/gpu/workload.hpp"

#include <string>

namespace warpfit::bench {

/// Gpufit through its public C interface, from a shared library that the user built of github.com/gpufit/Gpufit.
class Gpufit
{
  public:
    /// Throws std::runtime_error where the library does not load.
    explicit Gpufit(std::string const& library);

    /// Whether it has the model, unweighted, as Gpufit's weights are those of the squares alone in its own tests.
    static bool has(Problem const& problem) { return problem.cpufit_model >= 0 && problem.variance.empty(); }

    /// Data and starts in the GPU's memory, results left there; in calls that respect its index limit.
    Outcome fit_resident(Workload const& workload) const;
    /// From and to the host's memory.
    Outcome fit_end_to_end(Workload const& workload) const;

  private:
    void* host_ = nullptr;
    void* device_ = nullptr;
};

}  // namespace warpfit::bench
