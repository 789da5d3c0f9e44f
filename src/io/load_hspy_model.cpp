#include "src/io/reading.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"
#include "warpfit/io.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

namespace warpfit::io {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// What HyperSpy 1.7 calls its Polynomial of a0, a1, ...
constexpr char const* new_polynomial = "eab91275-88db-4855-917a-cdcbe7209592";

bool is_true(hdf5::Group const& group, std::string const& name)
{
    return group.number(name).value_or(0.0) != 0.0;
}

std::string needed_text(hdf5::Group const& group, std::string const& name)
{
    std::optional<std::string> const text = group.text(name);
    if (!text) group.fail("lacks \"" + name + "\" (no such text) store the model again with HyperSpy");
    return *text;
}

/// The children "0", "1", ... of _list_<n>_<key> or _tuple_<n>_<key> in the order of their numbers, which HyperSpy's
/// own reader does not keep from the eleventh on.
std::vector<hdf5::Group> items_of(hdf5::Group const& group, std::string const& key)
{
    std::vector<std::pair<double, std::string>> order;
    std::string list;
    for (std::string const& name : group.names())
        if ((name.starts_with("_list_") || name.starts_with("_tuple_")) && name.ends_with("_" + key) &&
            group.has_group(name))
            list = name;
    std::vector<hdf5::Group> items;
    if (list.empty()) return items;
    hdf5::Group const parent = group.group(list);
    for (std::string const& name : parent.names())
        if (double number = 0.0; parse_number(name, number) && parent.has_group(name)) order.emplace_back(number, name);
    std::sort(order.begin(), order.end());
    for (auto const& [number, name] : order) items.push_back(parent.group(name));
    return items;
}

/// A list of texts, however long; empty where there is none.
std::vector<std::string> texts_of(hdf5::Group const& group, std::string const& key)
{
    for (char const* const kind : {"_tuple_", "_list_"})
        if (group.has_dataset(kind + key)) return group.dataset(kind + key).read_texts();
    std::vector<std::string> texts;
    for (std::string const& name : group.names()) {
        if (!name.starts_with("_tuple_") && !name.starts_with("_list_")) continue;
        if (!name.ends_with("_" + key) || !group.has_group(name)) continue;
        hdf5::Group const list = group.group(name);
        for (std::size_t i = 0; list.text(std::to_string(i)); ++i) texts.push_back(*list.text(std::to_string(i)));
    }
    return texts;
}

/// One parameter as the file has it; a vector is `width` of them.
struct StoredParameter
{
    hdf5::Group group;
    std::string name;
    std::vector<double> values;  ///< [width]
    bool is_vector = false;
    double id = 0.0;                       ///< "self"
    std::vector<double> followers;         ///< ids of its twins
    std::optional<double> bmin{}, bmax{};  ///< a vector has none here
    std::vector<double> map{};             ///< [num_pixels, width] NaN where not set; empty: nowhere set
};

void read_bounds(StoredParameter& parameter)
{
    if (parameter.group.has_dataset("_tuple__bounds")) {
        std::vector<double> const ends = parameter.group.dataset("_tuple__bounds").read_doubles(2);
        if (ends.size() == 2) {
            parameter.bmin = ends[0];
            parameter.bmax = ends[1];
        }
    } else if (parameter.group.has_group("_tuple_2__bounds")) {
        hdf5::Group const pair = parameter.group.group("_tuple_2__bounds");
        parameter.bmin = pair.number("0");
        parameter.bmax = pair.number("1");
    }
}

void read_map(StoredParameter& parameter, std::size_t num_pixels)
{
    if (!parameter.group.has_dataset("map")) return;
    hdf5::Dataset const map = parameter.group.dataset("map");
    std::size_t const width = parameter.values.size();
    std::vector<double> const is_set = map.read_member("is_set", 1, num_pixels);
    if (is_set.size() != num_pixels)
        map.fail("has " + std::to_string(is_set.size()) + " pixels (the signal has " + std::to_string(num_pixels) +
                 ") store the model again with HyperSpy");
    if (std::find(is_set.begin(), is_set.end(), 1.0) == is_set.end()) return;
    parameter.map = map.read_member("values", width, num_pixels);
    for (std::size_t i = 0; i < parameter.map.size(); ++i)
        if (is_set[i / width] == 0.0) parameter.map[i] = nan;
}

StoredParameter read_parameter(hdf5::Group const& group, std::size_t num_pixels)
{
    StoredParameter parameter{group, needed_text(group, "_id_name"), {}, false, 0.0, {}};
    constexpr std::size_t most = 1 << 20;
    if (group.has_dataset("_tuple_value")) {
        parameter.values = group.dataset("_tuple_value").read_doubles(most);
        parameter.is_vector = true;
    } else if (std::optional<double> const value = group.number("value")) {
        parameter.values = {*value};
    } else {
        group.fail("has no value (neither a number nor a tuple) store the model again with HyperSpy");
    }
    parameter.id = group.number("self").value_or(0.0);
    if (group.has_dataset("_list__twins")) parameter.followers = group.dataset("_list__twins").read_doubles(most);
    if (!parameter.is_vector) read_bounds(parameter);
    read_map(parameter, num_pixels);
    return parameter;
}

/// Reads one model. Parameters are found by their id, as twins name them.
class ModelReader
{
  public:
    explicit ModelReader(StoredModel& stored)
        : stored_(stored)
    {}

