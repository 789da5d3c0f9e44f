#pragma once

#include "warpfit/fit.hpp"
#include "warpfit/model.hpp"

#include <string>

namespace warpfit::cli {

/// What a person reads after a fit: size, engine, pixels per status with advice, chi2, bounds, a table of parameters.
/// weighted: chi2 counts in variances, so that its size tells how good a fit is.
std::string summary_text(FitResult const& result, Model const& model, bool weighted);

/// Whether a fit of signal is, as the options say.
bool is_weighted(Signal const& signal, DataOptions const& data);

/// Share of the pixels, masked ones left out, that did not converge. What --max-bad limits.
double share_failed(FitResult const& result);

/// Navigation indices "3,4" of a flat position; "0" without navigation axes.
std::string pixel_text(std::size_t pixel, std::vector<std::size_t> const& shape);

}  // namespace warpfit::cli
