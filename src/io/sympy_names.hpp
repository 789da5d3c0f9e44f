#pragma once

#include <string_view>

namespace warpfit::io {

/// Whether HyperSpy (through SymPy) cannot take `name` as a parameter of an Expression: a function, constant or
/// keyword.
bool is_sympy_name(std::string_view name);

}  // namespace warpfit::io
