#include "src/model/eels_edge.hpp"

#include "kernels/core/math.hpp"
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
// Step of the derivative: an edge changes over hundreds of eV.
constexpr double onset_step = 4.0;  // [eV]
// Degree of the polynomial that stands for an edge's dependence on the logarithm of its angle.
constexpr int angle_degree = 14;
// The channels over which the jump at a moving onset is spread, and what of its largest value a cross-section may
// change by at an energy while its onset moves, to be called a function of that energy alone.
constexpr double rise_channels = 3.0;
constexpr double stays_within = 1e-3;

using Edge = std::shared_ptr<physics::EdgeCrossSection const>;

/// Of the jump at a moving onset [eV].
double rise_width(EdgeOptions const& options)
{
    return options.energy_scale > 0.0 ? rise_channels * options.energy_scale : 1e-6;
}

double above_onset(int i)
{
    return stretch * std::expm1(table_step * static_cast<double>(i));
}

/// The cross-section, continued smoothly below its onset, where it is 0: as the power law of its first eV.
double continued(physics::EdgeCrossSection const& edge, double energy)
{
    double const onset = edge.onset_energy();
    if (energy >= onset) return edge.value(energy);
    double const first = edge.value(onset), next = edge.value(onset + 1.0);
    if (!(first > 0.0 && next > 0.0)) return first;
    return first * std::pow(std::max(energy, 0.5 * onset) / onset, std::log(next / first) / std::log1p(1.0 / onset));
}

/// Whether an edge with its onset `by` elsewhere has the same values where both have any: hydrogenic K edges do.
bool stays(physics::EdgeCrossSection const& edge, physics::EdgeCrossSection const& moved)
{
    double largest = 0.0, change = 0.0;
    for (int i = 0; i < table_size; i += 8) {
        double const energy = moved.onset_energy() + above_onset(i);
        largest = std::max(largest, moved.value(energy));
        change = std::max(change, std::fabs(continued(edge, energy) - moved.value(energy)));
    }
    return change <= stays_within * largest;
}

/// The cross-section with a moving onset, as a text with its curves: "still(x)" where it is a function of the energy
/// alone, else "still(x)*moving(s)". The second, of the energy above the onset, has its steep start and its kinks; the
/// first makes the product right to first order in the onset: its logarithm has the slope that the edge's has, by the
/// onset, where both are `u` above it.
std::string moving_cross_section(expression::Curves& curves, EdgeTables& tables, double beam_energy, double onset,
                                 double angle, double reach, double channel)
{
    Edge const edge = tables.at(beam_energy, onset, angle);
    if (stays(*edge, *tables.at(beam_energy, onset - reach, angle)) &&
        stays(*edge, *tables.at(beam_energy, onset + reach, angle))) {
        curves["still"] = Curve::exact("still", [edge](double x) { return continued(*edge, x); });
        return "still(x)";
    }
    Edge const up = tables.at(beam_energy, onset + onset_step, angle),
               down = tables.at(beam_energy, onset - onset_step, angle);
    std::vector<double> logarithm(table_size, 0.0), moving(table_size, 0.0);
    double slope_before = 0.0;
    for (int i = 0; i < table_size; ++i) {
        auto const at = static_cast<std::size_t>(i);
        double const u = above_onset(i);
        double const high = up->value(onset + onset_step + u), low = down->value(onset - onset_step + u);
        double const slope = high > 0.0 && low > 0.0 ? 0.5 * std::log(high / low) / onset_step : slope_before;
        if (i > 0) logarithm[at] = logarithm[at - 1] + 0.5 * (slope + slope_before) * (u - above_onset(i - 1));
        double sum = 0.0;  // over two channels: the kinks of Egerton's tables would each stop a moving onset
        for (int j = -4; j <= 4; ++j) sum += continued(*edge, onset + u + 0.25 * j * channel);
        moving[at] = sum / 9.0 / std::exp(logarithm[at]);
        slope_before = slope;
    }
    auto const still = Curve::sampled("still", 0.0, table_step, logarithm, 1);
    double const farthest = table_step * (table_size - 1);
    curves["still"] = Curve::exact("still", [still, onset, farthest](double x) {
        double const s = std::log1p(std::max(x - onset, 0.0) / stretch);
        return std::exp(still->at(program::OpCode::curve, std::min(s, farthest)));
    });
    curves["moving"] = Curve::sampled("moving", 0.0, table_step, moving, 3);
    return "still(x)*moving(s)";
}

/// Coefficients [node][power] of the polynomials that are 1 at one of the nodes cos(pi k / degree) and 0 at the others.
std::array<std::array<double, angle_degree + 1>, angle_degree + 1> polynomials_of_nodes()
{
    std::array<std::array<double, angle_degree + 1>, angle_degree + 1> of_nodes{};
    auto const node = [](std::size_t k) { return std::cos(math::pi * static_cast<double>(k) / angle_degree); };
    for (std::size_t k = 0; k <= angle_degree; ++k) {
        auto& c = of_nodes[k];
        c[0] = 1.0;
        std::size_t degree = 0;
        for (std::size_t other = 0; other <= angle_degree; ++other) {
            if (other == k) continue;
            double const scale = 1.0 / (node(k) - node(other));
            ++degree;
            for (std::size_t power = degree + 1; power-- > 0;)
                c[power] = scale * ((power > 0 ? c[power - 1] : 0.0) - node(other) * c[power]);
        }
    }
    return of_nodes;
}

