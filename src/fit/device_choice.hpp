#pragma once

#include "kernels/program/plan.hpp"
#include "warpfit/device.hpp"
#include "warpfit/fit.hpp"

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

/// Of a fit with these options.
CpuSpeed cpu_speed(FitOptions const& options);

struct GpuSpeed
{
    int multiprocessors;
    bool is_compiled;  ///< a kernel compiled for the model; else the interpreter
};

Work work_of(program::Plan const& plan, double num_pixels, double bytes_per_pixel);

/// With where they come from in device_choice.cpp.
extern DeviceCosts const built_in_costs;

/// Operations of a fit, as the rates of DeviceCosts count them.
double operations(Work const& work);

/// Estimated seconds.
double cpu_seconds(Work const& work, CpuSpeed const& speed, DeviceCosts const& costs);
double gpu_seconds(Work const& work, GpuSpeed const& speed, DeviceCosts const& costs);

}  // namespace warpfit
