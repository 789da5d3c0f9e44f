#pragma once

#include "src/backends/cuda/cubin_entry.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace warpfit::cuda {

/// $XDG_CACHE_HOME/warpfit, or ~/.cache/warpfit; empty: neither variable is an absolute path.
std::filesystem::path default_cache_folder();

/// Compiled programs in a folder, `KEY.cubin` each. Threads and processes may share it: an entry appears complete or
/// not at all, and any may go at any time.
class CubinFolder
{
  public:
    /// Made at the first write. limit [bytes]: of all entries together.
    CubinFolder(std::filesystem::path folder, long long limit);

    /// Nothing: not there, or broken; then it is deleted. An entry that is read counts as used now.
    std::optional<Compiled> read(Sha256::Digest const& key) const;

    /// Then deletes the entries used longest ago until the rest is within the limit. One above the limit is not kept.
    /// Returns why it could not be written; empty: it was.
    std::string write(Sha256::Digest const& key, Compiled const& compiled) const;

  private:
    std::filesystem::path path_of(Sha256::Digest const& key) const;
    void trim(std::filesystem::path const& newest) const;

    std::filesystem::path folder_;
    long long limit_;
};

}  // namespace warpfit::cuda
