#pragma once

#include "kernels/program/plan.hpp"
#include "src/backends/cuda/cubin_cache.hpp"

#include <optional>
#include <string>

namespace warpfit::cuda {

/// How the kernel of a fit came about, for people. missing: what NVRTC lacks; empty: it is here. program: what the
/// cache gave; none: it was not asked. refusal: what the driver said; empty: it took it.
std::string kernel_note(std::string const& missing, std::optional<CachedProgram> const& program,
                        std::string const& refusal);

/// Why a plan with functors of the caller's own has no kernel: the compiler's messages, which have their files' names
/// and line numbers.
std::string own_problem(program::Plan const& plan, std::string const& log);

}  // namespace warpfit::cuda
