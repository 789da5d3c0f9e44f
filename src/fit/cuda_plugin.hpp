#pragma once

#include "src/backends/cuda/plugin_table.hpp"
#include "warpfit/device.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace warpfit {

/// The CUDA plugin, looked for at run time, so that one build serves machines with and without a GPU.
class CudaPlugin
{
  public:
    /// path: full path of the plugin; empty: next to this library. Throws InvalidArgument for a relative path: the
    /// current directory is no place to load code from. Once loaded, a plugin stays for the life of the process.
    explicit CudaPlugin(std::string const& path);

    CudaState state() const noexcept { return state_; }
    bool is_ready() const noexcept { return state_ == CudaState::ready; }
    std::filesystem::path const& path() const noexcept { return path_; }
    /// What is wrong, "problem (why)", and what to do; empty where ready.
    std::string const& problem() const noexcept { return problem_; }
    std::string const& advice() const noexcept { return advice_; }
    /// Zeros and empty texts where there is no plugin to ask.
    cuda::DriverInfo driver() const;
    cuda::CompilerInfo compiler() const;
    std::vector<cuda::DeviceInfo> const& devices() const noexcept { return devices_; }
    /// Only where ready.
    cuda::Table const& table() const noexcept { return *table_; }

  private:
    void load();
    void find_devices();
    void fail(CudaState state, std::string problem, std::string advice);

    std::filesystem::path path_;
    CudaState state_ = CudaState::ready;
    std::string problem_;
    std::string advice_;
    cuda::Table const* table_ = nullptr;
    std::vector<cuda::DeviceInfo> devices_;
};

}  // namespace warpfit
