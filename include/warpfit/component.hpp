#pragma once

#include "warpfit/parameter.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace warpfit {

/// What the constructor of a type takes besides parameters.
struct ComponentOptions
{
    int order = 2;                      ///< Polynomial: >= 1
    std::string expression;             ///< Expression: HyperSpy's syntax with `;` substitutions; x, y are the axes
    std::vector<std::string> position;  ///< Expression: parameters that place it: one (1D) or two (2D)
    bool add_rotation = false;          ///< 2D: adds rotation_angle [rad], a true rotation about position
    std::map<std::string, std::string> rename_parameters;  ///< Expression: name inside the formula → public name
};

/// One summand of a model. Value type: copies are independent.
class Component
{
  public:
    /// Throws InvalidArgument for an unknown type (naming the closest) or options that do not fit it; an expression's
    /// error points at the character.
    explicit Component(std::string_view type, std::string_view name = {}, ComponentOptions options = {});

    /// Component("Expression") in one call; start values by parameter name.
    static Component expression(std::string_view formula, std::string_view name = {},
                                std::map<std::string, double> const& values = {});

    std::string const& type() const noexcept { return type_; }
    std::string const& name() const noexcept { return name_; }  ///< empty until appended, unless given
    bool has_default_name() const noexcept { return default_name_; }
    ComponentOptions const& options() const noexcept { return options_; }
    /// The formula in x (and y) with public parameter names, substitutions resolved.
    std::string const& formula() const noexcept { return formula_; }
    int dimension() const noexcept { return dimension_; }  ///< signal axes it needs: 1 or 2

    bool is_active() const noexcept { return active_; }
    void set_active(bool active) noexcept { active_ = active; }
    /// Per-pixel switch [num_pixels] (0 or 1); empty: is_active() everywhere.
    std::vector<unsigned char> const& active_map() const noexcept { return active_map_; }
    void set_active_map(std::vector<unsigned char> map) { active_map_ = std::move(map); }

    /// Whether it is convolved with the low loss, where the data have one (Signal::set_low_loss). HyperSpy's default of
    /// the type: false for PowerLaw and Offset, else true.
    bool is_convolved() const noexcept { return convolved_; }
    void set_convolved(bool convolved) noexcept { convolved_ = convolved; }

    std::vector<Parameter> const& parameters() const noexcept { return parameters_; }
    std::vector<Parameter>& parameters() noexcept { return parameters_; }
    bool has_parameter(std::string_view name) const noexcept;
    /// Throws InvalidArgument naming the closest parameter.
    Parameter& operator[](std::string_view parameter);
    Parameter const& operator[](std::string_view parameter) const;

  private:
    friend class Model;
    std::string type_;
    std::string name_;
    bool default_name_ = true;
    ComponentOptions options_;
    std::string formula_;
    int dimension_ = 1;
    bool active_ = true;
    bool convolved_ = true;
    std::vector<unsigned char> active_map_;
    std::vector<Parameter> parameters_;
};

}  // namespace warpfit
