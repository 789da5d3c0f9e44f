#pragma once

#include "src/backends/cuda/plugin_table.hpp"

#include <memory>
#include <string>

namespace warpfit {

/// One plan on one device of a plugin; codes become exceptions: OutOfMemory, else DeviceError, with the plugin's words.
class CudaFit
{
  public:
    /// Whether a run shall stop, asked between launches.
    using Stopped = int(void const* context);

    /// null: the plan needs what the device's kernels cannot do; `why` says what.
    static std::unique_ptr<CudaFit> make(program::Plan const& plan, cuda::Table const& table, int device,
                                         std::string& why);

    bool is_compiled() const { return table_.is_compiled(prepared_.get()) != 0; }
    Index good_batch(Index pixel_bytes) const;
    /// How its kernel came about.
    std::string note() const { return table_.note(prepared_.get()); }

    /// Writes every result, also where it throws. A device that was lost is not touched again.
    void run(program::PixelBatch const& batch, program::BatchResults const& results, Stopped* stopped,
             void const* context);
    /// cuda::Table::enqueue().
    void enqueue(program::PixelBatch const& batch, program::BatchResults const& results, double const* common_start,
                 void* stream);

  private:
    CudaFit(cuda::Table const& table, void* prepared)
        : table_(table)
        , prepared_(prepared, table.destroy)
    {}
    void check_not_lost() const;

    cuda::Table const& table_;
    std::unique_ptr<void, void (*)(void*)> prepared_;
    bool lost_ = false;
};

}  // namespace warpfit
