#include "src/io/reading.hpp"
#include "warpfit/error.hpp"

#include <algorithm>

namespace warpfit::io {
namespace {

constexpr int max_depth = 24;
constexpr std::size_t max_objects = 20000;  // hard links may form cycles
constexpr std::size_t max_listed = 12;

void walk_below(hdf5::Group const& group, std::function<void(hdf5::Group const&)> const& visit_group,
                std::function<void(hdf5::Dataset const&)> const& visit_dataset, int depth, std::size_t& budget)
{
    for (std::string const& name : group.names()) {
        if (budget == 0) return;
        --budget;
        if (group.has_group(name)) {
            hdf5::Group const child = group.group(name);
            visit_group(child);
            if (depth > 0) walk_below(child, visit_group, visit_dataset, depth - 1, budget);
        } else if (group.has_dataset(name)) {
            visit_dataset(group.dataset(name));
        }
    }
}

std::string listed(std::vector<std::string> const& names)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), max_listed); ++i) text += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > max_listed) text += ", ... " + std::to_string(names.size() - max_listed) + " more";
    return text;
}

[[noreturn]] void fail_choice(hdf5::Group const& root, std::string const& what, std::vector<std::string> const& choices)
{
    throw InputError(root.file() + ": " + what + " (" + listed(choices) + ") name one: " + root.file() + "#" +
                     choices.front());
}

Signal load_group(hdf5::Group const& group, LoadOptions const& options)
{
    bool const is_experiment =
        group.path().starts_with("/Experiments/") && group.path().find('/', 13) == std::string::npos;
    if (is_hspy_signal(group) || is_experiment) return load_hspy(group);
    if (is_nexus_data(group)) return load_nexus(group, options);
    group.fail("is neither a HyperSpy signal nor NXdata (a plain group) name a dataset in it");
}

/// Paths of the datasets that could be fitted: numbers, at least one dimension of more than one value.
std::vector<std::string> plain_candidates(hdf5::Group const& root)
{
    std::vector<std::string> paths;
    walk(
        root, [](hdf5::Group const&) {},
        [&](hdf5::Dataset const& dataset) {
            if (dataset.num_elements() > 1 && dataset.element_type()) paths.push_back(dataset.path());
        });
    return paths;
}

Signal load_named(hdf5::Group const& root, std::string const& name, LoadOptions const& options)
{
    if (root.has_dataset(name)) return load_plain(root.dataset(name), options);
    if (root.has_group(name) && name != "/") {
        hdf5::Group const group = root.group(name);
        if (name.front() == '/' || is_nexus_data(group)) return load_group(group, options);
    }
    std::vector<std::string> names;
    for (hdf5::Group const& signal : hspy_signals(root)) {
        std::string const own = signal.path().substr(signal.path().rfind('/') + 1);
        if (own == name || hspy_title(signal) == name) return load_hspy(signal);
        names.push_back(hspy_title(signal));
    }
    if (names.empty()) names = plain_candidates(root);
    std::string const holds = names.empty() ? "it holds no data" : "it holds " + listed(names);
    throw InputError(root.file() + ": has no \"" + name + "\" (" + holds + ") check the name after #");
}

}  // namespace

void walk(hdf5::Group const& group, std::function<void(hdf5::Group const&)> const& visit_group,
          std::function<void(hdf5::Dataset const&)> const& visit_dataset)
{
    std::size_t budget = max_objects;
    walk_below(group, visit_group, visit_dataset, max_depth, budget);
}

Signal load_hdf5(std::string const& file, std::string const& part, LoadOptions const& options)
{
    hdf5::Group const root = hdf5::open_file(file);
    if (!part.empty()) return load_named(root, part, options);

    std::vector<hdf5::Group> const signals = hspy_signals(root);
    if (signals.size() == 1) return load_hspy(signals.front());
    if (signals.size() > 1) {
        std::vector<std::string> names;
        for (hdf5::Group const& signal : signals) names.push_back(hspy_title(signal));
        fail_choice(root, "holds " + std::to_string(signals.size()) + " signals", names);
    }
    std::vector<hdf5::Group> const nexus = nexus_groups(root);
    if (nexus.size() == 1) return load_nexus(nexus.front(), options);
    if (nexus.size() > 1) {
        std::vector<std::string> names;
        for (hdf5::Group const& group : nexus) names.push_back(group.path());
        fail_choice(root, "holds " + std::to_string(nexus.size()) + " NXdata groups and no default", names);
    }
    std::vector<std::string> const candidates = plain_candidates(root);
    if (candidates.size() == 1) return load_plain(root.dataset(candidates.front()), options);
    if (candidates.empty())
        throw InputError(file +
                         ": holds no data (no HyperSpy signal, no NXdata, no dataset of numbers) check the file");
    fail_choice(root, "holds " + std::to_string(candidates.size()) + " datasets and no HyperSpy signal or NXdata",
                candidates);
}

}  // namespace warpfit::io
