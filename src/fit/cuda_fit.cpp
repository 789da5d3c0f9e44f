#include "src/fit/cuda_fit.hpp"

#include "warpfit/error.hpp"

#include <algorithm>

namespace warpfit {

namespace {

/// Where the plugin puts the text of an error.
class Words
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

}  // namespace

std::unique_ptr<CudaFit> CudaFit::make(program::Plan const& plan, cuda::Table const& table, int device,
                                       std::string& why)
{
    void* prepared = nullptr;
    Words words;
    cuda::Code const code = table.create(&plan, device, nullptr, &prepared, words.buffer());
    if (code == cuda::Code::unsupported) {
        why = words.text();
        return nullptr;
    }
    if (code != cuda::Code::fine) words.raise(table, code);
    return std::unique_ptr<CudaFit>(new CudaFit(table, prepared));
}

Index CudaFit::good_batch(Index pixel_bytes) const
{
    return std::max<Index>(1, table_.good_batch(prepared_.get(), pixel_bytes));
}

void CudaFit::check_not_lost() const
{
    if (lost_) throw DeviceError("the GPU was lost earlier in this fit (it is not used again) resume in a new run");
}

void CudaFit::run(program::PixelBatch const& batch, program::BatchResults const& results, Stopped* stopped,
                  void const* context)
{
    check_not_lost();
    Words words;
    cuda::Code const code = table_.run(prepared_.get(), &batch, &results, stopped, context, words.buffer());
    if (code == cuda::Code::fine) return;
    lost_ = code == cuda::Code::device_lost;
    words.raise(table_, code);
}

void CudaFit::enqueue(program::PixelBatch const& batch, program::BatchResults const& results,
                      double const* common_start, void* stream)
{
    check_not_lost();
    Words words;
    cuda::Code const code = table_.enqueue(prepared_.get(), &batch, &results, common_start, stream, words.buffer());
    if (code == cuda::Code::fine) return;
    lost_ = code == cuda::Code::device_lost;
    words.raise(table_, code);
}

}  // namespace warpfit
