#pragma once

#include "kernels/program/plan.hpp"

#include <string>

namespace warpfit {

/// What decides between CPU and GPU.
struct Work
{
    double num_pixels;
    double num_channels;
    double num_free;
    double bytes_per_pixel;  ///< raw data and variances to copy, results to copy back
    bool is_double;          ///< float64
};

struct CpuSpeed
{
    int threads;
    double lanes;  ///< doubles a vector register holds
};

struct GpuSpeed
{
    int multiprocessors;
    bool is_compiled;  ///< a kernel compiled for the model; else the interpreter
};

Work work_of(program::Plan const& plan, double num_pixels, double bytes_per_pixel);

/// Estimated seconds. The constants are in device_choice.cpp, with where they come from.
double cpu_seconds(Work const& work, CpuSpeed const& speed);
double gpu_seconds(Work const& work, GpuSpeed const& speed);

}  // namespace warpfit
