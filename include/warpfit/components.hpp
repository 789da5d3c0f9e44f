#pragma once

#include "warpfit/parameter.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace warpfit {

/// What a component type declares of a parameter.
struct ParameterInfo
{
    std::string name;
    std::string units;  ///< of the unit of the axis "x" and the signal "y": "y x"
    double value;
    Bounds bounds;
    bool free;
    bool linear;  ///< the component is linear in it, proved from the formula
};

/// A quantity that follows from a component's parameters: fwhm, height, ...
struct DerivedInfo
{
    std::string name;
    std::string units;       ///< as ParameterInfo's
    std::string expression;  ///< in the parameters
    std::string sets;        ///< the parameter that Component::set_derived() moves; empty: it cannot be set
    std::string inverse;     ///< value of that one, in `name` and the other parameters
};

/// One entry of the component list.
struct ComponentInfo
{
    std::string type;        ///< HyperSpy's class name
    std::string expression;  ///< formula in x (and y), the parameters and numbers
    int dimension;           ///< 1 or 2
    std::vector<ParameterInfo> parameters;
    bool has_estimator;
    std::string note;  ///< options of the constructor and caveats; may be empty
    std::vector<DerivedInfo> derived{};
};

/// Every component type, in alphabetical order. Expression is listed without parameters.
std::vector<ComponentInfo> const& component_types();

/// Throws InvalidArgument naming the closest type.
ComponentInfo const& component_type(std::string_view type);

}  // namespace warpfit
