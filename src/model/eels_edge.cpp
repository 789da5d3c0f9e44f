#include "src/model/eels_edge.hpp"

#include "src/expression/curve.hpp"
#include "src/physics/fine_structure.hpp"
#include "src/physics/hydrogenic.hpp"
#include "src/physics/microscope.hpp"
#include "src/text/text.hpp"
#include "warpfit/elements.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace warpfit {

using expression::Curve;
using expression::Expression;

namespace {

// A cross-section is tabulated at equal steps of log(1 + u / stretch), u the energy above the onset [eV]: as Egerton's
// programs do, so that their nodes are among ours (every 24th).
constexpr double stretch = 50.0;
constexpr double table_step = 3.0 / 50.0 / 24.0;
constexpr int table_size = 2001;  // to 7400 eV above the onset
// Steps of the derivatives: an edge changes over hundreds of eV and tens of mrad.
constexpr double onset_step = 4.0;   // [eV]
constexpr double angle_step = 0.02;  // relative

using Table = std::vector<double>;

Table tabulated(physics::EdgeCrossSection const& edge)
{
    Table table(table_size);
    for (int i = 0; i < table_size; ++i)
        table[static_cast<std::size_t>(i)] =
            edge.value(edge.onset_energy() + stretch * std::expm1(table_step * static_cast<double>(i)));
    return table;
}

Table combined(std::vector<std::pair<double, Table const*>> const& terms)
{
    Table sum(table_size, 0.0);
    for (auto const& [factor, table] : terms)
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += factor * (*table)[i];
    return sum;
}

/// The cross-section and its derivatives by onset and angle, by name.
expression::Curves free_curves(EdgeTables& tables, double beam_energy, double onset, double angle)
{
    double const h = onset_step;
    double const k = angle_step * angle;
    auto const at = [&](double o, double a) { return tabulated(*tables.at(beam_energy, onset + o, angle + a)); };
    Table const middle = at(0, 0), up = at(h, 0), down = at(-h, 0), wide = at(0, k), narrow = at(0, -k);
    Table const up_wide = at(h, k), up_narrow = at(h, -k), down_wide = at(-h, k), down_narrow = at(-h, -k);
    std::map<std::string, Table> const all{
        {"edge", middle},
        {"edge_o", combined({{0.5 / h, &up}, {-0.5 / h, &down}})},
        {"edge_oo", combined({{1 / h / h, &up}, {-2 / h / h, &middle}, {1 / h / h, &down}})},
        {"edge_a", combined({{0.5 / k, &wide}, {-0.5 / k, &narrow}})},
        {"edge_aa", combined({{1 / k / k, &wide}, {-2 / k / k, &middle}, {1 / k / k, &narrow}})},
        {"edge_oa", combined({{0.25 / h / k, &up_wide},
                              {-0.25 / h / k, &up_narrow},
                              {-0.25 / h / k, &down_wide},
                              {0.25 / h / k, &down_narrow}})}};
    expression::Curves curves;
    for (auto const& [name, table] : all) curves[name] = Curve::sampled(name, 0.0, table_step, table, 3);
    return curves;
}

std::string spline_name(std::size_t i)
{
    return "spline" + std::to_string(i);
}

/// "c0*spline0(u) + c1*spline1(u) + ..."
std::string spline_sum(std::size_t count)
{
    std::string text = count == 0 ? "0" : "";
    for (std::size_t i = 0; i < count; ++i)
        text += (i > 0 ? " + " : "") + fine_structure_coefficient(i) + "*" + spline_name(i) + "(u)";
    return text;
}

/// Splines with window, cross-section where they are not: functions of the channel alone.
Expression fixed_formula(EdgeOptions const& options, std::size_t count,
                         std::shared_ptr<physics::EdgeCrossSection const> edge)
{
    double const onset = edge->onset_energy();
    double const end = options.fine_structure_active ? onset + options.fine_structure_width : onset;
    expression::Curves curves;
    curves["edge"] =
        Curve::exact("edge", [edge, onset, end](double u) { return onset + u < end ? 0.0 : edge->value(onset + u); });
    if (count > 0) {
        auto const splines = std::make_shared<physics::FineStructure>(onset, options.fine_structure_width, count,
                                                                      options.fine_structure_spline_onset);
        for (std::size_t i = 0; i < count; ++i)
            curves[spline_name(i)] = Curve::exact(spline_name(i), [splines, onset, i](double u) {
                auto const local = splines->basis(onset + u);
                return i < local.first || i > local.first + 3 ? 0.0 : local.values[i - local.first];
            });
    }
    return Expression::parse("intensity * (edge(u) + " + spline_sum(count) + "); u = x - onset_energy", curves);
}

Expression free_formula(EdgeOptions const& options, std::size_t count, EdgeTables& tables, double onset, double angle)
{
    expression::Curves curves = free_curves(tables, *options.microscope.beam_energy, onset, angle);
    if (count > 0) {
        // On this grid the splines are what a cubic spline with not-a-knot ends is.
        double const step = options.fine_structure_width / static_cast<double>(count - 1);
        physics::FineStructure const splines(0.0, options.fine_structure_width, count);
        for (std::size_t i = 0; i < count; ++i) {
            std::vector<double> values(count, 0.0);
            for (std::size_t j = 0; j < count; ++j) {
                bool const is_end = j + 1 == count;
                auto const local = splines.basis(step * static_cast<double>(j));
                if (is_end)
                    values[j] = i + 1 == count ? 1.0 : 0.0;
                else if (i >= local.first && i <= local.first + 3)
                    values[j] = local.values[i - local.first];
            }
            curves[spline_name(i)] = Curve::sampled(spline_name(i), 0.0, step, values, 3);
        }
    }
    // The edge rises over the two channels about its onset, so that the onset moves the model where the edge jumps,
    // too. Over one alone a step of the onset would end at the next channel: chi2 has a minimum in each.
    double const rise = 2.0 * options.energy_scale;
    std::string const width = number_text(rise > 0.0 ? rise : 1e-6);
    std::string const cross_section =
        "(edge(s) + o*edge_o(s) + a*edge_a(s) + o**2*edge_oo(s)/2 + a**2*edge_aa(s)/2 + o*a*edge_oa(s))";
    std::string shape = "Min(Max(d/" + width + " + 0.5, 0), 1) * " + cross_section;
    if (options.fine_structure_active) {
        std::string const first = number_text(options.fine_structure_spline_onset);
        std::string const splines = count == 0 ? "0" : "where(u >= " + first + ", " + spline_sum(count) + ", 0)";
        shape = "where(u < " + number_text(options.fine_structure_width) + ", Min(Max(d/" + width +
                " + 0.5, 0), 1) * " + splines + ", " + cross_section + ")";
    }
    return Expression::parse("intensity * " + shape + "; s = log(1 + u/" + number_text(stretch) +
                                 "); u = Max(d, 0); d = x - onset_energy; o = onset_energy - " + number_text(onset) +
                                 "; a = effective_angle - " + number_text(angle),
                             curves);
}

}  // namespace