    void read(hdf5::Group const& dictionary)
    {
        bool const is_convolved = is_true(dictionary, "convolved") || is_true(dictionary, "_convolved");
        if (is_convolved && dictionary.has_group("low_loss"))
            stored_.signal.set_low_loss(load_hspy(dictionary.group("low_loss")));
        for (hdf5::Group const& component : items_of(dictionary, "components")) read_component(component);
        if (stored_.model.model.size() == 0)
            dictionary.fail("holds no component (nothing to fit) store the model again with HyperSpy");
        set_twins();
        read_channels(dictionary);
    }

  private:
    std::size_t num_pixels() const { return stored_.signal.num_pixels(); }

    static bool has(std::vector<StoredParameter> const& parameters, std::string const& name)
    {
        return std::any_of(parameters.begin(), parameters.end(), [&](auto const& p) { return p.name == name; });
    }

    void read_component(hdf5::Group const& group)
    {
        std::vector<StoredParameter> parameters;
        for (hdf5::Group const& item : items_of(group, "parameters"))
            parameters.push_back(read_parameter(item, num_pixels()));
        std::string const type = type_of(group, parameters);
        Component* component = nullptr;
        try {
            component = &stored_.model.model.append(
                Component(type, needed_text(group, "name"), options_of(group, type, parameters)));
        } catch (InvalidArgument const& error) {
            group.fail("cannot be read (" + std::string(error.what()) + ") replace the component in HyperSpy");
        }
        if (type == "ScalableFixedPattern") read_pattern(group, *component);
        component->take_acquisition(stored_.signal);
        component->set_active(group.number("active").value_or(1.0) != 0.0);
        if (is_true(group, "active_is_multidimensional") && group.has_dataset("_active_array")) {
            std::vector<double> const active = group.dataset("_active_array").read_doubles(num_pixels());
            component->set_active_map({active.begin(), active.end()});
        }
        for (StoredParameter const& parameter : parameters) take(parameter, *component);
    }

    /// warpfit's name of the class.
    static std::string type_of(hdf5::Group const& group, std::vector<StoredParameter> const& parameters)
    {
        std::string const type = needed_text(group, "_id_name");
        if (type == new_polynomial) return "Polynomial";
        if (type == "Voigt" && has(parameters, "FWHM")) return "PESVoigt";  // up to 1.6
        if (type == "Arctan" && is_true(group, "minimum_at_zero")) return "EELSArctan";
        return type;
    }

