#pragma once

#include "kernels/program/plan.hpp"

#include <string>
#include <string_view>

namespace warpfit::cuda {

/// What NVRTC needs to compile the text and the headers, beside the architecture. Functions without an execution space
/// (constexpr helpers of the host) count as device functions.
inline constexpr char const* nvrtc_options[] = {"--std=c++20", "--device-as-default-execution-space"};

/// C++ text of a class template `name`<Real> in warpfit::generated that satisfies program::Program for this plan alone:
/// components, twins and expressions fused, fixed values as literals, the gradient of the free columns only. Needs the
/// headers that it includes and no CUDA. Same constructor and sizes as program::InterpreterProgram.
std::string generate_program(program::Plan const& plan, std::string_view name);

/// Text of a translation unit for NVRTC: the program, and a kernel `name`_fit(warpfit::cuda::BatchArguments) with the
/// whole solver; where WARPFIT_LINKED is defined, instead of it the model's part of a linked fit
/// (kernels/cuda/linked_passes.cuh).
std::string generate_kernel(program::Plan const& plan, std::string_view name);

}  // namespace warpfit::cuda
