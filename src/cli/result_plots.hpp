#pragma once

#include "src/cli/plot/figure.hpp"
#include "warpfit/fit.hpp"
#include "warpfit/model.hpp"
#include "warpfit/signal.hpp"

#include <string>
#include <vector>

namespace warpfit::cli {

/// Where images go and in what format.
struct PlotTarget
{
    std::string directory;
    plot::Format format = plot::Format::png;

    std::string path(std::string const& stem) const;
};

/// Maps (lines for one navigation axis) of every free parameter and its standard error, of chi2 and status.
/// Returns the paths; none for a single pixel.
std::vector<std::string> plot_maps(Signal const& signal, Model const& model, FitResult const& result,
                                   PlotTarget const& target);

/// Data, model, components and residual of one pixel; `caption` goes under the title.
std::string plot_pixel(Signal const& signal, DataOptions const& data, std::size_t pixel, Model const* model,
                       std::string const& title, std::string const& caption, PlotTarget const& target);

/// The contact sheet: mean spectrum with components (2D: the first fitted image) and up to six parameter maps.
std::string plot_overview(Signal const& signal, DataOptions const& data, Model const& model, FitResult const& result,
                          PlotTarget const& target);

}  // namespace warpfit::cli
