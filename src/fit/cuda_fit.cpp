#include "src/fit/cuda_fit.hpp"

#include "src/fit/cuda_words.hpp"
#include "warpfit/error.hpp"

#include <algorithm>

namespace warpfit {

std::unique_ptr<CudaFit> CudaFit::make(program::Plan const& plan, cuda::Table const& table, int device,
                                       std::string& why)
{
    void* prepared = nullptr;
    CudaWords words;
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
    CudaWords words;
    cuda::Code const code = table_.run(prepared_.get(), &batch, &results, stopped, context, words.buffer());
    if (code == cuda::Code::fine) return;
    lost_ = code == cuda::Code::device_lost;
    words.raise(table_, code);
}

void CudaFit::enqueue(program::PixelBatch const& batch, program::BatchResults const& results,
                      double const* common_start, void* stream)
{
    check_not_lost();
    CudaWords words;
    cuda::Code const code = table_.enqueue(prepared_.get(), &batch, &results, common_start, stream, words.buffer());
    if (code == cuda::Code::fine) return;
    lost_ = code == cuda::Code::device_lost;
    words.raise(table_, code);
}

}  // namespace warpfit
