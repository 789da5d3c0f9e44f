#pragma once

#include "warpfit/components.hpp"
#include "warpfit/parameter.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace warpfit {

/// A component of kernels/components/{builtins,formulas}.hpp as run-time data.
struct Builtin
{
    int index = -1;  ///< position among Builtins: program::Term::component; -1: its formula is compiled
    std::string type;
    std::string expression;  ///< of a Polynomial: of order 2
    int dimension = 1;
    std::string position;  ///< parameter that places it along x; empty: none
    std::string position_y;
    bool is_round = false;            ///< turning it about its centre changes nothing
    std::string cumulative;           ///< parameter that the sum beyond is multiplied with; empty: none
    std::string curve;                ///< function that its formula calls and its options give; empty: none
    bool has_run_time_slots = false;  ///< Polynomial, Polynomial2D: `order` says how many
    bool convolved = true;            ///< with the low loss, where the data have one, unless told otherwise
    std::vector<Parameter> parameters;
    std::vector<DerivedInfo> derived;

    int max_order() const;
    /// With run-time slots, for this order: the parameters (Polynomial: a0..aN, zero-padded from order 10 on, as
    /// HyperSpy names them) and "a0 + a1*x + a2*x**2".
    std::vector<std::string> names(int order) const;
    std::string formula(int order) const;

    std::vector<int> hoist_slots;  ///< slots that must be fixed everywhere for the hoisted form
    int num_tables = 0;            ///< 0: no hoisted form
    void (*tabulate)(double x, double const* p, double* out) = nullptr;  ///< out[num_tables] for one channel
};

/// Every builtin, in the order of the lists.
std::vector<Builtin> const& builtins();

/// Null where type is none of them.
Builtin const* find_builtin(std::string_view type);

inline constexpr int default_order = 2;

}  // namespace warpfit
