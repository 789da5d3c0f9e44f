#pragma once

#include "kernels/estimate/plan.hpp"
#include "src/model/fit_plan.hpp"

#include <memory>
#include <vector>

namespace warpfit {

/// Start values from the data, pixel by pixel, for the components that have an estimator: the peaks of peak_shape.hpp,
/// PowerLaw, Exponential, Offset, Polynomial, intensities of EELSCLEdge; of images Gaussian2D, Lorentzian2D, Disk2D,
/// GaussianRing2D, Offset, Plane, Polynomial2D. This is what is decided once for all pixels; kernels/estimate/ does
/// each.
///
/// Backgrounds come first, from the level where nothing stands out; then each peak from what is left over, tallest
/// first, inside the bounds of its centre. A model of one component alone uses HyperSpy's formulas (moments, two
/// areas). A strength that a height was given for follows the estimated width. A pure function of the pixel's data.
class StartEstimator
{
  public:
    /// keeps [num_slots]: 1 where the slot's value was given by somebody, is fixed or a twin, and stays. The plan must
    /// outlive this.
    StartEstimator(FitPlan const& plan, std::vector<unsigned char> keeps);
    StartEstimator(StartEstimator const&) = delete;
    StartEstimator& operator=(StartEstimator const&) = delete;

    /// Whether any parameter would change.
    bool has_work() const { return has_work_; }

    /// Valid while this lives.
    estimate::Plan const& view() const { return view_; }

  private:
    void find_subjects();
    void tabulate(program::Term& term);

    FitPlan const& plan_;
    std::vector<unsigned char> keeps_;
    std::vector<program::Term> terms_;
    std::vector<double> tables_;  ///< [num_tables, num_channels]; empty: the plan's
    std::vector<program::ExpressionCode> codes_;
    std::vector<estimate::Subject> backgrounds_, edges_, peaks_, spots_;
    std::vector<estimate::Given> given_;
    estimate::Plan view_{};
    bool has_work_ = false;
};

/// Whether a map gives every pixel a value.
bool is_whole(std::vector<double> const& map);

}  // namespace warpfit
