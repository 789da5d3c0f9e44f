#pragma once

#include "src/model/fit_plan.hpp"

#include <span>
#include <string>
#include <vector>

namespace warpfit {

struct PeakShape;

/// Start values from the data, pixel by pixel, for the components that have an estimator: the peaks of peak_shapes.hpp,
/// PowerLaw, Exponential, Offset, Polynomial, intensities of EELSCLEdge; of images Gaussian2D, Lorentzian2D, Disk2D,
/// Offset, Plane, Polynomial2D.
///
/// Backgrounds come first, from the level where nothing stands out; then each peak from what is left over, tallest
/// first, inside the bounds of its centre. A model of one component alone uses HyperSpy's formulas (moments, two
/// areas). A strength that a height was given for follows the estimated width. A pure function of the pixel's data.
class StartEstimator
{
  public:
    /// keeps [num_slots]: 1 where the slot's value was given by somebody, is fixed or a twin, and stays.
    StartEstimator(FitPlan const& plan, std::vector<unsigned char> keeps);

    /// Whether any parameter would change.
    bool has_work() const { return has_work_; }

    /// data [num_channels] of the used channels; slots [num_slots]: start values by slot, replaced where estimated.
    /// gain: what a convolution multiplies its terms by, about; their shapes are taken as they show in the data.
    void estimate(std::span<double const> data, std::span<double> slots, double gain = 1.0) const;

  private:
    struct Peak
    {
        int term;
        PeakShape const* shape;
    };
    void background(int t, std::vector<double> const& y, std::span<double> slots) const;
    void peak(Peak const& peak, std::vector<double>& left, std::span<double> slots) const;
    void moments(Peak const& peak, std::vector<double> const& y, std::span<double> slots) const;
    bool skewed(Peak const& peak, double mean, double variance, double third, std::vector<double> const& y,
                std::span<double> slots) const;
    void shape(Peak const& peak, double top, double fwhm, double height, std::span<double> slots) const;
    void edges(std::vector<double>& left, std::span<double> slots) const;
    std::vector<double> values_of(int t, std::span<double const> slots) const;
    void level(int t, std::vector<double> const& y, std::span<double> slots) const;
    void spot(int t, std::vector<double>& left, std::span<double> slots) const;
    void set(program::Term const& term, int slot, double value, std::span<double> slots) const;
    double within_bounds(int slot, double value) const;
    void subtract(int t, std::vector<double>& left, std::span<double const> slots) const;
    void follow(program::Term const& term, std::span<double> slots) const;
    std::string const& type(int t) const { return types_[static_cast<std::size_t>(t)]; }
    bool keeps(program::Term const& term, int slot) const
    {
        return keeps_[static_cast<std::size_t>(term.first_slot + slot)] != 0;
    }

    program::Plan const plan_;
    std::vector<std::string> const& types_;  ///< [num_terms]
    std::vector<FitPlan::Given> const& given_;
    std::vector<unsigned char> keeps_;
    std::vector<int> backgrounds_;  ///< terms
    std::vector<Peak> peaks_;
    std::vector<int> edges_;  ///< terms
    std::vector<int> spots_;  ///< terms: peaks of images
    bool alone_ = false;
    bool has_work_ = false;
};

/// What a convolution makes of a broad component, about: the sum of the low loss; 1 where that is no positive number.
double convolution_gain(std::span<double const> low_loss);

/// Those of all stored channels that take part.
std::vector<double> used_values(FitPlan const& plan, std::span<double const> stored);

}  // namespace warpfit
