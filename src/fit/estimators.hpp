#pragma once

#include "src/model/fit_plan.hpp"

#include <span>
#include <vector>

namespace warpfit {

/// Start values from the data, pixel by pixel, for the components that have an estimator: Gaussian, GaussianHF,
/// Lorentzian, PowerLaw, Exponential, Offset, Polynomial.
///
/// Backgrounds come first, from the level where nothing stands out; then each peak from what is left over, tallest
/// first, inside the bounds of its centre. A model of one component alone uses HyperSpy's formulas (moments, two
/// areas). A pure function of the pixel's data.
class StartEstimator
{
  public:
    /// keeps [num_slots]: 1 where the slot's value was given by somebody, is fixed or a twin, and stays.
    StartEstimator(program::Plan const& plan, std::vector<unsigned char> keeps);

    /// Whether any parameter would change.
    bool has_work() const { return has_work_; }

    /// data [num_channels] of the used channels; slots [num_slots]: start values by slot, replaced where estimated.
    /// gain: what a convolution multiplies its terms by, about; their shapes are taken as they show in the data.
    void estimate(std::span<double const> data, std::span<double> slots, double gain = 1.0) const;

  private:
    void background(program::Term const& term, std::vector<double> const& y, std::span<double> slots) const;
    void peak(program::Term const& term, std::vector<double>& left, std::span<double> slots) const;
    void moments(program::Term const& term, std::vector<double> const& y, std::span<double> slots) const;
    void set(program::Term const& term, int slot, double value, std::span<double> slots) const;
    void subtract(program::Term const& term, std::vector<double>& left, std::span<double const> slots) const;
    bool keeps(program::Term const& term, int slot) const
    {
        return keeps_[static_cast<std::size_t>(term.first_slot + slot)] != 0;
    }

    program::Plan const& plan_;
    std::vector<unsigned char> keeps_;
    std::vector<int> backgrounds_;  ///< terms
    std::vector<int> peaks_;
    bool alone_ = false;
    bool has_work_ = false;
};

}  // namespace warpfit
