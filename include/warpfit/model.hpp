#pragma once

#include "warpfit/component.hpp"
#include "warpfit/signal.hpp"

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace warpfit {

/// value(parameter) = expression(value(to)): HyperSpy's parameter.twin.
struct Twin
{
    std::string parameter;   ///< "component.parameter"
    std::string to;          ///< "component.parameter"
    std::string expression;  ///< one free symbol of any name; empty: identity
    std::string inverse;     ///< maps back; empty: none
};

/// A sum of components. Components keep their address until one is removed. Value type.
class Model
{
  public:
    Model() = default;

    /// A default name that is taken becomes Type_0, Type_1, … as in HyperSpy. Throws InvalidArgument if a given name is
    /// taken, or its dimension differs from that of the components before it.
    Component& append(Component component);
    Component& append(std::string_view type, std::string_view name = {}) { return append(Component(type, name)); }
    /// Removes it together with its twins. Throws InvalidArgument.
    void remove(std::string_view name);

    std::size_t size() const noexcept { return components_.size(); }
    std::deque<Component> const& components() const noexcept { return components_; }
    std::deque<Component>& components() noexcept { return components_; }
    /// Throws InvalidArgument naming the closest component.
    Component& operator[](std::string_view name);
    Component const& operator[](std::string_view name) const;
    /// "component.parameter", split at the last dot. Throws InvalidArgument.
    Parameter& parameter(std::string_view path);
    Parameter const& parameter(std::string_view path) const;

    /// Throws InvalidArgument for an unknown parameter, a cycle, a second twin of the same parameter, an expression
    /// with other than one free symbol.
    void set_twin(Twin twin);
    void remove_twin(std::string_view parameter);
    std::vector<Twin> const& twins() const noexcept { return twins_; }
    bool is_twin(std::string_view path) const noexcept;
    /// Value of a parameter, through its twins.
    double value(std::string_view path) const;
    /// Sets a parameter; a twin's through its inverse. Throws InvalidArgument where there is none.
    void set_value(std::string_view path, double v);

    /// Of all EELSCLEdge components: beam energy [keV], convergence and collection angle [mrad].
    void set_microscope_parameters(double beam_energy, double convergence_angle, double collection_angle);
    /// Component::take_acquisition() of all EELSCLEdge components. Fits do it themselves, on a copy.
    void take_acquisition(Signal const& signal);

    int dimension() const noexcept { return components_.empty() ? 1 : components_.front().dimension(); }

    /// The model, each component or each gradient at x (and y): [x.size()]. Not multiplied by channel widths.
    std::vector<double> evaluate(std::span<double const> x, std::span<double const> y = {}) const;
    std::vector<double> evaluate_component(std::string_view name, std::span<double const> x,
                                           std::span<double const> y = {}) const;
    /// d model / d parameter, through twins of it too.
    std::vector<double> gradient(std::string_view path, std::span<double const> x,
                                 std::span<double const> y = {}) const;

    /// The same in all channels of pixel `pixel` of a signal [num_channels], convolved components with the pixel's low
    /// loss where the signal has one. used [num_channels]: 0 where a channel takes no part in sums over channels
    /// (Shirley backgrounds); empty: all do. Throws InvalidArgument; InputError where the low loss cannot be read.
    std::vector<double> evaluate(Signal const& signal, std::size_t pixel,
                                 std::span<unsigned char const> used = {}) const;
    std::vector<double> evaluate_component(std::string_view name, Signal const& signal, std::size_t pixel,
                                           std::span<unsigned char const> used = {}) const;

    /// Whether the active components are proved linear, jointly in all free parameters and through twins.
    bool is_linear() const;

  private:
    std::deque<Component> components_;
    std::vector<Twin> twins_;
};

}  // namespace warpfit
