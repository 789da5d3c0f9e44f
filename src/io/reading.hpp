#pragma once

#include "src/io/hdf5.hpp"
#include "warpfit/io.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// What io::load() chooses between. Each function throws InputError naming the file.
namespace warpfit::io {

/// "FILE#part": part is empty where none is given. A file whose name holds a '#' wins.
struct Location
{
    std::string file;
    std::string part;
};
Location split_location(std::string const& path);

/// `part`: "/path", a name, or empty.
Signal load_hdf5(std::string const& file, std::string const& part, LoadOptions const& options);
/// Group with `data`, axes and metadata, as HyperSpy writes it.
Signal load_hspy(hdf5::Group const& group);
/// Group of class NXdata.
Signal load_nexus(hdf5::Group const& group, LoadOptions const& options);
/// A dataset without axes: x = 0, 1, ...
Signal load_plain(hdf5::Dataset const& dataset, LoadOptions const& options);
Signal load_msa(std::string const& file);
/// Columns x y [sigma].
Signal load_columns(std::string const& file);

bool is_msa(std::string const& file);
/// Throws InputError if `file` is of a format that is known but not read; the text says how to convert it.
void refuse_known_format(std::string const& file);
/// First bytes of a file, at most `count`.
std::string read_start(std::string const& file, std::size_t count);
/// All of a text file, at most 1 GiB.
std::string read_text_file(std::string const& file);

/// Signals of a HyperSpy file: the groups in /Experiments that hold data; empty: not such a file.
std::vector<hdf5::Group> hspy_signals(hdf5::Group const& root);
/// metadata.General.title, else the name of the group.
std::string hspy_title(hdf5::Group const& signal);
bool is_hspy_signal(hdf5::Group const& group);
bool is_nexus_data(hdf5::Group const& group);
/// The NXdata group that the chain of `default` attributes leads to, else all there are.
std::vector<hdf5::Group> nexus_groups(hdf5::Group const& root);
/// Calls visit for every group and dataset below `group`, parents first.
void walk(hdf5::Group const& group, std::function<void(hdf5::Group const&)> const& visit_group,
          std::function<void(hdf5::Dataset const&)> const& visit_dataset);

/// Values of a dataset, pixels first. `navigates` [rank]: which dimensions are navigation axes. If those come first,
/// values are read when needed; otherwise all are read and put in order when the first is needed.
RawArray read_pixels(hdf5::Dataset const& dataset, std::vector<bool> const& navigates);
/// Signal of a dataset with one axis for each dimension. Throws InputError unless 1 or 2 axes are signal axes.
Signal make_signal(hdf5::Dataset const& dataset, std::vector<Axis> const& axes, std::vector<bool> const& navigates);

/// Sets axis.size and either offset and scale, where values are equidistant within `tolerance` [units] or a millionth
/// of a step, or axis.values.
void set_values(Axis& axis, std::vector<double> values, double tolerance = 0.0);

/// Python's repr: "200.0", "1e-05".
std::string to_text(double v);

}  // namespace warpfit::io
