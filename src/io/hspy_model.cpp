#include "src/io/hspy_model.hpp"

#include "src/expression/expression.hpp"
#include "src/io/hspy_component.hpp"
#include "src/io/hspy_signal.hpp"
#include "warpfit/elements.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace warpfit::io {
namespace {

using hdf5::Handle;
using hdf5::OutputGroup;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr char none[] = "_None_";
constexpr std::size_t num_scalars_of_edge = 3;  // intensity, onset_energy, effective_angle

// pickle of a reference to the class hyperspy._components.gaussian2d.Gaussian2D
constexpr std::string_view gaussian2d_pickle("\x80\x04\x95\x32\0\0\0\0\0\0\0\x8c\x1fhyperspy._components.gaussian2d\x94"
                                             "\x8c\nGaussian2D\x94\x93\x94.",
                                             61);

/// A dictionary of HyperSpy's: values with, in `_whitelist`, how each is given back ("init": to the constructor).
class Dictionary
{
  public:
    explicit Dictionary(OutputGroup group)
        : group_(std::move(group))
        , whitelist_(group_.group("_whitelist"))
    {}

    template<class T>
    void set(std::string const& name, T const& value, char const* flags = "") const
    {
        group_.set(name, value);
        allow(name, flags);
    }
    void allow(std::string const& name, char const* flags = "") const { whitelist_.set(name, flags); }
    OutputGroup const& group() const { return group_; }

  private:
    OutputGroup group_;
    OutputGroup whitelist_;
};

/// Names in order also when sorted as text: HyperSpy would put 10 before 2.
std::string padded(std::size_t i, std::size_t count)
{
    std::string const digits = std::to_string(i);
    std::size_t const width = std::to_string(count - 1).size();
    return std::string(width - digits.size(), '0') + digits;
}

OutputGroup list_of(OutputGroup const& group, std::string const& name, std::size_t count)
{
    return group.group("_list_" + std::to_string(count) + "_" + name);
}

/// A list of texts as a group: from a dataset HyperSpy 1.7.3 would read bytes.
void write_texts(OutputGroup const& group, std::vector<std::string> const& texts)
{
    for (std::size_t i = 0; i < texts.size(); ++i) group.set(std::to_string(i), texts[i]);
}

/// NumPy's [("values", f8, (n,)), ("std", f8, (n,)), ("is_set", bool)], packed: of a parameter that is a vector.
struct VectorMapType
{
    std::size_t n;

    std::size_t std() const { return 8 * n; }
    std::size_t is_set() const { return 16 * n; }
    std::size_t size() const { return 16 * n + 1; }

    Handle make() const
    {
        Handle const f8 = hdf5::number_type(DataType::f64);
        Handle const boolean = hdf5::bool_type();
        hsize_t const length = n;
        Handle const vector(hdf5::call([&] { return H5Tarray_create2(f8.get(), 1, &length); }));
        return Handle(hdf5::call([&] {
            hid_t const type = H5Tcreate(H5T_COMPOUND, size());
            H5Tinsert(type, "values", 0, vector.get());
            H5Tinsert(type, "std", std(), vector.get());
            H5Tinsert(type, "is_set", is_set(), boolean.get());
            return type;
        }));
    }
};

/// NumPy's [("values", f8), ("std", f8), ("is_set", bool)], packed.
struct MapType
{
    static constexpr std::size_t values = 0, std = 8, is_set = 16, size = 17;