/// What another angle makes of an edge, as a polynomial in y = log(angle / its own) / log(angle_reach), which goes from
/// -1 to 1: "(1 + y*(angle1(x) + y*(angle2(x) + ...)))", through the edge at as many angles as it has coefficients.
std::string add_angle(expression::Curves& curves, EdgeTables& tables, double beam_energy, double onset, double angle)
{
    static auto const of_nodes = polynomials_of_nodes();
    std::vector<Edge> edges;
    for (int k = 0; k <= angle_degree; ++k)
        edges.push_back(tables.at(
            beam_energy, onset,
            2 * k == angle_degree ? angle : angle * std::pow(angle_reach, std::cos(math::pi * k / angle_degree))));
    std::string text = "0";
    for (std::size_t power = angle_degree; power > 0; --power) {
        std::string const name = "angle" + std::to_string(power);
        curves[name] = Curve::exact(name, [edges, onset, power](double x) {
            double const energy = std::max(x, onset);
            double const here = edges[angle_degree / 2]->value(energy);
            double sum = 0.0;
            for (std::size_t k = 0; k <= angle_degree; ++k) sum += of_nodes[k][power] * edges[k]->value(energy);
            return here > 0.0 ? sum / here : 0.0;
        });
        text = "(" + name + "(x) + y*" + text + ")";
    }
    return "(1 + y*" + text + ")";
}

/// y of add_angle(), for the end of a formula.
std::string angle_variable(double angle)
{
    return "; y = Min(Max(log(effective_angle/" + number_text(angle) + ")/" + number_text(std::log(angle_reach)) +
           ", -1), 1)";
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

/// Splines within their window, cross-section where they are not: functions of the channel alone, and of the angle
/// where that changes.
Expression fixed_formula(EdgeOptions const& options, std::size_t count, EdgeTables& tables, double onset, double angle,
                         bool has_free_angle)
{
    double const beam_energy = *options.microscope.beam_energy;
    Edge const edge = tables.at(beam_energy, onset, angle);
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
    std::string const factor =
        has_free_angle ? "*" + add_angle(curves, tables, beam_energy, onset, angle) : std::string();
    return Expression::parse("intensity * (edge(u)" + factor + " + " + spline_sum(count) + "); u = x - onset_energy" +
                                 (has_free_angle ? angle_variable(angle) : std::string()),
                             curves);
}

void add_sampled_splines(expression::Curves& curves, EdgeOptions const& options, std::size_t count)
{
    if (count == 0) return;
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

Expression moving_formula(EdgeOptions const& options, std::size_t count, EdgeTables& tables, double onset, double angle,
                          EdgeMotion const& motion)
{
    expression::Curves curves;
    double const beam_energy = *options.microscope.beam_energy;
    std::string cross_section = moving_cross_section(curves, tables, beam_energy, onset, angle,
                                                     std::min(motion.reach, 0.4 * onset), options.energy_scale);
    add_sampled_splines(curves, options, count);
    if (motion.angle) cross_section += "*" + add_angle(curves, tables, beam_energy, onset, angle);
    // The edge rises over some channels about its onset, so that the onset moves the model where the edge jumps, too,
    // and smoothly: over one alone a step of the onset would end at the next channel, where chi2 has a minimum, and at
    // every kink of a straight rise.
    std::string const width = number_text(rise_width(options));
    std::string const rise = "(3*t**2 - 2*t**3)";
    std::string shape = rise + "*" + cross_section;
    if (options.fine_structure_active) {
        std::string const first = number_text(options.fine_structure_spline_onset);
        std::string const splines = count == 0 ? "0" : "where(u >= " + first + ", " + spline_sum(count) + ", 0)";
        shape = "where(u < " + number_text(options.fine_structure_width) + ", " + rise + "*" + splines + ", " +
                cross_section + ")";
    }
    return Expression::parse("intensity * (" + shape + "); t = Min(Max(d/" + width + " + 0.5, 0), 1); s = log(1 + u/" +
                                 number_text(stretch) + "); u = Max(d, 0); d = x - onset_energy" +
                                 (motion.angle ? angle_variable(angle) : std::string()),
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
    double const onset = options.gos == "hydrogenic" ? physics::hydrogenic_onset(edge) : edge.edge->onset_energy;
    parameters[1] = Parameter("onset_energy", "x", onset, {}, false);
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

Expression edge_formula(Component const& component, double onset, double angle, std::optional<EdgeMotion> motion)
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
    return motion && motion->reach > 0.0 ? moving_formula(options, count, tables, onset, angle, *motion)
                                         : fixed_formula(options, count, tables, onset, angle, motion && motion->angle);
}

void require_axis_in_ev(Axis const& axis)
{
    static std::array<std::string, 5> const others{"keV", "MeV", "meV", "nm", "um"};
    if (std::find(others.begin(), others.end(), axis.units) != others.end())
        throw InvalidArgument("the signal axis is in " + axis.units +
                              " (edges of EELS need it in eV): convert its offset, scale and units");
}

double begins_before_onset(EdgeOptions const& options)
{
    double const spline = options.fine_structure_active ? std::max(0.0, -options.fine_structure_spline_onset) : 0.0;
    return spline + rise_width(options) + 1e-3;
}

}  // namespace warpfit
