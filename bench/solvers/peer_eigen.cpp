#include "bench/solvers/solver.hpp"
#include "bench/support/clock.hpp"

#include <Eigen/Dense>
#include <unsupported/Eigen/LevenbergMarquardt>

namespace warpfit::bench {

namespace {

struct Functor : Eigen::DenseFunctor<double>
{
    Functor(Problem const& problem, int fit)
        : DenseFunctor(problem.num_parameters, problem.num_channels)
        , model(problem.model.get())
        , y(problem.y_of(fit))
        , weight(problem.weight_of(fit))
    {}
    int operator()(InputType const& p, ValueType& r) const
    {
        model->residuals(p.data(), y, weight, r.data());
        return 0;
    }
    int df(InputType const& p, JacobianType& jacobian) const
    {
        model->jacobian(p.data(), y, weight, nullptr, jacobian.data());
        return 0;
    }

    PeerModel const* model;
    double const* y;
    double const* weight;
};

Fits fit(Problem const& problem, double& seconds)
{
    Fits fits;
    fits.parameters = problem.start;
    double const begin = thread_seconds();
    for (int i = 0; i < problem.num_fits; ++i) {
        Functor functor(problem, i);
        Eigen::LevenbergMarquardt<Functor> lm(functor);
        lm.setFtol(problem.tolerance);
        lm.setXtol(1e-15);
        lm.setGtol(0.0);
        lm.setMaxfev(400);
        Eigen::Map<Eigen::VectorXd> stored(
            &fits.parameters[static_cast<std::size_t>(i) * static_cast<std::size_t>(problem.num_parameters)],
            problem.num_parameters);
        Eigen::VectorXd p = stored;
        int const status = lm.minimize(p);
        fits.iterations += lm.nfev() - 1;
        fits.failed += !(status >= 1 && status <= 4);
        stored = p;
    }
    seconds = thread_seconds() - begin;
    return fits;
}

}  // namespace

void append_eigen(std::vector<Solver>& to)
{
    to.push_back({"Eigen unsupported LM", "", "float64", "", BENCH_PEER_FLAGS, fit});
}

}  // namespace warpfit::bench
