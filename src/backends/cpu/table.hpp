#pragma once

#include "kernels/program/plan.hpp"

/// What a CPU instruction set offers, as a C table: no inline code crosses from one library to another.
namespace warpfit::cpu {

inline constexpr unsigned table_version = 3;

enum class Layout : int {
    points,  ///< channels of one pixel in lanes; every plan
    pixels   ///< one pixel a lane, refilled as fits end; small signals without functions
};

struct Table
{
    unsigned version;
    char const* instructions;  ///< "avx2"
    int lanes[2];              ///< per register: float, double

    /// Whether the layout can serve this plan and batch.
    int (*supports)(program::Plan const* plan, Layout layout);
    /// What all pixels share; null: out of memory. The plan must outlive it.
    void* (*create)(program::Plan const* plan, Layout layout);
    void (*destroy)(void* prepared);
    /// Bytes of scratch for one thread, aligned to 64.
    long long (*workspace_size)(void const* prepared);
    /// Fits pixels [first, last) of the batch. Sets the floating-point mode it needs and restores the caller's.
    /// Returns the number of pixels fitted: less than asked where *cancel became non-zero.
    long long (*run)(void const* prepared, program::PixelBatch const* batch, program::BatchResults const* results,
                     long long first, long long last, void* workspace, int const* cancel);
};

}  // namespace warpfit::cpu

extern "C" {
warpfit::cpu::Table const* warpfit_cpu_sse2();
warpfit::cpu::Table const* warpfit_cpu_avx2();
warpfit::cpu::Table const* warpfit_cpu_avx512();
}
