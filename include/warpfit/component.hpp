#pragma once

#include "warpfit/microscope.hpp"
#include "warpfit/parameter.hpp"

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace warpfit {

class EdgeTables;
struct OwnComponent;
class Signal;
namespace expression {
class Curve;
}
namespace physics {
class Gos;
}

/// Values at equal steps: what a ScalableFixedPattern scales and shifts.
struct Pattern
{
    double offset = 0.0;         ///< axis value of the first one
    double scale = 1.0;          ///< step
    std::vector<double> values;  ///< empty: not there yet
    bool is_binned = false;      ///< divided by the step: a channel holds the integral over its width

    /// Throws InvalidArgument unless the signal is one spectrum on a uniform axis.
    static Pattern of(Signal const& signal);
};

/// What an EELSCLEdge is of. Energies in [eV].
struct EdgeOptions
{
    std::string element_subshell;              ///< "Fe_L3"
    std::string gos = "hydrogenic";            ///< or "dft", "dirac" (.gosh files), "Hartree-Slater" (text tables)
    std::string gos_file_path;                 ///< file or folder of the latter
    Microscope microscope;                     ///< what is empty comes from the signal
    double energy_scale = 0.0;                 ///< width of a channel; 0: that of the signal
    bool fine_structure_active = false;        ///< over the first electronvolts splines stand for the cross-section
    bool fine_structure_spline_active = true;  ///< false: nothing does, other components may
    double fine_structure_spline_onset = 0.0;  ///< where the splines begin, above the onset
    double fine_structure_width = 30.0;        ///< where they end
    double fine_structure_smoothing = 0.3;     ///< 0 to 1; larger means more knots
    /// Components of the model that describe the fine structure, with or instead of the splines. They are on while it
    /// is: a model file and eels::set_fine_structure() see to that.
    std::vector<std::string> fine_structure_components;
};

/// What lines of photoemission (PESCoreLineShape, PESVoigt) may have besides.
struct LineOptions
{
    bool shirley = false;  ///< a background: frees the parameter shirley (PESVoigt: shirley_background), which is then
                           ///< multiplied with the line's sum over the channels beyond, of those that are fitted
    bool spin_orbit_splitting = false;          ///< PESVoigt: a second line
    double spin_orbit_branching_ratio = 0.5;    ///< its height in that of the first
    double spin_orbit_splitting_energy = 0.61;  ///< how far it lies below the first [axis unit]
};

/// What the constructor of a type takes besides parameters.
struct ComponentOptions
{
    int order = 2;                        ///< Polynomial: >= 1
    std::string expression;               ///< Expression: HyperSpy's syntax with `;` substitutions; x, y are the axes
    std::vector<std::string> position;    ///< Expression: parameters that place it: one (1D) or two (2D)
    bool add_rotation = false;            ///< 2D: adds rotation_angle [rad], a true rotation about position
    std::vector<double> rotation_center;  ///< with add_rotation: x and y to turn about instead [axis units]; empty: its
                                          ///< position, of an Expression without one the origin
    bool hyperspy_compat = false;         ///< with add_rotation: HyperSpy's shear instead, of determinant cos^2
    std::string signal;  ///< ScalableFixedPattern: the file of its pattern, which io::load_component_files reads
    Pattern pattern;     ///< ScalableFixedPattern: the pattern itself
    std::string interpolation = "cubic";  ///< ScalableFixedPattern: or "linear", as HyperSpy 1.7
    bool interpolate = true;  ///< ScalableFixedPattern: false takes it as it is, by its own axis; xscale and shift are
                              ///< fixed then, and have no effect
    EdgeOptions edge;         ///< EELSCLEdge
    LineOptions line;         ///< PESCoreLineShape, PESVoigt
    std::map<std::string, std::string> rename_parameters;  ///< Expression: name inside the formula → public name
};

/// Internal: a derived quantity that somebody gave.
struct GivenDerived
{
    std::string name;
    double value;
    std::string parameter;   ///< that it moved
    double parameter_value;  ///< there
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

    /// Internal: host_component() and functor_component() make one (own_component.hpp).
    Component(std::shared_ptr<OwnComponent const> own, std::string_view name);

    std::string const& type() const noexcept { return type_; }
    std::string const& name() const noexcept { return name_; }  ///< empty until appended, unless given
    bool has_default_name() const noexcept { return default_name_; }
    ComponentOptions const& options() const noexcept { return options_; }
    /// The formula in x (and y) with public parameter names, substitutions resolved; empty: one's own has none.
    std::string const& formula() const noexcept { return formula_; }
    int dimension() const noexcept { return dimension_; }  ///< signal axes it needs: 1 or 2

    /// Of a ScalableFixedPattern. Throws InvalidArgument: another type; too few values or one that is not finite.
    void set_pattern(Pattern pattern);
    /// What formula() calls beside the known functions, by name.
    std::map<std::string, std::shared_ptr<expression::Curve const>, std::less<>> const& curves() const noexcept
    {
        return curves_;
    }

    /// Of an EELSCLEdge: fills what its options leave empty, the microscope from metadata.Acquisition_instrument.TEM
    /// and the channels' width from the axis; then its effective angle, if nobody set it, and its fine structure
    /// coefficients.
    void take_acquisition(Signal const& signal);
    void take_microscope(Microscope const& microscope);
    /// Of an EELSCLEdge: switches its fine structure on or off and sets where it ends [eV above the onset]. Its
    /// coefficients begin at 0 where the width changes. Throws InvalidArgument: another type; no width.
    void set_fine_structure(bool active, double width);
    /// Of an EELSCLEdge whose GOS comes from a file, which io::load_component_files reads.
    void set_gos(std::shared_ptr<physics::Gos const> gos);
    /// Internal: null but for an EELSCLEdge with a GOS.
    std::shared_ptr<EdgeTables> const& edge_tables() const noexcept { return edge_tables_; }

    /// Internal: null but for a component of one's own.
    std::shared_ptr<OwnComponent const> const& own() const noexcept { return own_; }

    bool is_active() const noexcept { return active_; }
    void set_active(bool active) noexcept { active_ = active; }
    /// Per-pixel switch [num_pixels] (0 or 1); empty: is_active() everywhere.
    std::vector<unsigned char> const& active_map() const noexcept { return active_map_; }
    void set_active_map(std::vector<unsigned char> map) { active_map_ = std::move(map); }

    /// By itself, at its own values, wherever wanted: [x.size()]; in two dimensions at pairs (x, y), y [x.size()]. Not
    /// multiplied by channel widths. Throws InvalidArgument: another number of axes; see Model::evaluate.
    std::vector<double> evaluate(std::span<double const> x, std::span<double const> y = {}) const;
    /// At every crossing of two axes: [y.size(), x.size()], row-major.
    std::vector<double> evaluate_grid(std::span<double const> x, std::span<double const> y) const;
    /// d component / d parameter, as evaluate().
    std::vector<double> gradient(std::string_view parameter, std::span<double const> x,
                                 std::span<double const> y = {}) const;
    /// Quantities that follow from its parameters (component_type(type()).derived), of its own values: HyperSpy's
    /// properties. Throws InvalidArgument naming the closest.
    std::vector<std::string> derived_names() const;
    double derived(std::string_view name) const;
    /// Moves the parameter that the quantity stands for: a Gaussian's fwhm its sigma, its height its A. Where a fit
    /// then estimates others that the quantity depends on, the parameter follows them: the height stays. Throws
    /// InvalidArgument: unknown; not to be set; the parameter would leave its bounds.
    void set_derived(std::string_view name, double value);
    /// Internal: what set_derived() was told and still holds, as nobody has set a parameter of it since.
    std::vector<GivenDerived> given_derived() const;
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
    void make_edge();
    void set_effective_angle();
    std::string type_;
    std::string name_;
    bool default_name_ = true;
    ComponentOptions options_;
    std::string formula_;
    std::map<std::string, std::shared_ptr<expression::Curve const>, std::less<>> curves_;
    std::shared_ptr<EdgeTables> edge_tables_;
    std::shared_ptr<OwnComponent const> own_;
    int dimension_ = 1;
    bool active_ = true;
    bool convolved_ = true;
    std::vector<unsigned char> active_map_;
    std::vector<Parameter> parameters_;
    std::vector<GivenDerived> given_derived_;
};

}  // namespace warpfit
