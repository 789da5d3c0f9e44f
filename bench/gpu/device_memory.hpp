#pragma once

#include <cstddef>
#include <cuda_runtime_api.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace warpfit::bench {

inline void check(cudaError_t status, char const* call)
{
    if (status != cudaSuccess) throw std::runtime_error(std::string(call) + ": " + cudaGetErrorString(status));
}

/// An array in the GPU's memory.
template<class T>
class DeviceArray
{
  public:
    DeviceArray() = default;
    explicit DeviceArray(std::size_t size)
        : size_(size)
    {
        if (size > 0) check(cudaMalloc(reinterpret_cast<void**>(&data_), size * sizeof(T)), "cudaMalloc");
    }
    explicit DeviceArray(std::vector<T> const& values)
        : DeviceArray(values.size())
    {
        copy_from(values);
    }
    ~DeviceArray() { cudaFree(data_); }
    DeviceArray(DeviceArray const&) = delete;
    DeviceArray& operator=(DeviceArray const&) = delete;

    T* data() const { return data_; }
    void copy_from(std::vector<T> const& values)
    {
        if (size_ > 0) check(cudaMemcpy(data_, values.data(), size_ * sizeof(T), cudaMemcpyHostToDevice), "cudaMemcpy");
    }
    std::vector<T> to_host() const
    {
        std::vector<T> values(size_);
        if (size_ > 0) check(cudaMemcpy(values.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost), "cudaMemcpy");
        return values;
    }

  private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace warpfit::bench
