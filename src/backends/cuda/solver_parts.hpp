#pragma once

#include <string_view>

namespace warpfit::cuda {

/// The solver (kernels/cuda/linked_fit.cu) as relocatable device code, compiled when this library was built.
struct SolverPart
{
    char const* architecture;  ///< "sm_90": a cubin; "compute_75": PTX
    unsigned char const* bytes;
    unsigned long long size;

    bool is_ptx() const { return architecture[0] == 'c'; }
    std::string_view code() const { return {reinterpret_cast<char const*>(bytes), size}; }
};

/// Written at build time by embed_parts.cmake; none where there was no nvcc.
extern SolverPart const* const solver_parts;
extern int const num_solver_parts;

}  // namespace warpfit::cuda
