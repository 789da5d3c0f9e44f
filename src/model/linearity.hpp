#pragma once

#include "warpfit/model.hpp"

#include <functional>
#include <string>

namespace warpfit {

/// Whether the active components are proved linear, jointly in all free parameters and through twins. `is_free` is
/// asked for parameters of active components that are no twins; the others are numbers.
bool is_linear_model(Model const& model, std::function<bool(std::string const& path)> const& is_free);

/// A component that some pixel may use.
bool may_be_active(Component const& component);

}  // namespace warpfit
