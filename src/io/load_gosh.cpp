#include "src/io/load_gosh.hpp"

#include "src/io/hdf5.hpp"
#include "src/physics/subshell.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>

namespace warpfit::io {
namespace {

constexpr std::size_t max_values = 100'000'000;

constexpr char const* published = "take a published one, https://doi.org/10.5281/zenodo.7645765 "
                                  "(Segger_Guzzinati_Kohl_1.5.0.gosh, GOS 'dft') or "
                                  "https://doi.org/10.5281/zenodo.12800856 (Dirac_GOS_compact.gosh, GOS 'dirac')";

[[noreturn]] void refuse(std::string const& path, std::string const& why)
{
    throw InputError(path + ": is no .gosh file (" + why +
                     "; a .gosh file is HDF5 with GOS tables by element and subshell): " + published);
}

hdf5::Group open_gosh(std::string const& path)
{
    hdf5::file_size(path);  // throws where there is no such file
    if (!hdf5::is_hdf5(path)) refuse(path, "not HDF5");
    hdf5::Group root = hdf5::open_file(path);
    if (!root.has_group("metadata") || !root.group("metadata").has_group("edges_info"))
        refuse(path, "it has no group /metadata/edges_info");
    return root;
}

[[noreturn]] void fail_missing(hdf5::Group const& group, std::string const& what, std::string_view name,
                               std::vector<std::string> const& names)
{
    throw InputError(group.file() + ": has no " + what + " " + quote(name) + known_names(name, names));
}

/// Which table holds a subshell, and its electrons over those of the tabulated one. A pair such as L2,3 that the file
/// does not list is both of its subshells, which share a table.
physics::TableOfSubshell table_name_of(hdf5::Group const& root, std::string_view subshell)
{
    hdf5::Group const infos = root.group("metadata").group("edges_info");
    physics::TableOfSubshell whole{std::string(subshell), 1.0};
    bool const is_pair = subshell.find(',') != std::string_view::npos;
    if (is_pair && !infos.has_group(whole.table)) whole = physics::table_of_subshell(subshell);
    if (!infos.has_group(whole.table)) fail_missing(infos, "edge", subshell, infos.names());

    hdf5::Group const info = infos.group(whole.table);
    auto const table = info.text("table");
    auto const ratio = info.number("occupancy_ratio");
    if (!table || !ratio)
        info.fail(std::string("lacks the attribute ") + (table ? "occupancy_ratio" : "table") +
                  " (a .gosh file has it): " + published);
    return {*table, whole.occupancy_factor * *ratio};
}

hdf5::Group table_of(hdf5::Group const& root, Element const& element, std::string const& name)
{
    std::string const symbol(element.symbol);
    if (!root.has_group(symbol)) {
        std::vector<std::string> names = root.names();
        std::erase(names, "metadata");
        fail_missing(root, "element", symbol, names);
    }
    hdf5::Group const tables = root.group(symbol);
    if (!tables.has_group(name)) fail_missing(tables, "table of " + symbol, name, tables.names());
    return tables.group(name);
}

std::vector<double> read_row(hdf5::Group const& group, char const* name)
{
    return group.dataset(name).read_doubles(max_values);
}

/// `data` without its dimensions of length 1 is [num_q, num_energies]; returned as [num_energies, num_q].
std::vector<double> read_values(hdf5::Group const& group, std::size_t num_q, std::size_t num_energies)
{
    hdf5::Dataset const data = group.dataset("data");
    std::vector<std::size_t> shape;
    for (std::size_t const size : data.shape())
        if (size != 1) shape.push_back(size);
    if (shape != std::vector{num_q, num_energies}) {
        std::vector<std::string> sizes;
        for (std::size_t const size : data.shape()) sizes.push_back(std::to_string(size));
        data.fail("has the shape [" + joined(sizes) + "] (" + std::to_string(num_q) + " momentum transfers and " +
                  std::to_string(num_energies) +
                  " energies beside it, which are its last dimensions in a .gosh file): " + published);
    }
    std::vector<double> const stored = data.read_doubles(max_values);
    std::vector<double> values(stored.size());
    for (std::size_t j = 0; j < num_q; ++j)
        for (std::size_t i = 0; i < num_energies; ++i) values[i * num_q + j] = stored[j * num_energies + i];
    return values;
}

}  // namespace

physics::GosTable load_gosh(std::string const& path, Element const& element, std::string_view subshell)
{
    ElementEdge const edge = eels_edge(std::string(element.symbol) + "_" + std::string(subshell));
    hdf5::Group const root = open_gosh(path);
    physics::TableOfSubshell const found = table_name_of(root, subshell);
    hdf5::Group const group = table_of(root, element, found.table);
    physics::GosTable table{path + "#" + group.path(), edge.edge->onset_energy, found.occupancy_factor};
    table.q = read_row(group, "q");
    table.energies = read_row(group, "free_energies");
    table.values = read_values(group, table.q.size(), table.energies.size());
    if (!table.energies.empty()) {
        double const least = *std::min_element(table.energies.begin(), table.energies.end());
        for (double& energy : table.energies) energy -= least;
    }
    return table;
}

}  // namespace warpfit::io
