#include "src/backends/cuda/runtime.hpp"

namespace warpfit::cuda {

namespace {

Code code_of(cudaError_t status)
{
    switch (status) {
    case cudaErrorInsufficientDriver:
    case cudaErrorStubLibrary:
    case cudaErrorSystemDriverMismatch:
        return Code::no_driver;
    case cudaErrorNoDevice:
    case cudaErrorInvalidDevice:
    case cudaErrorDevicesUnavailable:
    case cudaErrorDeviceUninitialized:
        return Code::no_device;
    case cudaErrorMemoryAllocation:
        return Code::out_of_memory;
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorInvalidDeviceFunction:
    case cudaErrorUnsupportedPtxVersion:
    case cudaErrorInvalidKernelImage:
    case cudaErrorInvalidPtx:
    case cudaErrorLaunchOutOfResources:
        return Code::unsupported;
    // After these the context is of no use any more.
    case cudaErrorIllegalAddress:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorHardwareStackError:
    case cudaErrorLaunchFailure:
    case cudaErrorLaunchTimeout:
    case cudaErrorAssert:
    case cudaErrorECCUncorrectable:
    case cudaErrorNvlinkUncorrectable:
    case cudaErrorContained:
        return Code::device_lost;
    default:
        return Code::internal;
    }
}

}  // namespace

void check(cudaError_t status, char const* call)
{
    if (status == cudaSuccess) return;
    cudaGetLastError();  // what can be forgotten is not to meet the next call
    throw CudaError(code_of(status), std::string(call) + ": " + cudaGetErrorString(status));
}

Buffer::Buffer(Place place, std::size_t size)
    : place_(place)
    , size_(size)
{
    void* memory = nullptr;
    if (size == 0) return;
    if (place == Place::device)
        check(cudaMalloc(&memory, size), "cudaMalloc");
    else
        check(cudaMallocHost(&memory, size), "cudaMallocHost");
    data_ = static_cast<std::byte*>(memory);
}

Buffer::~Buffer()
{
    if (data_ == nullptr) return;
    if (place_ == Place::device)
        cudaFree(data_);
    else
        cudaFreeHost(data_);
}

}  // namespace warpfit::cuda