    static Handle make()
    {
        Handle const f8 = hdf5::number_type(DataType::f64);
        Handle const boolean = hdf5::bool_type();
        return Handle(hdf5::call([&] {
            hid_t const type = H5Tcreate(H5T_COMPOUND, size);
            H5Tinsert(type, "values", values, f8.get());
            H5Tinsert(type, "std", std, f8.get());
            H5Tinsert(type, "is_set", is_set, boolean.get());
            return type;
        }));
    }
};

class ModelWriter
{
  public:
    ModelWriter(Model const& model, FitResult const& result)
        : model_(model)
        , result_(result)
    {
        std::int64_t id = 0;
        for (Component const& component : model.components())
            for (Parameter const& parameter : component.parameters())
                ids_[component.name() + "." + parameter.name()] = ++id;
        for (ParameterMap const& map : result.parameters) maps_[map.component + "." + map.parameter] = &map;
        shape_ = result.shape.empty() ? std::vector<std::size_t>{1} : result.shape;
    }

    void write(OutputGroup const& group, Signal const& signal, std::vector<unsigned char> const& channel_switches) const
    {
        std::vector<std::size_t> signal_shape;
        for (Axis const& axis : signal.signal_axes()) signal_shape.push_back(axis.size);
        Dictionary const dictionary(group.group("_dict"));
        dictionary.group().dataset("chisq.data", shape_, std::span(result_.chisq));
        dictionary.allow("chisq.data");
        dictionary.group().dataset("dof.data", shape_, std::span<std::int64_t const>(num_free_parameters()));
        dictionary.allow("dof.data");
        // The first is 1.7's name, the second 2.x's; each ignores the other's.
        for (char const* const name : {"channel_switches", "_channel_switches"}) {
            dictionary.group().bool_dataset(name, signal_shape, channel_switches);
            dictionary.allow(name);
        }
        if (signal.low_loss()) {
            dictionary.set("convolved", true);
            write_hyperspy_value(dictionary.group().group("low_loss"), *signal.low_loss(), signal.navigation_axes());
            dictionary.allow("low_loss", "sig");
        }
        if (signal.signal_type == "EDS_TEM" || signal.signal_type == "EDS_SEM") write_eds_lists(dictionary.group());
        std::size_t const count = model_.size();
        OutputGroup const list = list_of(dictionary.group(), "components", count);
        OutputGroup const names = group.group("components");
        std::set<std::string> seen;
        std::size_t i = 0;
        for (Component const& component : model_.components()) {
            std::string listed = component.name();  // for HyperSpy's overview only
            std::replace(listed.begin(), listed.end(), '/', '-');
            while (listed == "." || !seen.insert(listed).second) listed += "_";
            names.group(listed);
            write_component(list.group(padded(i, count)), component);
            ++i;
        }
    }

  private:
    bool is_active(Component const& component, std::size_t pixel) const
    {
        auto const& map = component.active_map();
        return map.empty() ? component.is_active() : map[pixel] != 0;
    }

    /// HyperSpy's dof.
    std::vector<std::int64_t> num_free_parameters() const
    {
        std::vector<std::int64_t> counts(result_.num_pixels(), 0);
        for (Component const& component : model_.components()) {
            auto const free = std::count_if(
                component.parameters().begin(), component.parameters().end(), [&](Parameter const& parameter) {
                    return parameter.is_free() && !model_.is_twin(component.name() + "." + parameter.name());
                });
            for (std::size_t i = 0; i < counts.size(); ++i)
                if (has_values(result_.status[i]) && is_active(component, i)) counts[i] += free;
        }
        return counts;
    }

    /// HyperSpy's EDSModel does not restore without these. Its xray_lines are the masters of families alone.
    void write_eds_lists(OutputGroup const& group) const
    {
        std::vector<std::string> masters, background;
        for (Component const& component : model_.components()) {
            auto const line =
                component.type() == "Gaussian" ? find_xray_line(component.name()) : std::optional<ElementLine>();
            if (!line)
                background.push_back(component.name());
            else if (line->line->is_master())
                masters.push_back(component.name());
        }
        write_names(group, "xray_lines", masters);
        write_names(group, "background_components", background);
    }

    static void write_names(OutputGroup const& group, std::string const& key, std::vector<std::string> const& names)
    {
        if (names.empty()) return group.set("_list_empty_" + key, none);
        OutputGroup const list = list_of(group, key, names.size());
        for (std::size_t i = 0; i < names.size(); ++i) list.set(padded(i, names.size()), names[i]);
    }

