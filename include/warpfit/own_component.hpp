#pragma once

#include "warpfit/component.hpp"

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Components that warpfit does not have and that no formula describes: Component::expression() is simpler where one
/// does. A function of the program fits on the CPU; a functor in a header of its own fits on CPU and GPU:
/// warpfit_add_component(TARGET HEADER) in CMake builds it in, and functor_component() hands its text to a GPU alone.
namespace warpfit {

/// What such a component declares of a parameter.
struct OwnParameter
{
    std::string name;     ///< letters, digits and _; not x or y
    std::string units{};  ///< of the unit of the axis "x" and the signal "y": "y x"
    double value = 0.0;   ///< where a fit starts, unless told otherwise
    Bounds bounds{};
    bool free = true;
    /// The component is linear in all its parameters that say so together: what a fit makes use of. It throws
    /// InvalidArgument where it sees at its start values that this is not so.
    bool linear = false;
    bool has_gradient = false;  ///< HostFunction::evaluate writes df/dp; else it is had by differences
    /// The change of the parameter that changes the component markedly, for differences. 0: the larger of its own size
    /// and that of `value`, or 1 where both are 0. A functor has no differences.
    double scale = 0.0;
};

/// What a host function is asked for: all channels of one call at one set of parameters.
struct HostCall
{
    std::span<double const> x;           ///< [num_channels] [axis unit]
    std::span<double const> y;           ///< likewise, in two dimensions; else empty
    std::span<double const> parameters;  ///< [num_parameters] in the order in which they were declared
    std::span<double> value;             ///< [num_channels] to be written
    std::span<double* const> gradient;   ///< [num_parameters] rows df/dp [num_channels] to be written; null: not asked
};

/// A component from a function of this program, for the CPU alone.
///
/// It is called by all threads of a fit at once, with parts of the axis, in any order and more than once for the same
/// channel: it must be pointwise and safe for that. Denormal numbers are 0 while it runs. Not a number or infinite
/// means that a value is not defined: a fit rejects the step, or ends the pixel as bad_start. What it throws counts as
/// that, too, and FitResult::notes has the first message; outside a fit (Model::evaluate) it reaches the caller.
///
/// Of parameters without has_gradient the derivative is a central difference, one-sided at a bound: two more calls
/// each, good to about 1e-10 of the component's own size a `scale`; one call, and exact, where it is linear.
struct HostFunction
{
    std::string type;  ///< as a class name: "SolarCell"; no other component's
    std::vector<OwnParameter> parameters;
    std::function<void(HostCall const&)> evaluate{};
    int dimension = 1;
    bool convolved = true;  ///< with a low loss, where the data have one; Component::set_convolved() changes it
};

/// Throws InvalidArgument: a type or name that is taken or malformed, no parameters, no function.
Component host_component(HostFunction function, std::string_view name = {});

/// f or df/dp at one channel.
using ScalarFunction = std::function<double(double x, std::span<double const> parameters)>;

/// A host function from one of a single channel, with derivatives by parameter name: of all, some or none.
/// Throws InvalidArgument for a derivative of no parameter.
HostFunction pointwise(std::string type, std::vector<OwnParameter> parameters, ScalarFunction f,
                       std::map<std::string, ScalarFunction> gradients = {});

/// A functor as text (kernels/core/functor.hpp says what it has).
struct FunctorText
{
    std::string text;  ///< of the header, which includes <warpfit/kernel.hpp> alone
    std::string file;  ///< what the compiler's messages call it: "my_peak.hpp"
    std::string type;  ///< the functor in it: "lab::MyPeak"
};

/// A component from a header that this program was not built with: the GPU's compiler (NVRTC) has it at run time, the
/// CPU cannot. The parameters are those that the functor declares, in its order; the compiler checks their number and
/// names. Throws InvalidArgument as host_component(). A fit throws it with the compiler's message, which has the
/// header's own line numbers, where the text does not compile.
Component functor_component(FunctorText functor, std::vector<OwnParameter> parameters, int dimension = 1,
                            std::string_view name = {});

/// What warpfit_add_component() compiles of a functor; for the code that it generates. evaluate and window as in
/// program::Function.
struct CompiledFunctor
{
    std::string type;  ///< of the component
    FunctorText functor;
    std::vector<OwnParameter> parameters;
    int dimension;
    bool convolved;
    void (*evaluate)(void const* context, double const* x, double const* y, int count, double const* p, double* value,
                     double* const* gradient);
    void (*window)(double const* p, double cutoff, double& lo, double& hi);
};
Component functor_component(CompiledFunctor functor, std::string_view name = {});

}  // namespace warpfit
