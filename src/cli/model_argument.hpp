#pragma once

#include "warpfit/model_file.hpp"
#include "warpfit/signal.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace warpfit::cli {

/// What the MODEL of a command names.
struct ModelArgument
{
    ModelFile file;
    std::shared_ptr<Signal const> low_loss{};  ///< what a stored model is convolved with; null: none
};

/// Whether MODEL is FILE.hspy or FILE.hspy#name: a model that HyperSpy stored with its data.
bool is_stored_model(std::string const& model);

/// Reads MODEL with the overrides `set`, and the files that its components name. Of a stored model the maps, too,
/// from which each pixel then starts ([fit] start = "file") unless told otherwise; a value that is overridden wins over
/// its map. Throws what load_model() and io::load_hyperspy_model() do.
ModelArgument load_model_argument(std::string const& model, std::vector<std::string> const& set);

/// Keeps of every map, of parameters and active ones, the pixels that are `kept` of num_pixels.
void cut_maps(Model& model, std::vector<std::size_t> const& kept, std::size_t num_pixels);

}  // namespace warpfit::cli
