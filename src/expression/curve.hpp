#pragma once

#include "kernels/program/expression_code.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace warpfit::expression {

/// A function of one number that a formula may call: given by values, or, where it is called with x alone, by code.
class Curve
{
  public:
    /// Through values at first, first + step, ...; 0 outside. degree 3: a cubic spline with not-a-knot ends, needs four
    /// values; degree 1: straight lines, needs two. Throws InvalidArgument.
    static std::shared_ptr<Curve const> sampled(std::string name, double first, double step,
                                                std::span<double const> values, int degree);
    /// Called once a channel, on the host.
    static std::shared_ptr<Curve const> exact(std::string name, std::function<double(double x)> function);

    std::string const& name() const noexcept { return name_; }
    bool is_exact() const noexcept { return function_ != nullptr; }
    /// op: curve, curve_slope, curve_curvature; an exact one has its value alone.
    double at(program::OpCode op, double u) const;
    program::Curve view() const;  ///< valid while *this lives

  private:
    std::string name_;
    std::function<double(double)> function_;
    double first_ = 0.0;
    double step_ = 1.0;
    int degree_ = 3;
    int num_intervals_ = 0;
    std::vector<double> coefficients_;
};

}  // namespace warpfit::expression
