#pragma once

// The one place that knows which compiler reads kernels/: g++ for the CPU, nvcc, or NVRTC.

#if defined(__CUDACC_RTC__)
#define WARPFIT_HD __host__ __device__
namespace std {
using size_t = decltype(sizeof(0));
}
#elif defined(__CUDACC__)
#define WARPFIT_HD __host__ __device__
#include <cmath>
#include <cstddef>
#else
#define WARPFIT_HD
#include <cmath>
#include <cstddef>
#endif

// Before a loop whose arrays must be in registers: device compilers unroll it whole.
#if defined(__CUDACC__)
#define WARPFIT_UNROLL _Pragma("unroll")
#else
#define WARPFIT_UNROLL
#endif

namespace warpfit {

using Index = long long;  ///< a count or position that may exceed 2^31

}  // namespace warpfit
