#pragma once

namespace warpfit::cuda {

/// A header of kernels/ as text, for NVRTC: compiled with what this library was built from, wherever it is installed.
struct EmbeddedHeader
{
    char const* name;  ///< as it is included: "kernels/core/team.hpp"
    char const* text;
};

/// All but lanes.hpp, which no device compiler sees. Written at build time by embed_headers.cmake.
extern EmbeddedHeader const embedded_headers[];
extern int const num_embedded_headers;

}  // namespace warpfit::cuda
