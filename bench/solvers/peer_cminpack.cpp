#include "bench/solvers/solver.hpp"
#include "bench/support/clock.hpp"

#include <cminpack-1/cminpack.h>

namespace warpfit::bench {

namespace {

struct Context
{
    PeerModel const* model;
    double const* y;
    double const* weight;
};

int evaluate(void* context, int, int, double const* p, double* r, double* jacobian, int, int wanted)
{
    auto const& c = *static_cast<Context*>(context);
    if (wanted == 1) c.model->residuals(p, c.y, c.weight, r);
    if (wanted == 2) c.model->jacobian(p, c.y, c.weight, nullptr, jacobian);
    return 0;
}

Fits fit(Problem const& problem, double& seconds)
{
    int const m = problem.num_channels;
    int const n = problem.num_parameters;
    auto const channels = static_cast<std::size_t>(m);
    auto const parameters = static_cast<std::size_t>(n);
    Fits fits;
    fits.parameters = problem.start;
    std::vector<double> r(channels), jacobian(channels * parameters), last(channels);
    std::vector<double> diag(parameters), qtf(parameters), a(parameters), b(parameters), c(parameters);
    std::vector<int> pivots(parameters);
    double const begin = thread_seconds();
    for (int i = 0; i < problem.num_fits; ++i) {
        Context context{problem.model.get(), problem.y_of(i), problem.weight_of(i)};
        int evaluations = 0;
        int gradients = 0;
        int const info =
            lmder(evaluate, &context, m, n, &fits.parameters[static_cast<std::size_t>(i) * parameters], r.data(),
                  jacobian.data(), m, problem.tolerance, 1e-15, 0.0, 400, diag.data(), 1, 100.0, 0, &evaluations,
                  &gradients, pivots.data(), qtf.data(), a.data(), b.data(), c.data(), last.data());
        fits.iterations += evaluations - 1;
        fits.failed += !(info >= 1 && info <= 4);
    }
    seconds = thread_seconds() - begin;
    return fits;
}

}  // namespace

void append_cminpack(std::vector<Solver>& to)
{
    to.push_back({"cminpack lmder", "", "float64", "", "library as installed; callbacks " BENCH_PEER_FLAGS, fit});
}

}  // namespace warpfit::bench