    static ComponentOptions options_of(hdf5::Group const& group, std::string const& type,
                                       std::vector<StoredParameter> const& parameters)
    {
        ComponentOptions options;
        if (type == "Polynomial") {
            bool const is_vector = parameters.size() == 1 && parameters.front().is_vector;
            std::size_t const count = is_vector ? parameters.front().values.size() : parameters.size();
            options.order = static_cast<int>(count) - 1;
        } else if (type == "Expression") {
            options.expression = needed_text(group, "expression");
            options.position = texts_of(group, "position");
            std::string const position = group.text("position").value_or("_None_");
            if (position != "_None_") options.position = {position};
            if (group.has_group("rename_pars")) {
                hdf5::Group const names = group.group("rename_pars");
                for (std::string const& inner : names.attribute_names())
                    options.rename_parameters[inner] = needed_text(names, inner);
            }
        } else if (type == "EELSCLEdge") {
            options.edge = edge_of(group);
        } else if (type == "PESCoreLineShape" || type == "PESVoigt") {
            options.line.shirley = is_true(group, "Shirley");
        } else if (type == "ScalableFixedPattern") {
            options.interpolation = "linear";
            options.interpolate = group.number("interpolate").value_or(1.0) != 0.0;
        }
        if (has(parameters, "rotation_angle") && type != "Vignetting") {
            options.add_rotation = options.hyperspy_compat = true;
            if (group.has_dataset("_tuple_rotation_center"))
                options.rotation_center = group.dataset("_tuple_rotation_center").read_doubles(2);
        }
        return options;
    }

    static EdgeOptions edge_of(hdf5::Group const& group)
    {
        EdgeOptions edge;
        edge.element_subshell = needed_text(group, "element_subshell");
        edge.gos = group.text("GOS").value_or(edge.gos);
        edge.gos_file_path = group.text("gos_file_path").value_or("");
        if (edge.gos_file_path == "_None_") edge.gos_file_path.clear();
        edge.fine_structure_active = is_true(group, "fine_structure_active");
        edge.fine_structure_width = group.number("fine_structure_width").value_or(edge.fine_structure_width);
        edge.fine_structure_smoothing =
            group.number("fine_structure_smoothing").value_or(edge.fine_structure_smoothing);
        edge.fine_structure_spline_onset =
            group.number("fine_structure_spline_onset").value_or(edge.fine_structure_spline_onset);
        edge.fine_structure_spline_active = group.number("fine_structure_spline_active").value_or(1.0) != 0.0;
        return edge;
    }

    static void read_pattern(hdf5::Group const& group, Component& component)
    {
        for (char const* const name : {"signal1D", "_sig_signal1D"})
            if (group.has_group(name)) return component.set_pattern(Pattern::of(load_hspy(group.group(name))));
        group.fail("has no pattern (no group \"signal1D\") store the model again with HyperSpy");
    }

    void take(StoredParameter const& stored, Component& component)
    {
        std::vector<std::string> const names = names_of(stored, component);
        std::size_t const width = names.size();
        for (std::size_t k = 0; k < width; ++k) {
            if (!component.has_parameter(names[k])) {
                if (stored.name == "fine_structure_coeff" && !component.options().edge.fine_structure_active) continue;
                std::vector<std::string> known;
                for (Parameter const& p : component.parameters()) known.push_back(p.name());
                stored.group.fail("is parameter " + quote(names[k]) + ", which a " + component.type() +
                                  " does not have" + known_names(names[k], known) + " store it again with HyperSpy");
            }
            Parameter& parameter = component[names[k]];
            if (!stored.is_vector)
                parameter.set_bounds({stored.bmin.value_or(-unbounded), stored.bmax.value_or(unbounded)});
            // HyperSpy's bounds hold in bounded fits alone.
            double const value = std::clamp(stored.values[k], parameter.bmin(), parameter.bmax());
            if (value != stored.values[k])
                stored_.model.warnings.push_back(component.name() + "." + names[k] + " is " +
                                                 number_text(stored.values[k]) + ", out of its bounds: moved to " +
                                                 number_text(value));
            parameter.set_value(value);
            parameter.set_free(is_true(stored.group, "free"));
            if (!stored.map.empty() && num_pixels() > 1) {
                std::vector<double> map(num_pixels());
                for (std::size_t p = 0; p < map.size(); ++p) map[p] = stored.map[p * width + k];
                parameter.set_map(std::move(map));
            }
        }
        if (!stored.is_vector) {
            path_of_[stored.id] = component.name() + "." + stored.name;
            twins_.push_back({stored.id, stored.followers, needed_expression(stored, "twin_function_expr"),
                              needed_expression(stored, "twin_inverse_function_expr")});
        }
    }

