#pragma once

#include "kernels/program/plan.hpp"

namespace warpfit {

/// The first component of the plan without code for a GPU, or for the CPU; null: there is none.
program::Function const* first_without_gpu(program::Plan const& plan);
program::Function const* first_without_cpu(program::Plan const& plan);

/// Throws InvalidArgument naming it.
void need_gpu_code(program::Plan const& plan);
void need_cpu_code(program::Plan const& plan);

}  // namespace warpfit
