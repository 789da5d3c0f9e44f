#include "bench/solvers/problem.hpp"

#include "bench/solvers/models.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace warpfit::bench {

namespace {

constexpr double no_bound = HUGE_VAL;
constexpr double noise = 17.05;  // 0.0341 of an amplitude of 500: Gpufit's example

/// Every solver sees exactly the float-rounded numbers.
void round_to_float(Problem& problem)
{
    for (double& v : problem.start) v = static_cast<float>(v);
    problem.y.assign(problem.data.begin(), problem.data.end());
    for (float const v : problem.variance) problem.weight.push_back(1.0 / std::sqrt(static_cast<double>(v)));
}

Problem empty_problem(std::string name, int num_fits, int num_channels, std::shared_ptr<PeerModel const> model,
                      double tolerance)
{
    Problem problem;
    problem.name = std::move(name);
    problem.num_fits = num_fits;
    problem.num_channels = num_channels;
    problem.num_parameters = model->num_parameters();
    problem.model = std::move(model);
    problem.tolerance = tolerance;
    return problem;
}

class Random
{
  public:
    explicit Random(unsigned seed)
        : generator_(seed)
    {}
    double near(double v) { return v * (0.9 + 0.2 * unit_(generator_)); }
    double symmetric() { return unit_(generator_) - 0.5; }
    double white() { return noise * normal_(generator_); }
    double counts(double mean) { return std::poisson_distribution<int>(mean)(generator_); }

  private:
    std::mt19937 generator_;
    std::uniform_real_distribution<double> unit_{0.0, 1.0};
    std::normal_distribution<double> normal_{0.0, 1.0};
};

void append(std::vector<double>& to, std::initializer_list<double> values)
{
    to.insert(to.end(), values);
}

}  // namespace

double const* Problem::y_of(int fit) const
{
    return y.data() + static_cast<std::size_t>(fit) * static_cast<std::size_t>(num_channels);
}
double const* Problem::weight_of(int fit) const
{
    if (weight.empty()) return nullptr;
    return weight.data() + static_cast<std::size_t>(fit) * static_cast<std::size_t>(num_channels);
}
double Problem::chisq(int fit, double const* parameters) const
{
    std::vector<double> r(static_cast<std::size_t>(num_channels));
    model->residuals(parameters, y_of(fit), weight_of(fit), r.data());
    double sum = 0.0;
    for (double const v : r) sum += v * v;
    return sum;
}

Problem make_gauss1d(int num_fits, int num_channels)
{
    Problem problem = empty_problem("Gauss1D N=" + std::to_string(num_channels), num_fits, num_channels,
                                    gauss1d_model(num_channels), 1e-6);
    problem.cpufit_model = 0;
    Random random(1234u + static_cast<unsigned>(num_channels));
    for (int fit = 0; fit < num_fits; ++fit) {
        double const a = random.near(500.0);
        double const s = random.near(num_channels / 16.0);
        double const c = num_channels / 2.0 + s * random.symmetric();
        double const b = random.near(10.0);
        double const a0 = random.near(a);
        double const c0 = c + s * random.symmetric();
        double const s0 = random.near(s);
        append(problem.start, {a0, c0, s0, random.near(b)});
        for (int i = 0; i < num_channels; ++i) {
            double const u = (i - c) / s;
            problem.data.push_back(static_cast<float>(a * std::exp(-0.5 * u * u) + b + random.white()));
        }
    }
    round_to_float(problem);
    return problem;
}

Problem make_gauss2d(int num_fits, int side)
{
    std::string const size = std::to_string(side);
    // 1e-4: the stop rule of Gpufit's example.
    Problem problem = empty_problem("Gauss2D " + size + "x" + size, num_fits, side * side, gauss2d_model(side), 1e-4);
    problem.side = side;
    problem.cpufit_model = 1;
    Random random(static_cast<unsigned>(side));
    double const width = side > 5 ? side / 5.0 : 1.0;
    double const middle = side / 2.0 - 0.5;
    for (int fit = 0; fit < num_fits; ++fit) {
        double const a = random.near(500.0);
        double const cx = random.near(middle);
        double const cy = random.near(middle);
        double const s = random.near(width);
        double const b = random.near(10.0);
        double const a0 = random.near(a);
        double const cx0 = random.near(cx);
        double const cy0 = random.near(cy);
        double const s0 = random.near(s);
        append(problem.start, {a0, cx0, cy0, s0, random.near(b)});
        for (int j = 0; j < side; ++j)
            for (int k = 0; k < side; ++k) {
                double const u = (k - cx) / s;
                double const v = (j - cy) / s;
                problem.data.push_back(static_cast<float>(a * std::exp(-0.5 * (u * u + v * v)) + b + random.white()));
            }
    }
    round_to_float(problem);
    return problem;
}

Problem make_power_law_three_gaussians(int num_fits, int num_channels)
{
    std::vector<double> x(static_cast<std::size_t>(num_channels));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = 200.0 + 512.0 * static_cast<double>(i) / num_channels;
    Problem problem = empty_problem("power law + 3 Gaussians N=" + std::to_string(num_channels), num_fits, num_channels,
                                    power_law_three_gaussians_model(x), 1e-6);
    problem.x = x;
    problem.bounded = true;
    problem.bmin = {0.0, 1.0, 0.0, 2.0, 250.0, 0.0, 2.0, 400.0, 0.0, 2.0, 550.0};
    problem.bmax = {no_bound, 5.0, no_bound, 40.0, 350.0, no_bound, 40.0, 480.0, no_bound, 40.0, 650.0};

    constexpr double root_2pi = 2.5066282746310002;
    constexpr double centre[3] = {300.0, 440.0, 600.0};
    constexpr double height[3] = {300.0, 200.0, 150.0};
    constexpr double sigma[3] = {10.0, 14.0, 12.0};
    Random random(7);
    std::vector<double> const zeros(x.size(), 0.0);
    std::vector<double> const ones(x.size(), 1.0);
    std::vector<double> mean(x.size());
    for (int fit = 0; fit < num_fits; ++fit) {
        double t[11];
        t[1] = 3.0 + 0.1 * random.symmetric();
        t[0] = random.near(1000.0) * std::pow(200.0, 3.0);
        for (int k = 0; k < 3; ++k) {
            t[3 + 3 * k] = random.near(sigma[k]);
            t[2 + 3 * k] = random.near(height[k]) * t[3 + 3 * k] * root_2pi;
            t[4 + 3 * k] = centre[k] + 0.6 * sigma[k] * random.symmetric();
        }
        problem.model->residuals(t, zeros.data(), ones.data(), mean.data());
        for (double const m : mean) {
            auto const counts = static_cast<float>(random.counts(m));
            problem.data.push_back(counts);
            problem.variance.push_back(std::max(counts, 1.0f));
        }
        append(problem.start, {random.near(t[0]), t[1]});
        for (int k = 0; k < 3; ++k) {
            append(problem.start, {random.near(t[2 + 3 * k]), random.near(t[3 + 3 * k])});
            problem.start.push_back(t[4 + 3 * k] + 0.6 * t[3 + 3 * k] * random.symmetric());
        }
    }
    round_to_float(problem);
    return problem;
}

}  // namespace warpfit::bench
