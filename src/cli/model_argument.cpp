#include "src/cli/model_argument.hpp"

#include "src/cli/guarded_read.hpp"
#include "warpfit/io.hpp"

#include <algorithm>
#include <utility>

namespace warpfit::cli {

namespace {

/// The text after '#' that names one of the models in `file`.
std::string name_in(std::string const& model, std::string const& file)
{
    return model.size() > file.size() ? model.substr(file.size() + 1) : std::string();
}

/// Whether one of the overrides "path=value" gives a parameter its value.
bool gives_value(std::vector<std::string> const& set, std::string const& path)
{
    auto const is_of = [&](std::string const& item) {
        std::string const key = item.substr(0, item.find('='));
        return key == path || key == path + ".start" || key == path + ".value";
    };
    return std::any_of(set.begin(), set.end(), is_of);
}

/// What a model file cannot hold: patterns and maps, those of free parameters where the fit starts from them.
void take_contents(ModelFile& to, Model const& from, std::vector<std::string> const& set)
{
    for (Component const& stored : from.components()) {
        Component& component = to.model[stored.name()];
        component.set_active_map(stored.active_map());
        if (!stored.options().pattern.values.empty()) component.set_pattern(stored.options().pattern);
        for (Parameter const& parameter : stored.parameters()) {
            if (!component.has_parameter(parameter.name())) continue;
            Parameter& here = component[parameter.name()];
            bool const counts = !here.is_free() || to.fit.start == Start::file;
            if (counts && !gives_value(set, stored.name() + "." + parameter.name())) here.set_map(parameter.map());
        }
    }
}

bool has_maps(Model const& model)
{
    for (Component const& component : model.components())
        for (Parameter const& parameter : component.parameters())
            if (!parameter.map().empty()) return true;
    return false;
}

ModelArgument load_stored(std::string const& model, std::vector<std::string> const& set)
{
    std::string const hdf5 = io::hdf5_file(model);
    std::string const file = hdf5.empty() ? model : hdf5;
    io::StoredModel stored = load_hyperspy_model(file, name_in(model, file));
    if (has_maps(stored.model.model)) stored.model.fit.start = Start::file;
    ModelArgument argument;
    argument.low_loss = stored.signal.low_loss();
    if (set.empty()) {
        argument.file = std::move(stored.model);
        return argument;
    }
    argument.file = parse_model_json(to_json(stored.model), model, set);
    take_contents(argument.file, stored.model.model, set);
    argument.file.warnings.insert(argument.file.warnings.begin(), stored.model.warnings.begin(),
                                  stored.model.warnings.end());
    return argument;
}

template<class T>
std::vector<T> cut(std::vector<T> const& map, std::vector<std::size_t> const& kept)
{
    std::vector<T> out;
    out.reserve(kept.size());
    for (std::size_t const pixel : kept) out.push_back(map[pixel]);
    return out;
}

}  // namespace

bool is_stored_model(std::string const& model)
{
    return model != "-" && (!io::hdf5_file(model).empty() || model.ends_with(".hspy"));
}

ModelArgument load_model_argument(std::string const& model, std::vector<std::string> const& set)
{
    ModelArgument argument;
    if (is_stored_model(model))
        argument = load_stored(model, set);
    else
        argument.file = load_model(model, set);
    load_component_files(argument.file.model);
    return argument;
}

void cut_maps(Model& model, std::vector<std::size_t> const& kept, std::size_t num_pixels)
{
    if (kept.size() == num_pixels) return;
    for (Component& component : model.components()) {
        if (component.active_map().size() == num_pixels) component.set_active_map(cut(component.active_map(), kept));
        for (Parameter& parameter : component.parameters())
            if (parameter.map().size() == num_pixels) parameter.set_map(cut(parameter.map(), kept));
    }
}

}  // namespace warpfit::cli
