#pragma once

#include "src/backends/cuda/plugin_table.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace warpfit {

/// The CUDA plugin, looked for at run time, so that one build serves machines with and without a GPU.
class CudaPlugin
{
  public:
    enum class State {
        ready,          ///< at least one device
        absent,         ///< no such file
        broken,         ///< does not load, or has no table
        wrong_version,  ///< made for another version of warpfit
        no_driver,
        no_device
    };

    /// path: full path of the plugin; empty: next to this library. Throws InvalidArgument for a relative path: the
    /// current directory is no place to load code from. Once loaded, a plugin stays for the life of the process.
    explicit CudaPlugin(std::string const& path);

    State state() const noexcept { return state_; }
    std::filesystem::path const& path() const noexcept { return path_; }
    /// What is wrong and what to do; empty where ready.
    std::string const& problem() const noexcept { return problem_; }
    std::vector<cuda::DeviceInfo> const& devices() const noexcept { return devices_; }
    /// Only where ready.
    cuda::Table const& table() const noexcept { return *table_; }

  private:
    void load();
    void find_devices();

    std::filesystem::path path_;
    State state_ = State::absent;
    std::string problem_;
    cuda::Table const* table_ = nullptr;
    std::vector<cuda::DeviceInfo> devices_;
};

}  // namespace warpfit
