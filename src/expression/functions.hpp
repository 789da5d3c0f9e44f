#pragma once

#include "src/expression/graph.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace warpfit::expression {

/// A function that formulas may call. Several names may mean the same.
struct Function
{
    std::string_view name;
    int min_arity;
    int max_arity;  ///< -1: any number
    Id (*build)(Graph& graph, std::span<Id const> args);
    bool is_also_a_name = false;  ///< where no '(' follows it is a parameter: gamma of a Voigt
    bool is_of_real = false;      ///< its arguments may not hold the imaginary unit, even inside of wofz()
};

/// nullptr if there is none.
Function const* find_function(std::string_view name);
std::vector<std::string> function_names();

/// The name under which formulas write an operator of the tree; empty where it has a sign of its own.
std::string_view name_of(OpCode op);

}  // namespace warpfit::expression
