#pragma once

#include "warpfit/parameter.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace warpfit {

/// A component of kernels/components/builtins.hpp as run-time data.
struct Builtin
{
    int index;  ///< position in the list: program::Term::component
    std::string type;
    std::string expression;  ///< of a Polynomial: of order 2
    int dimension;
    std::string position;  ///< parameter that places it along x; empty: none
    std::string position_y;
    bool has_run_time_slots;  ///< Polynomial: `order` says how many
    bool convolved;           ///< with the low loss, where the data have one, unless told otherwise
    std::vector<Parameter> parameters;

    std::vector<int> hoist_slots;  ///< slots that must be fixed everywhere for the hoisted form
    int num_tables = 0;            ///< 0: no hoisted form
    void (*tabulate)(double x, double const* p, double* out) = nullptr;  ///< out[num_tables] for one channel
};

/// Every builtin, in the order of the list.
std::vector<Builtin> const& builtins();

/// Null where type is none of them.
Builtin const* find_builtin(std::string_view type);

inline constexpr int default_order = 2;
int max_order() noexcept;

/// a0..aN, zero-padded from order 10 on, as HyperSpy names them.
std::vector<std::string> polynomial_names(int order);
/// "a0 + a1*x + a2*x**2"
std::string polynomial_formula(int order);

}  // namespace warpfit