    void write_component(OutputGroup const& group, Component const& component) const
    {
        Dictionary const dictionary(group);
        HyperspyForm const form = hyperspy_form(component);
        group.set("package", "hyperspy");
        group.set("package_version", "1.7.3");
        dictionary.set("_id_name", form.id_name);
        dictionary.set("name", component.name(), form.is_expression() ? "init" : "");
        if (form.has_class_dump)
            group.set_opaque("_bs__class_dump", {reinterpret_cast<unsigned char const*>(gaussian2d_pickle.data()),
                                                 gaussian2d_pickle.size()});
        if (form.is_expression()) write_expression(dictionary, form, component.dimension());
        if (form.id_name == "ScalableFixedPattern") write_pattern(dictionary, component.options());

        bool const has_map = !component.active_map().empty() && result_.num_pixels() > 1;
        dictionary.set("active", is_active(component, 0));
        dictionary.set("active_is_multidimensional", has_map);
        if (has_map)
            group.bool_dataset("_active_array", shape_, component.active_map());
        else
            group.set("_active_array", none);
        dictionary.allow("_active_array");

        if (form.id_name == "EELSCLEdge") write_edge(dictionary, component.options().edge);
        if (component.options().line.shirley && component.type() == "PESCoreLineShape") dictionary.set("Shirley", true);
        if (form.is_expression() && !component.own()) return write_parameters_of_formula(group, component);

        // An edge's fine structure is one parameter there, a vector.
        std::size_t const all = component.parameters().size();
        std::size_t const scalars = component.type() == "EELSCLEdge" ? num_scalars_of_edge : all;
        std::size_t const count = scalars + (all > scalars ? 1 : 0);
        OutputGroup const list = list_of(group, "parameters", count);
        for (std::size_t i = 0; i < scalars; ++i)
            write_parameter(list.group(padded(i, count)), component.name(), component.parameters()[i]);
        if (all > scalars) write_fine_structure(list.group(padded(scalars, count)), component);
    }

    /// HyperSpy takes no others: a sum over channels is not part of a formula.
    void write_parameters_of_formula(OutputGroup const& group, Component const& component) const
    {
        std::vector<std::string> const symbols = expression::Expression::parse(component.formula()).symbols();
        std::vector<Parameter const*> parameters;
        for (Parameter const& p : component.parameters())
            if (std::find(symbols.begin(), symbols.end(), p.name()) != symbols.end()) parameters.push_back(&p);
        OutputGroup const list = list_of(group, "parameters", parameters.size());
        for (std::size_t i = 0; i < parameters.size(); ++i)
            write_parameter(list.group(padded(i, parameters.size())), component.name(), *parameters[i]);
    }

    static void write_edge(Dictionary const& dictionary, EdgeOptions const& edge)
    {
        dictionary.set("element_subshell", edge.element_subshell, "init");
        dictionary.set("GOS", edge.gos, "init");
        dictionary.set("fine_structure_active", edge.fine_structure_active);
        dictionary.set("fine_structure_smoothing", edge.fine_structure_smoothing);
        dictionary.set("fine_structure_width", edge.fine_structure_width);
    }