    /// The parameters that one of the file is. A vector of a polynomial has the highest power first.
    static std::vector<std::string> names_of(StoredParameter const& stored, Component const& component)
    {
        if (!stored.is_vector) return {stored.name};
        std::vector<std::string> names;
        for (std::size_t k = 0; k < stored.values.size(); ++k)
            names.push_back(component.type() == "Polynomial" && k < component.parameters().size()
                                ? component.parameters()[stored.values.size() - 1 - k].name()
                                : stored.name + "_" + std::to_string(k));
        return names;
    }

    static std::string needed_expression(StoredParameter const& stored, std::string const& name)
    {
        std::string const text = stored.group.text(name).value_or("");
        return text == "_None_" ? "" : text;
    }

    /// In HyperSpy the parameter that is followed lists its followers, whose expressions are their own.
    void set_twins()
    {
        for (StoredTwin const& followed : twins_)
            for (double const id : followed.followers) {
                auto const follower =
                    std::find_if(twins_.begin(), twins_.end(), [&](StoredTwin const& t) { return t.id == id; });
                if (follower == twins_.end()) continue;
                stored_.model.model.set_twin(
                    {path_of_.at(id), path_of_.at(followed.id), follower->function, follower->inverse});
                // It is not free there as it is a twin.
                stored_.model.model.parameter(path_of_.at(id)).set_free(true);
            }
    }

    void read_channels(hdf5::Group const& dictionary)
    {
        for (char const* const name : {"channel_switches", "_channel_switches"}) {
            if (!dictionary.has_dataset(name)) continue;
            std::vector<double> const on = dictionary.dataset(name).read_doubles(stored_.signal.num_channels());
            if (on.size() != stored_.signal.num_channels() || std::find(on.begin(), on.end(), 0.0) == on.end()) return;
            stored_.model.data.channel_mask.assign(on.begin(), on.end());
            return;
        }
    }

    struct StoredTwin
    {
        double id;
        std::vector<double> followers;
        std::string function, inverse;
    };

    StoredModel& stored_;
    std::map<double, std::string> path_of_;  ///< "component.parameter" by id
    std::vector<StoredTwin> twins_;
};

/// The group of the model of that name, of the only one where it is empty.
hdf5::Group find_model(hdf5::Group const& root, std::string const& path, std::string const& name)
{
    std::vector<std::string> names;
    if (root.has_group("Analysis") && root.group("Analysis").has_group("models"))
        names = root.group("Analysis").group("models").names();
    if (names.empty()) throw InputError(path + ": holds no model (no group /Analysis/models) store one with HyperSpy");
    std::string wanted = name;
    if (wanted.empty() && names.size() == 1) wanted = names.front();
    if (std::find(names.begin(), names.end(), wanted) == names.end())
        throw InputError(path + ": " +
                         (wanted.empty() ? "holds " + std::to_string(names.size()) + " models" + known_names("", names)
                                         : "holds no model " + quote(wanted) + known_names(wanted, names)) +
                         " name one of them");
    return root.group("Analysis").group("models").group(wanted);
}

}  // namespace

StoredModel load_hyperspy_model(std::string const& path, std::string const& name)
{
    hdf5::Group const root = hdf5::open_file(path);
    hdf5::Group const group = find_model(root, path, name);
    std::string const signal = needed_text(group, "_signal");
    std::string const prefix = "/Experiments/";
    if (!signal.starts_with(prefix))
        group.fail("does not say where its data are (\"" + signal + "\") store the model again with HyperSpy");
    StoredModel stored;
    stored.signal = load_hspy(root.group("Experiments").group(signal.substr(prefix.size())));
    ModelReader(stored).read(group.group("_dict"));
    return stored;
}

}  // namespace warpfit::io
