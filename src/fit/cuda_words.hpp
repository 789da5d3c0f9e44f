#pragma once

#include "src/backends/cuda/plugin_table.hpp"
#include "warpfit/error.hpp"

#include <string>

namespace warpfit {

/// Where the plugin puts the text of an error.
class CudaWords
{
  public:
    cuda::ErrorText buffer() { return {text_, static_cast<int>(sizeof text_)}; }

    /// Throws what a failed call means to the caller.
    [[noreturn]] void raise(cuda::Table const& table, cuda::Code code) const
    {
        std::string const text = text_[0] != 0 ? text_ : table.code_name(code);
        switch (code) {
        case cuda::Code::out_of_memory:
            throw OutOfMemory("the GPU or the host is out of memory (" + text +
                              ") set a smaller batch_pixels, or fit on the CPU");
        case cuda::Code::device_lost:
            throw DeviceError("the GPU was lost while it ran (" + text +
                              ") finished batches are kept: resume, on the CPU if it happens again");
        case cuda::Code::no_driver:
        case cuda::Code::no_device:
            throw DeviceError("no CUDA device (" + text + ") check nvidia-smi; use device 'cpu' or 'auto'");
        default:
            throw DeviceError("the GPU backend failed (" + text + ") use device 'cpu'; please report this");
        }
    }

    std::string text() const { return text_; }

  private:
    char text_[4096] = "";  // a compiler's message may be long
};

}  // namespace warpfit