    void write_fine_structure(OutputGroup const& group, Component const& component) const
    {
        std::vector<std::string> paths;
        for (std::size_t i = num_scalars_of_edge; i < component.parameters().size(); ++i)
            paths.push_back(component.name() + "." + component.parameters()[i].name());
        Dictionary const dictionary(group);
        dictionary.set("_id_name", "fine_structure_coeff");
        dictionary.set("name", "fine_structure_coeff");
        dictionary.set("self", ids_.at(paths.front()), "id");
        dictionary.set("free", model_.parameter(paths.front()).is_free());
        dictionary.set("units", "");
        dictionary.set("ext_bounded", false);
        dictionary.set("ext_force_positive", false);
        dictionary.set("twin_function_expr", "");
        dictionary.set("twin_inverse_function_expr", "");
        group.set("_list_empty__twins", none);
        OutputGroup const bounds = group.group("_tuple_" + std::to_string(paths.size()) + "__bounds");
        for (std::size_t i = 0; i < paths.size(); ++i) {
            OutputGroup const pair = bounds.group("_tuple_2_" + padded(i, paths.size()));
            pair.set("0", none);
            pair.set("1", none);
        }
        dictionary.allow("_bounds");
        write_vector_map(dictionary, paths);
    }

    void write_vector_map(Dictionary const& dictionary, std::vector<std::string> const& paths) const
    {
        VectorMapType const type{paths.size()};
        std::vector<std::byte> rows(result_.num_pixels() * type.size());
        std::vector<double> first(paths.size()), first_errors(paths.size(), nan);
        for (std::size_t k = 0; k < paths.size(); ++k) {
            ParameterMap const& map = *maps_.at(paths[k]);
            first[k] = model_.parameter(paths[k]).value();
            for (std::size_t i = 0; i < result_.num_pixels(); ++i) {
                bool const is_set = has_values(result_.status[i]);
                double const value = is_set ? map.values[i] : nan;
                double const error = is_set ? map.standard_errors[i] : nan;
                std::byte* const row = rows.data() + i * type.size();
                std::memcpy(row + 8 * k, &value, 8);
                std::memcpy(row + type.std() + 8 * k, &error, 8);
                row[type.is_set()] = std::byte{is_set};
                if (i == 0 && is_set) {
                    first[k] = value;
                    first_errors[k] = error;
                }
            }
        }
        dictionary.group().dataset("_tuple_value", {first.size()}, std::span<double const>(first));
        dictionary.allow("value");
        dictionary.group().dataset("std", {first.size()}, std::span<double const>(first_errors));
        dictionary.allow("std");
        dictionary.group().dataset("map", shape_, type.make(), rows.data());
        dictionary.allow("map");
    }

    static void write_pattern(Dictionary const& dictionary, ComponentOptions const& options)
    {
        Pattern const& pattern = options.pattern;
        Axis const axis{.size = pattern.values.size(),
                        .offset = pattern.offset,
                        .scale = pattern.scale,
                        .is_binned = pattern.is_binned};
        write_hyperspy_value(dictionary.group().group("signal1D"), Signal({}, {axis}, pattern.values), {});
        dictionary.allow("signal1D", "init,sig");
        dictionary.set("interpolate", options.interpolate);
    }

    static void write_expression(Dictionary const& dictionary, HyperspyForm const& form, int dimension)
    {
        OutputGroup const& group = dictionary.group();
        dictionary.set("expression", form.expression, "init");
        if (form.needs_scipy) {
            write_texts(group.group("_list_2_module"), {"numpy", "scipy"});
            dictionary.allow("module", "init");
        } else {
            dictionary.set("module", "numpy", "init");
        }
        if (form.position.size() == 1)
            group.set("position", form.position.front());
        else if (form.position.size() == 2)
            write_texts(group.group("_tuple_2_position"), form.position);
        else
            group.set("position", none);
        dictionary.allow("position", "init");
        dictionary.set("compute_gradients", true, "init");
        group.set("_list_empty_linear_parameter_list", none);
        dictionary.allow("linear_parameter_list", "init");
        OutputGroup const rename = group.group("rename_pars");
        for (auto const& [inner, outer] : form.rename) rename.set(inner, outer);
        dictionary.allow("rename_pars", "init");
        if (dimension == 2) {
            dictionary.set("add_rotation", false, "init");
            dictionary.set("rotation_center", none, "init");
        }
    }

