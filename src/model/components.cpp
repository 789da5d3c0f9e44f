#include "warpfit/components.hpp"

#include "src/expression/curve.hpp"
#include "src/expression/expression.hpp"
#include "src/model/builtin.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <array>

namespace warpfit {

namespace {

/// Types whose start values can be told from the data: those of src/fit's StartEstimator (a test tries all).
constexpr std::array estimated = {"AsymmetricLorentzian",
                                  "BiexponentialGaussian",
                                  "Disk2D",
                                  "Doniach",
                                  "EELSCLEdge",
                                  "Exponential",
                                  "ExponentialGaussian",
                                  "Fano",
                                  "Gaussian",
                                  "Gaussian2D",
                                  "GaussianHF",
                                  "GaussianRing2D",
                                  "Lorentzian",
                                  "Lorentzian2D",
                                  "Offset",
                                  "PESCoreLineShape",
                                  "PESVoigt",
                                  "Plane",
                                  "Polynomial",
                                  "Polynomial2D",
                                  "PowerLaw",
                                  "PseudoVoigt",
                                  "SkewNormal",
                                  "SplitVoigt",
                                  "VolumePlasmonDrude",
                                  "Voigt"};

std::string note_of(Builtin const& builtin)
{
    if (builtin.has_run_time_slots)
        return "order (1 to " + std::to_string(builtin.max_order()) +
               (builtin.dimension == 2 ? ", default 2) sets the number of parameters a00, a10, a01, ..."
                                       : ", default 2) sets the number of parameters a0, a1, ...; zero-padded from "
                                         "order 10 on");
    if (builtin.type == "EELSCLEdge")
        return "element_subshell = \"Fe_L3\" names the edge; GOS = \"hydrogenic\" (K, L), \"dft\", \"dirac\" or "
               "\"Hartree-Slater\" with gos_file_path; microscope from the data, [microscope] or beam_energy, "
               "convergence_angle, collection_angle; fine_structure_active, _width, _smoothing, _spline_onset, "
               "_components";
    if (!builtin.cumulative.empty())
        return "Shirley = true frees " + builtin.cumulative +
               ", which is multiplied with the sum over the channels beyond" +
               (builtin.type == "PESVoigt"
                    ? "; spin_orbit_splitting = true adds a second line (spin_orbit_branching_ratio, "
                      "spin_orbit_splitting_energy)"
                    : "");
    if (builtin.type == "ScalableFixedPattern")
        return "signal = \"FILE\" gives the pattern S, one spectrum on a uniform axis, 0 outside of it; interpolation "
               "= "
               "\"linear\" instead of \"cubic\" is HyperSpy 1.7's; interpolate = false takes S as it is, xscale and "
               "shift without effect";
    if (builtin.is_round)
        return "add_rotation = true with rotation_center = [x, y] adds rotation_angle [rad], a rotation about that "
               "point";
    if (!builtin.position_y.empty())
        return "add_rotation = true adds rotation_angle [rad], a true rotation about the centre; with hyperspy_compat "
               "= "
               "true the shear that HyperSpy makes of it";
    return "";
}

ComponentInfo describe(Builtin const& builtin)
{
    expression::Curves curves;
    if (!builtin.curve.empty())
        curves.emplace(builtin.curve, expression::Curve::exact(builtin.curve, [](double) { return 0.0; }));
    auto const formula = expression::Expression::parse(builtin.expression, curves);
    ComponentInfo info{builtin.type, builtin.expression, builtin.dimension, {},
                       false,        note_of(builtin),   builtin.derived};
    std::vector<std::string> const symbols = formula.symbols();
    for (Parameter const& p : builtin.parameters) {
        std::array const name{p.name()};
        // A curve hides what it depends on: the angle of an edge.
        bool const is_hidden =
            !builtin.curve.empty() && std::find(symbols.begin(), symbols.end(), p.name()) == symbols.end();
        info.parameters.push_back(
            {p.name(), p.units(), p.value(), p.bounds(), p.is_free(), !is_hidden && formula.is_linear_in(name)});
    }
    info.has_estimator = std::find(estimated.begin(), estimated.end(), builtin.type) != estimated.end();
    return info;
}

std::vector<ComponentInfo> describe_all()
{
    std::vector<ComponentInfo> all;
    for (Builtin const& builtin : builtins()) all.push_back(describe(builtin));
    all.push_back({"Expression",
                   "",
                   1,
                   {},
                   false,
                   "expression (in x, and y in two dimensions; `;` substitutions), position, add_rotation; parameters "
                   "are the formula's other names, sorted"});
    std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.type < b.type; });
    return all;
}

}  // namespace

std::vector<ComponentInfo> const& component_types()
{
    static std::vector<ComponentInfo> const all = describe_all();
    return all;
}

ComponentInfo const& component_type(std::string_view type)
{
    std::vector<std::string> names;
    for (ComponentInfo const& info : component_types()) {
        if (info.type == type) return info;
        names.push_back(info.type);
    }
    throw InvalidArgument("unknown component type " + quote(type) + known_names(type, names));
}

}  // namespace warpfit
