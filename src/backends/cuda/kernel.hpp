#pragma once

#include "kernels/cuda/launch.hpp"
#include "src/backends/cuda/cubin_cache.hpp"
#include "src/backends/cuda/runtime.hpp"

#include <string>

namespace warpfit::cuda {

/// The kernel that fits one plan on the current device: compiled for it where NVRTC is here and the driver takes what
/// it makes, else the interpreter.
class Kernel
{
  public:
    /// Throws CudaError (unsupported) where a block would need more shared memory than the device has.
    Kernel(program::Plan const& plan, cudaDeviceProp const& device, Compiler const& compiler, CubinCache& cache);
    ~Kernel();
    Kernel(Kernel const&) = delete;
    Kernel& operator=(Kernel const&) = delete;

    bool is_compiled() const noexcept { return library_ != nullptr; }
    LaunchShape const& shape() const noexcept { return shape_; }
    void launch(BatchArguments const& arguments, cudaStream_t stream) const;

  private:
    bool load(program::Plan const& plan, std::string const& architecture, Compiler const& compiler, CubinCache& cache);
    void set_occupancy(int multiprocessors);

    void const* kernel_ = nullptr;
    cudaLibrary_t library_ = nullptr;
    LaunchShape shape_{};
};

}  // namespace warpfit::cuda
