#pragma once

#include "kernels/cuda/launch.hpp"
#include "src/backends/cuda/cubin_cache.hpp"
#include "src/backends/cuda/runtime.hpp"

#include <memory>
#include <string>
#include <type_traits>

namespace warpfit::cuda {

/// The kernel that fits one plan on the current device: compiled for it where NVRTC is here and the driver takes what
/// it makes, else the interpreter.
class Kernel
{
  public:
    /// Throws CudaError (unsupported) where a block would need more shared memory than the device has.
    Kernel(program::Plan const& plan, cudaDeviceProp const& device, Compiler const& compiler, CubinCache& cache);

    bool is_compiled() const noexcept { return library_ != nullptr; }
    /// What the driver said to a compiled kernel that it does not take; empty: it takes it, or was not asked.
    std::string const& refusal() const noexcept { return refusal_; }
    LaunchShape const& shape() const noexcept { return shape_; }
    /// For a device whose memory does not suffice for the scratch of more; at least one. No result changes.
    void set_blocks(int blocks) noexcept { shape_.blocks = blocks; }
    void launch(BatchArguments const& arguments, cudaStream_t stream) const;

  private:
    struct Unload
    {
        void operator()(cudaLibrary_t library) const noexcept { cudaLibraryUnload(library); }
    };

    bool load(program::Plan const& plan, std::string const& architecture, Compiler const& compiler, CubinCache& cache);
    void load_own(program::Plan const& plan, std::string const& architecture, Compiler const& compiler,
                  CubinCache& cache);
    bool take(Compiled const& compiled);
    void set_occupancy(int multiprocessors, int most_shared, int most_blocks);

    void const* kernel_ = nullptr;
    std::unique_ptr<std::remove_pointer_t<cudaLibrary_t>, Unload> library_;
    LaunchShape shape_{};
    std::string failure_;  ///< the compiler's log, where it failed
    std::string refusal_;
};

}  // namespace warpfit::cuda
