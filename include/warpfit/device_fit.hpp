#pragma once

#include "warpfit/fit.hpp"

#include <memory>
#include <string>
#include <vector>

namespace warpfit {

/// Pixels in the memory of a GPU; the channels of a pixel follow each other, in this machine's byte order.
struct DevicePixels
{
    static constexpr std::size_t packed = static_cast<std::size_t>(-1);

    void const* data = nullptr;  ///< [count, num_channels] device pointer
    DataType type = DataType::f32;
    std::size_t pixel_stride = packed;  ///< bytes from one pixel to the next; packed: no gaps; 0: one for all pixels
};

/// Where results go, in the memory of the same GPU. All are written, so all must be there.
struct DeviceMaps
{
    double* values = nullptr;           ///< [count, num_free] NaN where the status has no values
    double* standard_errors = nullptr;  ///< [count, num_free]
    double* chisq = nullptr;            ///< [count]
    int* dof = nullptr;                 ///< [count]
    int* iterations = nullptr;          ///< [count]
    FitStatus* status = nullptr;        ///< [count]
};

/// Fits pixels that already lie in a GPU's memory, into maps there: nothing crosses the bus. The model is compiled
/// once, for any number of runs. One thread at a time may use a DeviceFit; several may be at work.
class DeviceFit
{
  public:
    /// signal_axes: one or two, as a Signal's. Of the options, precision, bounded, standard_error, max_iterations,
    /// tolerance and plugin count, the others do not; of `data`, range, exclude, channel_mask, binned and variance
    /// "none", "poisson" or a number ("file": none). device: counted from 0. Throws DeviceError where there is no such
    /// GPU, InvalidArgument where it cannot fit the model or the model holds maps, and what multifit() throws for
    /// models and options.
    DeviceFit(Model const& model, std::vector<Axis> signal_axes, FitOptions const& options = {},
              DataOptions const& data = {}, int device = 0);
    ~DeviceFit();
    DeviceFit(DeviceFit&&) noexcept;
    DeviceFit& operator=(DeviceFit&&) noexcept;

    /// "component.parameter" of each column of values.
    std::vector<std::string> const& parameters() const noexcept;
    std::size_t num_free() const noexcept { return parameters().size(); }
    std::size_t num_channels() const noexcept;  ///< of a pixel as it is stored

    /// Enqueues the fit of `count` pixels in `stream` (a cudaStream_t of the device; null: its default stream) and
    /// returns; the arrays must stay until the stream has come by. Runs of one DeviceFit follow each other.
    /// variance: shaped like the signal, in place of that of the options. start: [count, num_free] device pointer;
    /// null: the model's values in every pixel. Throws InvalidArgument for arrays that are missing, DeviceError and
    /// OutOfMemory from the GPU.
    void run(std::size_t count, DevicePixels const& signal, DeviceMaps const& maps, DevicePixels const& variance = {},
             double const* start = nullptr, void* stream = nullptr);

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace warpfit
