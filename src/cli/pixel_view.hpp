#pragma once

#include "src/cli/plot/image_plot.hpp"
#include "src/cli/plot/spectrum_plot.hpp"
#include "warpfit/fit.hpp"
#include "warpfit/model.hpp"
#include "warpfit/signal.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace warpfit::cli {

/// The model with the values that pixel `pixel` of the result ended with. Not for pixels without values.
Model model_at(Model const& model, FitResult const& result, std::size_t pixel);

/// The model and its active components in every channel of the signal, as the data hold it: convolved with the pixel's
/// low loss where the signal has one, times the width of the channels where it is binned.
class ModelCurves
{
  public:
    ModelCurves(Signal const& signal, DataOptions const& data);

    std::vector<double> model(Model const& model, std::size_t pixel) const;
    std::vector<double> component(Model const& model, std::string const& name, std::size_t pixel) const;

  private:
    std::vector<double> scaled(std::vector<double> values) const;

    Signal const& signal_;
    std::vector<double> width_;  ///< empty: not binned
    std::vector<unsigned char> used_;
};

/// Whether each channel takes part, by range and exclude (1D) or the channel mask.
std::vector<bool> fitted_channels(Signal const& signal, DataOptions const& data);

/// Variance of one pixel as the options say; empty: unweighted. resolve_variance has been called.
std::vector<double> variance_of_pixel(Signal const& signal, DataOptions const& data, std::size_t pixel);

/// One pixel with the curves of `model`; null: data only.
plot::SpectrumPlot spectrum_view(Signal const& signal, DataOptions const& data, std::size_t pixel, Model const* model);
plot::ImagePlot image_view(Signal const& signal, DataOptions const& data, std::size_t pixel, Model const* model);

/// Mean of data, model and components over the pixels with values, at most max_pixels of them, evenly spread.
plot::SpectrumPlot mean_view(Signal const& signal, DataOptions const& data, Model const& model, FitResult const& result,
                             std::size_t max_pixels);

}  // namespace warpfit::cli
