#pragma once

#include "src/backends/cuda/plugin_table.hpp"

#include <memory>
#include <string>

namespace warpfit {

/// Estimates start values of batches of pixels of one plan.
class Estimates
{
  public:
    virtual ~Estimates() = default;
    virtual std::string device() const = 0;  ///< "cpu", "cuda"
    /// Writes every row. Of the batch its data, starts (null: the plan's), values of fixed parameters, mask and low
    /// loss count. Throws DeviceError, OutOfMemory.
    virtual void run(program::PixelBatch const& batch, estimate::Results const& results) = 0;
};

/// On the CPU. threads: 0: all cores. The plan must outlive it.
std::unique_ptr<Estimates> make_cpu_estimates(estimate::Plan const& plan, int threads);

/// On the first device of a plugin. Every plan that has an estimate can be estimated there, for functions
/// have none. Throws DeviceError, OutOfMemory.
std::unique_ptr<Estimates> make_cuda_estimates(estimate::Plan const& plan, cuda::Table const& table);

}  // namespace warpfit
