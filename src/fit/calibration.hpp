#pragma once

#include "warpfit/device.hpp"

#include <string>

namespace warpfit {

/// A calibration of this machine as the text of its file.
std::string calibration_text(Calibration const& calibration);

/// The other way; `where` names the file in remarks. Never throws for what the text holds: see stored_calibration().
Calibration read_calibration(std::string const& text, std::string const& where);

}  // namespace warpfit
