// The peers' models: what a careful user of those libraries writes. Compiled with the peers' flags.

#include "bench/solvers/models.hpp"

#include <cmath>

namespace warpfit::bench {

namespace {

constexpr double inv_sqrt_2pi = 0.3989422804014327;

/// (a, c, s, b)
class Gauss1D : public PeerModel
{
  public:
    explicit Gauss1D(int num_channels)
        : num_channels_(num_channels)
    {}

    int num_parameters() const override { return 4; }

    void residuals(double const* p, double const* y, double const*, double* r) const override
    {
        double const inv = 1.0 / p[2];
        for (int i = 0; i < num_channels_; ++i) {
            double const u = (i - p[1]) * inv;
            r[i] = p[0] * std::exp(-0.5 * u * u) + p[3] - y[i];
        }
    }

    void jacobian(double const* p, double const* y, double const*, double* r, double* columns) const override
    {
        int const n = num_channels_;
        double const inv = 1.0 / p[2];
        for (int i = 0; i < n; ++i) {
            double const u = (i - p[1]) * inv;
            double const e = std::exp(-0.5 * u * u);
            double const slope = p[0] * e * u * inv;
            if (r) r[i] = p[0] * e + p[3] - y[i];
            columns[i] = e;
            columns[n + i] = slope;
            columns[2 * n + i] = slope * u;
            columns[3 * n + i] = 1.0;
        }
    }

  private:
    int num_channels_;
};

/// (a, cx, cy, s, b)
class Gauss2D : public PeerModel
{
  public:
    explicit Gauss2D(int side)
        : side_(side)
    {}

    int num_parameters() const override { return 5; }

    void residuals(double const* p, double const* y, double const*, double* r) const override
    {
        double const inv = 1.0 / p[3];
        for (int j = 0, i = 0; j < side_; ++j)
            for (int k = 0; k < side_; ++k, ++i) {
                double const u = (k - p[1]) * inv;
                double const v = (j - p[2]) * inv;
                r[i] = p[0] * std::exp(-0.5 * (u * u + v * v)) + p[4] - y[i];
            }
    }

    void jacobian(double const* p, double const* y, double const*, double* r, double* columns) const override
    {
        int const n = side_ * side_;
        double const inv = 1.0 / p[3];
        for (int j = 0, i = 0; j < side_; ++j)
            for (int k = 0; k < side_; ++k, ++i) {
                double const u = (k - p[1]) * inv;
                double const v = (j - p[2]) * inv;
                double const e = std::exp(-0.5 * (u * u + v * v));
                double const slope = p[0] * e * inv;
                if (r) r[i] = p[0] * e + p[4] - y[i];
                columns[i] = e;
                columns[n + i] = slope * u;
                columns[2 * n + i] = slope * v;
                columns[3 * n + i] = slope * (u * u + v * v);
                columns[4 * n + i] = 1.0;
            }
    }

  private:
    int side_;
};

/// (A, r, 3 x (area, sigma, centre)); log(x) is tabulated, as in warpfit.
class PowerLawThreeGaussians : public PeerModel
{
  public:
    explicit PowerLawThreeGaussians(std::vector<double> const& x)
        : x_(x)
    {
        for (double const v : x) log_x_.push_back(std::log(v));
    }

    int num_parameters() const override { return 11; }

    void residuals(double const* p, double const* y, double const* weight, double* r) const override
    {
        double inv[3], height[3];
        for (int k = 0; k < 3; ++k) {
            inv[k] = 1.0 / p[3 + 3 * k];
            height[k] = p[2 + 3 * k] * inv_sqrt_2pi * inv[k];
        }
        for (std::size_t i = 0; i < x_.size(); ++i) {
            double f = p[0] * std::exp(-p[1] * log_x_[i]);
            for (int k = 0; k < 3; ++k) {
                double const u = (x_[i] - p[4 + 3 * k]) * inv[k];
                f += height[k] * std::exp(-0.5 * u * u);
            }
            r[i] = (f - y[i]) * weight[i];
        }
    }

    void jacobian(double const* p, double const* y, double const* weight, double* r, double* columns) const override
    {
        std::size_t const n = x_.size();
        double inv[3];
        for (int k = 0; k < 3; ++k) inv[k] = 1.0 / p[3 + 3 * k];
        for (std::size_t i = 0; i < n; ++i) {
            double const w = weight[i];
            double const power = std::exp(-p[1] * log_x_[i]);
            double f = p[0] * power;
            columns[i] = power * w;
            columns[n + i] = -f * log_x_[i] * w;
            for (int k = 0; k < 3; ++k) {
                double const u = (x_[i] - p[4 + 3 * k]) * inv[k];
                double const shape = inv_sqrt_2pi * inv[k] * std::exp(-0.5 * u * u);
                double const peak = p[2 + 3 * k] * shape;
                double const slope = peak * inv[k] * w;
                double* const column = columns + static_cast<std::size_t>(2 + 3 * k) * n + i;
                column[0] = shape * w;
                column[n] = slope * (u * u - 1.0);
                column[2 * n] = slope * u;
                f += peak;
            }
            if (r) r[i] = (f - y[i]) * w;
        }
    }

  private:
    std::vector<double> x_, log_x_;
};

}  // namespace

std::shared_ptr<PeerModel const> gauss1d_model(int num_channels)
{
    return std::make_shared<Gauss1D>(num_channels);
}
std::shared_ptr<PeerModel const> gauss2d_model(int side)
{
    return std::make_shared<Gauss2D>(side);
}
std::shared_ptr<PeerModel const> power_law_three_gaussians_model(std::vector<double> const& x)
{
    return std::make_shared<PowerLawThreeGaussians>(x);
}

}  // namespace warpfit::bench
