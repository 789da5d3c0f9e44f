#pragma once

#include "warpfit/fit.hpp"
#include "warpfit/model.hpp"

#include <string>

namespace warpfit::cli {

/// What a person reads after a fit: size, engine, pixels per status with advice, chi2, bounds, a table of parameters.
std::string summary_text(FitResult const& result, Model const& model);

/// Share of the pixels, masked ones left out, that did not converge. What --max-bad limits.
double share_failed(FitResult const& result);

/// Navigation indices "3,4" of a flat position; "0" without navigation axes.
std::string pixel_text(std::size_t pixel, std::vector<std::size_t> const& shape);

}  // namespace warpfit::cli
