#include "src/fit/cuda_backend.hpp"

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
    char text_[1024] = "";
};

class CudaBackend : public Backend
{
  public:
    CudaBackend(cuda::Table const& table, cuda::DeviceInfo const& device, void* prepared)
        : table_(table)
        , name_("sm_" + std::to_string(device.compute_major) + std::to_string(device.compute_minor))
        , prepared_(prepared, table.destroy)
    {}

    std::string device() const override { return "cuda"; }
    std::string instructions() const override { return name_; }
    std::string layout() const override
    {
        return table_.is_compiled(prepared_.get()) != 0 ? "compiled" : "interpreter";
    }
    int threads() const override { return 1; }
    std::size_t good_batch() const override
    {
        return static_cast<std::size_t>(std::max(1LL, table_.good_batch(prepared_.get())));
    }

    void run(program::PixelBatch const& batch, program::BatchResults const& results,
             std::atomic<bool> const* stop) override
    {
        if (lost_) throw DeviceError("the GPU was lost earlier in this fit (it is not used again) resume in a new run");
        Words words;
        cuda::Code const code = table_.run(prepared_.get(), &batch, &results, &is_set, stop, words.buffer());
        if (code == cuda::Code::fine) return;
        lost_ = code == cuda::Code::device_lost;
        words.raise(table_, code);
    }

  private:
    static int is_set(void const* stop)
    {
        return stop != nullptr && static_cast<std::atomic<bool> const*>(stop)->load(std::memory_order_relaxed) ? 1 : 0;
    }

    cuda::Table const& table_;
    std::string name_;
    std::unique_ptr<void, void (*)(void*)> prepared_;
    bool lost_ = false;
};

}  // namespace

std::unique_ptr<Backend> make_cuda_backend(program::Plan const& plan, CudaPlugin const& plugin, std::string& note)
{
    void* prepared = nullptr;
    Words words;
    cuda::Code const code = plugin.table().create(&plan, 0, nullptr, &prepared, words.buffer());
    if (code == cuda::Code::unsupported) {
        note = words.text();
        return nullptr;
    }
    if (code != cuda::Code::fine) words.raise(plugin.table(), code);
    note = plugin.table().note(prepared);
    return std::make_unique<CudaBackend>(plugin.table(), plugin.devices().front(), prepared);
}

}  // namespace warpfit