std::shared_ptr<physics::EdgeCrossSection const> EdgeTables::at(double beam_energy, double onset, double angle)
{
    std::lock_guard const lock(mutex_);
    auto& edge = made_[{beam_energy, onset, angle}];
    if (!edge) edge = std::make_shared<physics::EdgeCrossSection>(gos_, beam_energy, onset, angle);
    return edge;
}

std::string fine_structure_coefficient(std::size_t i)
{
    return "fine_structure_coeff_" + std::to_string(i);
}

std::size_t num_fine_structure_coefficients(EdgeOptions const& options)
{
    bool const has = options.fine_structure_active && options.fine_structure_spline_active;
    if (!has || !(options.energy_scale > 0.0)) return 0;
    return physics::FineStructure::num_coefficients(options.fine_structure_smoothing, options.fine_structure_width,
                                                    options.fine_structure_spline_onset, options.energy_scale);
}

std::vector<Parameter> edge_parameters(Component const& component, std::vector<Parameter> parameters)
{
    EdgeOptions const& options = component.options().edge;
    if (options.element_subshell.empty())
        throw InvalidArgument("an EELSCLEdge needs the edge that it is (option 'element_subshell' is empty): give one "
                              "such as \"Fe_L3\"");
    static std::array<std::string, 4> const known{"hydrogenic", "dft", "dirac", "Hartree-Slater"};
    if (std::find(known.begin(), known.end(), options.gos) == known.end())
        throw InvalidArgument("GOS " + quote(options.gos) + " of " + quote(options.element_subshell) + " is not known" +
                              known_names(options.gos, known));
    if (options.gos != "hydrogenic" && options.gos_file_path.empty())
        throw InvalidArgument(
            "GOS " + quote(options.gos) + " of " + quote(options.element_subshell) +
            " has no file (option 'gos_file_path' is empty): give the file or folder of its tables, or "
            "take GOS = \"hydrogenic\" for K and L edges");
    ElementEdge const edge = eels_edge(options.element_subshell);
    parameters[1] = Parameter("onset_energy", "x", edge.edge->onset_energy, {}, false);
    if (!(options.fine_structure_width > options.fine_structure_spline_onset))
        throw InvalidArgument("fine structure of " + quote(options.element_subshell) + " has no width (it ends at " +
                              number_text(options.fine_structure_width) + " eV above the onset and begins at " +
                              number_text(options.fine_structure_spline_onset) + "): widen it");
    for (std::size_t i = 0; i < num_fine_structure_coefficients(options); ++i)
        parameters.emplace_back(fine_structure_coefficient(i), "barn eV^-1", 0.0);
    return parameters;
}

std::shared_ptr<EdgeTables> hydrogenic_tables(EdgeOptions const& options)
{
    ElementEdge const edge = eels_edge(options.element_subshell);
    return std::make_shared<EdgeTables>(std::make_shared<physics::HydrogenicGos>(*edge.element, edge.edge->subshell));
}

Expression edge_formula(Component const& component, double onset, double angle, EdgeForm form)
{
    EdgeOptions const& options = component.options().edge;
    physics::require_complete(options.microscope);
    if (!component.edge_tables())
        throw InvalidArgument("component " + quote(component.name()) + " has no oscillator strengths yet (GOS " +
                              quote(options.gos) + " in " + quote(options.gos_file_path) +
                              " is not read): io::load_component_files reads it");
    double const table_onset = eels_edge(options.element_subshell).edge->onset_energy;
    if (!(onset > 0.5 * table_onset && onset < 2.0 * table_onset))
        throw InvalidArgument("onset_energy of component " + quote(component.name()) + " is " + number_text(onset) +
                              " (the edge lies at " + number_text(table_onset) +
                              " eV): give it in eV, on an axis in eV");
    if (!(angle > 0.0)) angle = physics::effective_angle(options.microscope, onset);
    std::size_t const count = num_fine_structure_coefficients(options);
    if (options.fine_structure_active && options.fine_structure_spline_active && count == 0)
        throw InvalidArgument(
            "component " + quote(component.name()) +
            " does not know the channels' width (its fine structure depends on it): give energy_scale, "
            "or fit it to a signal");
    EdgeTables& tables = *component.edge_tables();
    return form == EdgeForm::fixed
               ? fixed_formula(options, count, tables.at(*options.microscope.beam_energy, onset, angle))
               : free_formula(options, count, tables, onset, angle);
}

}  // namespace warpfit
