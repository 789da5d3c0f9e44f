#pragma once

#include "kernels/program/plan.hpp"
#include "src/fit/estimates.hpp"
#include "warpfit/fit.hpp"

#include <atomic>
#include <memory>
#include <string>

namespace warpfit {

/// What a pixel sends to a device and gets back besides its raw data [bytes]: start, values, errors, correlations and
/// what else is told of it.
inline std::size_t result_bytes(program::Plan const& plan) noexcept
{
    return (3 * static_cast<std::size_t>(plan.num_free) + static_cast<std::size_t>(plan.num_pairs) + 3) *
           sizeof(double);
}

/// Fits batches of pixels of one plan. Sees plans and raw pixels, never a Model.
class Backend
{
  public:
    virtual ~Backend() = default;
    virtual std::string device() const = 0;        ///< "cpu"
    virtual std::string instructions() const = 0;  ///< "avx2"
    virtual std::string layout() const = 0;        ///< "points", "pixels"
    virtual int threads() const = 0;               ///< of the CPU; GPUs of "cuda"
    /// Pixels, of so many bytes of data and results each, that make a batch worth its overhead.
    virtual std::size_t good_batch(std::size_t pixel_bytes) const = 0;
    /// The most that a batch may hold, however small its pixels are: raw data [bytes], pixels.
    virtual std::size_t most_bytes() const = 0;
    virtual std::size_t most_pixels() const = 0;
    /// Writes every result of the batch; pixels that *stop kept from being fitted end as cancelled.
    virtual void run(program::PixelBatch const& batch, program::BatchResults const& results,
                     std::atomic<bool> const* stop) = 0;
    /// What estimates start values where this fits; several GPUs leave that to the first. The plan must outlive it.
    virtual std::unique_ptr<Estimates> make_estimates(estimate::Plan const& plan) const = 0;
};

/// Instruction set "auto" is the best that this CPU and build offer; layout "auto" goes by channels and parameters.
/// The plan must outlive the backend. Appends to notes what was chosen and why.
/// Throws InvalidArgument for an instruction set or layout that cannot run here.
std::unique_ptr<Backend> make_cpu_backend(program::Plan const& plan, FitOptions const& options,
                                          std::vector<std::string>& notes);

/// Doubles in a vector register of an instruction set, or of "auto".
int cpu_lanes(std::string const& instructions);

/// The backend that options.device asks for. "auto": the GPU where its fits were seen to agree with the CPU's on this
/// machine (stored_calibration()) and an estimate for num_pixels of bytes_per_pixel raw data each finds it faster, else
/// the CPU; notes say why. Throws DeviceError for "cuda" where there is none, InvalidArgument
/// where it cannot do the plan.
std::unique_ptr<Backend> make_backend(program::Plan const& plan, FitOptions const& options, double num_pixels,
                                      double bytes_per_pixel, std::vector<std::string>& notes);

/// What estimates start values of a fit's plan on options.device, by the rule of make_backend(): where "auto" would
/// fit, it estimates. Throws DeviceError for "cuda" where there is none, InvalidArgument where it cannot fit the plan.
std::unique_ptr<Estimates> make_estimates(program::Plan const& plan, estimate::Plan const& estimates,
                                          FitOptions const& options, double num_pixels, double bytes_per_pixel);

}  // namespace warpfit
