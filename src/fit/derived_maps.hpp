#pragma once

#include "src/model/fit_plan.hpp"

#include <cstddef>
#include <vector>

namespace warpfit {

/// What a parameter's error comes to times a slope. One that does not matter, of slope 0, adds nothing where the error
/// is infinite.
inline double error_part(double slope, double error)
{
    return slope == 0.0 || error == 0.0 ? 0.0 : slope * error;
}

/// fwhm, height and their like in every pixel, with errors propagated from the parameters' errors and correlations.
class DerivedMaps
{
  public:
    DerivedMaps(FitPlan const& plan, std::size_t num_pixels);

    /// Room for what one thread needs.
    struct Scratch
    {
        std::vector<double> registers, by_root;
    };
    Scratch scratch() const;

    /// values, factors, targets: program::evaluate_slots() of the pixel; errors [num_free], correlations [num_pairs].
    void set(std::size_t pixel, unsigned long long active, double const* values, double const* factors,
             int const* targets, double const* errors, double const* correlations, Scratch& scratch);

    std::vector<ParameterMap> take() { return std::move(maps_); }

  private:
    double error_of(program::ExpressionCode const& code, int first_slot, double const* factors, int const* targets,
                    double const* errors, double const* correlations, Scratch& scratch) const;

    FitPlan const& plan_;
    std::vector<program::ExpressionCode> codes_;
    std::vector<ParameterMap> maps_;
};

}  // namespace warpfit
