#pragma once

#include "src/backends/cuda/plugin_table.hpp"

#include <cstddef>
#include <cuda_runtime_api.h>
#include <stdexcept>
#include <string>
#include <utility>

/// The CUDA runtime with errors that are thrown and memory that is owned.
namespace warpfit::cuda {

/// A failed call: its code for the caller, its name and what CUDA says of it.
class CudaError : public std::runtime_error
{
  public:
    CudaError(Code code, std::string const& text)
        : std::runtime_error(text)
        , code_(code)
    {}

    Code code() const noexcept { return code_; }

  private:
    Code code_;
};

/// Throws CudaError unless status is cudaSuccess. call: "cudaMalloc".
void check(cudaError_t status, char const* call);

/// Makes a device current while it lives, then the caller's again.
class CurrentDevice
{
  public:
    explicit CurrentDevice(int device)
    {
        check(cudaGetDevice(&before_), "cudaGetDevice");
        check(cudaSetDevice(device), "cudaSetDevice");
    }
    ~CurrentDevice() { cudaSetDevice(before_); }
    CurrentDevice(CurrentDevice const&) = delete;
    CurrentDevice& operator=(CurrentDevice const&) = delete;

  private:
    int before_ = 0;
};

/// Memory of the current device, or of the host where the device can copy from it beside its work.
class Buffer
{
  public:
    enum class Place { device, pinned };

    Buffer() = default;
    Buffer(Place place, std::size_t size);
    ~Buffer();
    Buffer(Buffer&& other) noexcept { swap(other); }
    Buffer& operator=(Buffer&& other) noexcept { return swap(other), *this; }

    std::byte* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }

  private:
    void swap(Buffer& other) noexcept
    {
        std::swap(place_, other.place_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
    }

    Place place_ = Place::device;
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

class Stream
{
  public:
    Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags"); }
    ~Stream() { cudaStreamDestroy(stream_); }
    Stream(Stream const&) = delete;
    Stream& operator=(Stream const&) = delete;

    operator cudaStream_t() const noexcept { return stream_; }
    void wait() const { check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize"); }

  private:
    cudaStream_t stream_ = nullptr;
};

/// What a stream has come to; before record(): passed.
class Event
{
  public:
    Event() { check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "cudaEventCreateWithFlags"); }
    ~Event() { cudaEventDestroy(event_); }
    Event(Event const&) = delete;
    Event& operator=(Event const&) = delete;

    operator cudaEvent_t() const noexcept { return event_; }
    void record(cudaStream_t stream) { check(cudaEventRecord(event_, stream), "cudaEventRecord"); }
    void hold_back(cudaStream_t stream) const { check(cudaStreamWaitEvent(stream, event_, 0), "cudaStreamWaitEvent"); }
    void wait() const { check(cudaEventSynchronize(event_), "cudaEventSynchronize"); }

  private:
    cudaEvent_t event_ = nullptr;
};

}  // namespace warpfit::cuda