    void write_parameter(OutputGroup const& group, std::string const& component, Parameter const& parameter) const
    {
        std::string const path = component + "." + parameter.name();
        bool const is_twin = model_.is_twin(path);
        Dictionary const dictionary(group);
        dictionary.set("_id_name", parameter.name());
        dictionary.set("name", parameter.name());
        dictionary.set("self", ids_.at(path), "id");
        dictionary.set("free", parameter.is_free() && !is_twin);
        dictionary.set("units", "");
        dictionary.set("ext_bounded", false);
        dictionary.set("ext_force_positive", false);
        write_bounds(dictionary, parameter.bounds());
        write_twins(dictionary, path);
        write_map(dictionary, path, parameter, is_twin);
    }

    static void write_bounds(Dictionary const& dictionary, Bounds bounds)
    {
        std::array<double, 2> const ends = {bounds.bmin, bounds.bmax};
        if (std::isfinite(ends[0]) && std::isfinite(ends[1])) {
            dictionary.group().dataset("_tuple__bounds", {2}, std::span<double const>(ends));
        } else {
            OutputGroup const pair = dictionary.group().group("_tuple_2__bounds");
            for (std::size_t i = 0; i < 2; ++i) {
                if (std::isfinite(ends[i]))
                    pair.set(std::to_string(i), ends[i]);
                else
                    pair.set(std::to_string(i), none);
            }
        }
        dictionary.allow("_bounds");
    }

    /// In HyperSpy the parameter that is followed lists its followers.
    void write_twins(Dictionary const& dictionary, std::string const& path) const
    {
        std::string function, inverse;
        std::vector<std::int64_t> followers;
        for (Twin const& twin : model_.twins()) {
            if (twin.to == path) followers.push_back(ids_.at(twin.parameter));
            if (twin.parameter != path) continue;
            function = hyperspy_twin_expression(twin.expression);
            inverse = hyperspy_twin_expression(twin.inverse);
        }
        dictionary.set("twin_function_expr", function);
        dictionary.set("twin_inverse_function_expr", inverse);
        if (followers.empty())
            dictionary.group().set("_list_empty__twins", none);
        else
            dictionary.group().dataset("_list__twins", {followers.size()}, std::span<std::int64_t const>(followers));
    }

    void write_map(Dictionary const& dictionary, std::string const& path, Parameter const& parameter,
                   bool is_twin) const
    {
        std::size_t const num_pixels = result_.num_pixels();
        std::vector<std::byte> rows(num_pixels * MapType::size);
        auto const found = maps_.find(path);
        bool const has_error = parameter.is_free() || is_twin;
        double first_value = parameter.value(), first_error = nan;
        for (std::size_t i = 0; i < num_pixels; ++i) {
            double value = nan, error = nan;
            bool is_set = false;
            if (found != maps_.end() && has_values(result_.status[i])) {
                value = found->second->values[i];
                if (has_error) error = found->second->standard_errors[i];
                is_set = std::isfinite(value);
            }
            if (i == 0 && is_set) {
                first_value = value;
                first_error = error;
            }
            std::byte* const row = rows.data() + i * MapType::size;
            std::memcpy(row + MapType::values, &value, 8);
            std::memcpy(row + MapType::std, &error, 8);
            row[MapType::is_set] = std::byte{is_set};
        }
        dictionary.set("value", first_value);
        dictionary.set("std", first_error);
        dictionary.group().dataset("map", shape_, MapType::make(), rows.data());
        dictionary.allow("map");
    }

    Model const& model_;
    FitResult const& result_;
    std::vector<std::size_t> shape_;
    std::map<std::string, std::int64_t> ids_;
    std::map<std::string, ParameterMap const*> maps_;
};

}  // namespace

void write_hyperspy_model(OutputGroup const& group, Model const& model, FitResult const& result, Signal const& signal,
                          std::vector<unsigned char> const& channel_switches)
{
    ModelWriter(model, result).write(group, signal, channel_switches);
}

}  // namespace warpfit::io
