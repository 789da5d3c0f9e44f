#pragma once

#include "warpfit/fit.hpp"
#include "warpfit/model_file.hpp"
#include "warpfit/signal.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

/// Files. The only part of warpfit that links HDF5 (target warpfit::io). On a file whose structure (object headers,
/// B-trees, heaps) is damaged, libhdf5 itself may crash or loop: the command `warpfit` first reads it in a child
/// process.
namespace warpfit::io {

struct LoadOptions
{
    int navigation_dimensions =
        -1;            ///< plain HDF5 datasets: how many leading dimensions are pixels; -1: all but the last
    bool lazy = true;  ///< read values when needed; false: now
};

/// Opens "FILE", "FILE#name" (a HyperSpy signal of that title) or "FILE#/path" (an HDF5 dataset or NXdata group).
/// .hspy .hdf5 .h5 .nxs .msa .emsa, text columns (x y [sigma]). Known but unread formats are recognised.
/// Throws InputError naming the file, what is wrong, and what to do.
Signal load(std::string const& path, LoadOptions const& options = {});

/// Reads the files that components name and have not read yet: the `signal` of a ScalableFixedPattern, with load() or
/// the function given, and the oscillator strengths of an EELSCLEdge. Throws InputError; InvalidArgument where a file
/// holds no single spectrum on a uniform axis.
void load_component_files(Model& model, std::function<Signal(std::string const& path)> const& load_signal = {});

/// The fine structure coefficients of an EELSCLEdge as text, one a line with all digits, in the order of their
/// energies. Throws InvalidArgument for a component without any; WriteError.
void fine_structure_coeff_to_txt(Component const& edge, std::string const& path);
/// The way back: numbers in lines, `#` starts a comment. Throws InputError where there are not as many as the edge has
/// coefficients, or what stands there is no finite number; then nothing is set.
void txt_to_fine_structure_coeff(Component& edge, std::string const& path);

/// What `warpfit inspect` prints, as JSON text: shape, type, axes, chunks, filters, what is missing to read it.
std::string inspect_json(std::string const& path);
std::string inspect_text(std::string const& path);

/// The FILE of "FILE", "FILE#name" or "FILE#/path" where it is HDF5; else, or where there is none, empty.
std::string hdf5_file(std::string const& path);

/// What a result file holds besides the maps.
struct ResultFile
{
    ModelFile model;  ///< model JSON as stored
    FitResult result;
    Signal signal;           ///< the data inside the file (lazy)
    std::string input_path;  ///< where the data came from
    bool complete = true;
};

/// A model that HyperSpy stored with its data, and the signal that it is of.
struct StoredModel
{
    ModelFile model;  ///< what was found as values and maps; channels as data.channel_mask
    Signal signal;    ///< with the low loss where the model was convolved (lazy)
};

/// Reads m.store() of HyperSpy 1.x (2.x as far as its layout is known: no file of it was tried) from FILE.hspy:
/// components with options, values, bounds, free, twins, maps and active maps. name: of the model; may be empty where
/// the file holds one. A Polynomial with one vector `coefficients`, as HyperSpy had it up to 1.7, becomes one with a0,
/// a1, ...; a rotated 2D component is HyperSpy's (hyperspy_compat). Throws InputError: no such model (naming those
/// there are), a component that warpfit does not have (one of pickled Python), parameters that do not fit it.
StoredModel load_hyperspy_model(std::string const& path, std::string const& name = {});

/// Writes signal, variance, model and maps as a .hspy that HyperSpy 1.7.3 loads and whose model it restores; built
/// beside `path` and renamed. Throws WriteError (full disk, permission); then nothing is at `path` that was not before.
void save_result(std::string const& path, Signal const& signal, ModelFile const& model, FitResult const& result);

/// Throws InputError if it is not a warpfit result.
ResultFile load_result(std::string const& path);
/// Throws what load_result() throws before it reads the values of the maps, which take longest.
void check_result(std::string const& path);

/// Every map as one file in `directory`: format "npy", "csv" or "tiff". Returns the paths. Throws WriteError.
std::vector<std::string> export_maps(FitResult const& result, std::string const& directory, std::string const& format);

/// Append-only record of a running fit at `path` (OUT.journal), synced at least every few seconds.
/// `setup` is stored verbatim for `resume` (paths, model JSON, command options).
std::unique_ptr<ResultSink> create_journal(std::string const& path, std::string const& setup);
/// Opens one that a killed run left behind: complete records are recovered, a torn tail is dropped.
/// Throws InputError if it is not a journal or its head is damaged.
std::unique_ptr<ResultSink> open_journal(std::string const& path, std::string& setup);

}  // namespace warpfit::io
