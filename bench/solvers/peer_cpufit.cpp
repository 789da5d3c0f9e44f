// Cpufit through its public C interface, from a shared library that the user built of github.com/gpufit/Gpufit.

#include "bench/solvers/cpufit_call.hpp"
#include "bench/solvers/solver.hpp"
#include "bench/support/clock.hpp"

#include <cstdio>
#include <dlfcn.h>
#include <stdexcept>

namespace warpfit::bench {

namespace {

Fits fit(CpufitCall cpufit, Problem const& problem, double& seconds)
{
    auto const num_fits = static_cast<std::size_t>(problem.num_fits);
    std::vector<float> data = problem.data;
    std::vector<float> start(problem.start.begin(), problem.start.end());
    std::vector<float> parameters(start.size()), chisq(num_fits);
    std::vector<int> states(num_fits), iterations(num_fits);
    std::vector<int> free(static_cast<std::size_t>(problem.num_parameters), 1);
    double const begin = thread_seconds();
    int const failed =
        cpufit(num_fits, static_cast<std::size_t>(problem.num_channels), data.data(), nullptr, problem.cpufit_model,
               start.data(), static_cast<float>(problem.tolerance), 200, free.data(), 0, 0, nullptr, parameters.data(),
               states.data(), chisq.data(), iterations.data());
    seconds = thread_seconds() - begin;
    if (failed != 0) throw std::runtime_error("Cpufit refused " + problem.name);
    Fits fits;
    fits.parameters.assign(parameters.begin(), parameters.end());
    for (std::size_t i = 0; i < num_fits; ++i) {
        fits.iterations += iterations[i];
        fits.failed += states[i] != 0;
    }
    return fits;
}

}  // namespace

void append_cpufit(std::vector<Solver>& to, std::string const& library)
{
    void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) throw std::runtime_error(dlerror());
    auto const cpufit = reinterpret_cast<CpufitCall>(dlsym(handle, "cpufit"));
    if (!cpufit) throw std::runtime_error(library + " has no cpufit");
    to.push_back({"Cpufit", "", "float32", "", "built by the user: " + library.substr(library.rfind('/') + 1),
                  [cpufit](Problem const& problem, double& seconds) { return fit(cpufit, problem, seconds); }});
}

}  // namespace warpfit::bench
