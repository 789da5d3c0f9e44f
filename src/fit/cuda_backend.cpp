#include "src/fit/cuda_backend.hpp"

#include "kernels/solver/outcome.hpp"
#include "src/fit/cuda_fit.hpp"
#include "src/fit/slice.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace warpfit {

namespace {

/// A batch that several devices fit, each taking some pixels when it has nothing to do.
class SharedBatch
{
  public:
    SharedBatch(program::Plan const& plan, program::PixelBatch const& batch, program::BatchResults const& results,
                std::atomic<bool> const* stop, Index piece)
        : plan_(plan)
        , batch_(batch)
        , results_(results)
        , stop_(stop)
        , piece_(piece)
    {}

    /// Takes pieces until there are none, somebody failed or the fit was stopped. Throws nothing.
    void work(CudaFit& fit) noexcept
    {
        try {
            while (!is_over(this)) {
                Index const first = next_.fetch_add(piece_);
                if (first >= batch_.count) return;
                Index const count = std::min(piece_, batch_.count - first);
                fit.run(slice(batch_, plan_, first, count), slice(results_, plan_, first), &is_over, this);
            }
        } catch (...) {
            std::lock_guard const lock(mutex_);
            if (!failure_) failure_ = std::current_exception();
            failed_.store(true, std::memory_order_relaxed);
        }
    }

    /// Says of the pixels that nobody took or ended why; throws what the first failure was.
    void finish()
    {
        for (Index i = std::min(next_.load(), batch_.count); i < batch_.count; ++i)
            solver::write_failure(plan_, results_, i, program::Status::cancelled);
        if (!failure_) return;
        for (Index i = 0; i < batch_.count; ++i)
            if (results_.status[i] == program::Status::cancelled) results_.status[i] = program::Status::device_error;
        std::rethrow_exception(failure_);
    }

  private:
    static int is_over(void const* self)
    {
        auto const& batch = *static_cast<SharedBatch const*>(self);
        bool const stopped = batch.stop_ != nullptr && batch.stop_->load(std::memory_order_relaxed);
        return stopped || batch.failed_.load(std::memory_order_relaxed) ? 1 : 0;
    }

    program::Plan const& plan_;
    program::PixelBatch const& batch_;
    program::BatchResults const& results_;
    std::atomic<bool> const* stop_;
    Index const piece_;
    std::atomic<Index> next_ = 0;
    std::atomic<bool> failed_ = false;
    std::mutex mutex_;
    std::exception_ptr failure_;
};

class CudaBackend : public Backend
{
  public:
    CudaBackend(program::Plan const& plan, cuda::Table const& table, cuda::DeviceInfo const& device,
                std::vector<std::unique_ptr<CudaFit>> fits)
        : plan_(plan)
        , table_(table)
        , name_("sm_" + std::to_string(device.compute_major) + std::to_string(device.compute_minor))
        , fits_(std::move(fits))
    {}

    std::string device() const override { return "cuda"; }
    std::string instructions() const override { return name_; }
    std::string layout() const override { return fits_.front()->is_compiled() ? "compiled" : "interpreter"; }
    int threads() const override { return static_cast<int>(fits_.size()); }
    std::size_t good_batch(std::size_t pixel_bytes) const override
    {
        return fits_.size() * static_cast<std::size_t>(fits_.front()->good_batch(static_cast<Index>(pixel_bytes)));
    }
    // The bus carries this in some milliseconds.
    std::size_t most_bytes() const override { return fits_.size() * (std::size_t{256} << 20); }
    std::size_t most_pixels() const override { return fits_.size() << 21; }
    std::unique_ptr<Estimates> make_estimates(estimate::Plan const& plan) const override
    {
        return make_cuda_estimates(plan, table_);
    }

    void run(program::PixelBatch const& batch, program::BatchResults const& results,
             std::atomic<bool> const* stop) override
    {
        auto const devices = static_cast<Index>(fits_.size());
        // Devices end together to within a piece; a good batch, which is for many of its own, is enough for four.
        Index const shares = devices == 1 ? 1 : 4 * devices;
        Index const piece = std::max<Index>(1, devices == 1 ? batch.count : (batch.count + shares - 1) / shares);
        SharedBatch shared(plan_, batch, results, stop, piece);
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < fits_.size(); ++i) others.emplace_back([&, i] { shared.work(*fits_[i]); });
        shared.work(*fits_.front());
        others.clear();
        shared.finish();
    }

  private:
    program::Plan plan_;
    cuda::Table const& table_;
    std::string name_;
    std::vector<std::unique_ptr<CudaFit>> fits_;
};

}  // namespace

std::unique_ptr<Backend> make_cuda_backend(program::Plan const& plan, CudaPlugin const& plugin, double num_pixels,
                                           std::string& note)
{
    std::vector<cuda::DeviceInfo> const& devices = plugin.devices();
    std::vector<std::unique_ptr<CudaFit>> fits;
    auto first = CudaFit::make(plan, plugin.table(), 0, note);
    if (!first) return nullptr;
    note = first->note();
    // Pixels of some size, as their number is not known here to the byte.
    double const batch = static_cast<double>(first->good_batch(1024));
    fits.push_back(std::move(first));
    for (std::size_t i = 1; i < devices.size(); ++i) {
        // Another kind of GPU may round differently; which one fits a pixel is chance.
        if (std::strcmp(devices[i].name, devices[0].name) != 0) continue;
        if (num_pixels <= static_cast<double>(fits.size()) * batch) break;
        std::string why;
        try {
            if (auto fit = CudaFit::make(plan, plugin.table(), static_cast<int>(i), why)) {
                fits.push_back(std::move(fit));
                continue;
            }
        } catch (Error const& error) {
            why = error.what();
        }
        note += "; without GPU " + std::to_string(i) + ": " + why;
    }
    return std::make_unique<CudaBackend>(plan, plugin.table(), devices.front(), std::move(fits));
}

}  // namespace warpfit
