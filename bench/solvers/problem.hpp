#pragma once

#include <memory>
#include <string>
#include <vector>

namespace warpfit::bench {

/// The model as the peers see it: plain scalar code, value and gradient in one loop where both are wanted.
/// Compiled with the peers' flags.
class PeerModel
{
  public:
    virtual ~PeerModel() = default;
    virtual int num_parameters() const = 0;
    /// r[i] = (f(x_i; p) - y_i) weight_i. weight null: 1.
    virtual void residuals(double const* p, double const* y, double const* weight, double* r) const = 0;
    /// Also the Jacobian of r, column-major [num_channels, num_parameters]; r may be null.
    virtual void jacobian(double const* p, double const* y, double const* weight, double* r, double* columns) const = 0;
};

struct Fits;

/// Many fits of one model with data, starts and stop rule that every solver shares.
struct Problem
{
    std::string name;
    std::shared_ptr<PeerModel const> model;
    int num_fits = 0;
    int num_channels = 0;
    int num_parameters = 0;
    int side = 0;                 ///< 2D: pixels along x and y; 0: 1D
    double tolerance = 0.0;       ///< relative change of chi2
    int cpufit_model = -1;        ///< Cpufit's number for this model and these parameters; -1: none
    bool bounded = false;         ///< bounds below hold for warpfit alone: the peers have none
    std::vector<double> x;        ///< [num_channels]; empty: 0, 1, ...
    std::vector<float> data;      ///< [num_fits, num_channels] as warpfit and Cpufit read them
    std::vector<float> variance;  ///< like data; empty: unweighted
    std::vector<double> start;    ///< [num_fits, num_parameters], float-rounded
    // For the peers in double, the same numbers.
    std::vector<double> y;
    std::vector<double> weight;  ///< 1 / sqrt(variance); empty: unweighted
    std::vector<double> bmin;    ///< [num_parameters]
    std::vector<double> bmax;

    double const* y_of(int fit) const;
    double const* weight_of(int fit) const;  ///< null: unweighted
    /// chi2 of a fit in double, at parameters as the peers define them.
    double chisq(int fit, double const* parameters) const;
};

/// What a solver returns.
struct Fits
{
    std::vector<double> parameters;  ///< [num_fits, num_parameters], as the peers define them
    long iterations = 0;             ///< summed over the fits, the solver's own count
    int failed = 0;                  ///< fits that the solver itself calls not converged
};

/// a exp(-(x-c)^2 / (2 s^2)) + b on 0, 1, ...; white noise; starts within 10 %, centre within s/2.
Problem make_gauss1d(int num_fits, int num_channels);
/// The same with one width in 2D, as in the example of Gpufit (side 5: s = 1; else s = side / 5).
Problem make_gauss2d(int num_fits, int side);
/// A x^-r + 3 Gaussians by area, 11 free, Poisson counts, weighted, with bounds.
Problem make_power_law_three_gaussians(int num_fits, int num_channels);

}  // namespace warpfit::bench
