#include "bench/solvers/solver.hpp"
#include "bench/support/clock.hpp"

#include <algorithm>
#include <ceres/tiny_solver.h>

namespace warpfit::bench {

namespace {

template<int P>
struct Cost
{
    using Scalar = double;
    enum { NUM_RESIDUALS = Eigen::Dynamic, NUM_PARAMETERS = P };

    Problem const* problem;
    int fit;

    int NumResiduals() const { return problem->num_channels; }
    bool operator()(double const* p, double* r, double* jacobian) const
    {
        if (jacobian)
            problem->model->jacobian(p, problem->y_of(fit), problem->weight_of(fit), r, jacobian);
        else
            problem->model->residuals(p, problem->y_of(fit), problem->weight_of(fit), r);
        return true;
    }
};

template<int P>
Fits fit(Problem const& problem, double& seconds)
{
    Fits fits;
    fits.parameters = problem.start;
    ceres::TinySolver<Cost<P>> solver;
    solver.options.max_num_iterations = 400;
    solver.options.gradient_tolerance = 1e-300;
    solver.options.parameter_tolerance = 1e-300;
    solver.options.cost_threshold = 0.0;
    solver.options.function_tolerance = problem.tolerance;
    double const begin = thread_seconds();
    for (int i = 0; i < problem.num_fits; ++i) {
        Cost<P> const cost{&problem, i};
        Eigen::Map<Eigen::Matrix<double, P, 1>> stored(&fits.parameters[static_cast<std::size_t>(i) * P]);
        Eigen::Matrix<double, P, 1> p = stored;
        auto const& summary = solver.Solve(cost, &p);
        fits.iterations += summary.iterations;
        fits.failed += summary.status == ceres::TinySolver<Cost<P>>::HIT_MAX_ITERATIONS;
        stored = p;
    }
    seconds = thread_seconds() - begin;
    return fits;
}

}  // namespace

void append_ceres(std::vector<Solver>& to, int num_parameters)
{
    auto const run = num_parameters == 4 ? fit<4> : num_parameters == 5 ? fit<5> : fit<11>;
    to.push_back({"Ceres TinySolver", "", "float64", "", BENCH_PEER_FLAGS, run});
}

}  // namespace warpfit::bench
