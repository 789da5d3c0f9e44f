#include "bench/solvers/own_model.hpp"

namespace warpfit::bench {

OwnModel gauss1d()
{
    OwnModel own;
    own.model.append("GaussianHF");
    own.model.append("Offset");
    own.paths = {"GaussianHF.height", "GaussianHF.centre", "GaussianHF.fwhm", "Offset.offset"};
    return own;
}

OwnModel gauss2d()
{
    OwnModel own;
    own.model.append("Gaussian2D");
    own.model.set_twin({"Gaussian2D.sigma_y", "Gaussian2D.sigma_x", "", ""});
    own.paths = {"Gaussian2D.A", "Gaussian2D.centre_x", "Gaussian2D.centre_y", "Gaussian2D.sigma_x", "Offset.offset"};
    own.with_offset = true;
    return own;
}

OwnModel gauss2d_expression()
{
    OwnModel own;
    own.model.append(Component::expression("A/(2*pi*s**2)*exp(-((x-cx)**2+(y-cy)**2)/(2*s**2)) + b", "peak",
                                           {{"A", 1.0}, {"s", 1.0}, {"cx", 0.0}, {"cy", 0.0}, {"b", 0.0}}));
    own.paths = {"peak.A", "peak.cx", "peak.cy", "peak.s", "peak.b"};
    return own;
}

OwnModel power_law_three_gaussians(Problem const& problem)
{
    OwnModel own;
    own.model.append("PowerLaw");
    own.paths = {"PowerLaw.A", "PowerLaw.r"};
    for (std::string const name : {"first", "second", "third"}) {
        own.model.append("Gaussian", name);
        for (std::string const parameter : {".A", ".sigma", ".centre"}) own.paths.push_back(name + parameter);
    }
    for (std::size_t i = 0; i < own.paths.size(); ++i)
        own.model.parameter(own.paths[i]).set_bounds({problem.bmin[i], problem.bmax[i]});
    return own;
}

void convert(Problem const& problem, double* p, bool to_own)
{
    constexpr double fwhm_per_sigma = 2.3548200450309493;
    constexpr double two_pi = 6.283185307179586;
    double const width = to_own ? fwhm_per_sigma : 1.0 / fwhm_per_sigma;
    if (problem.side > 0)
        p[0] *= to_own ? two_pi * p[3] * p[3] : 1.0 / (two_pi * p[3] * p[3]);
    else if (!problem.bounded)
        p[2] *= width;
}

std::vector<Axis> signal_axes(Problem const& problem)
{
    Axis x;
    x.size = static_cast<std::size_t>(problem.side > 0 ? problem.side : problem.num_channels);
    if (!problem.x.empty()) {
        x.offset = problem.x[0];
        x.scale = problem.x[1] - problem.x[0];
    }
    return std::vector<Axis>(problem.side > 0 ? 2 : 1, x);
}

}  // namespace warpfit::bench
