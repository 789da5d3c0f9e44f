#pragma once

#include "warpfit/fit.hpp"

#include <string>
#include <vector>

namespace warpfit {

/// Whether fits can run on a GPU here; else the first thing that they lack.
enum class CudaState {
    ready,          ///< at least one device
    no_plugin,      ///< no such file
    broken_plugin,  ///< it does not load, or is no plugin
    other_version,  ///< a plugin made for another version of warpfit
    no_driver,
    old_driver,  ///< a driver that cannot run what the plugin is made of
    no_device    ///< none, or none that answers
};

struct CudaDevice
{
    std::string name;
    int compute_major, compute_minor;
    int multiprocessors;
    long long memory;  ///< [bytes]
};

/// Found or not: text is its version, or what is wrong and what to do.
struct CudaSoftware
{
    bool is_here = false;
    std::string text{};
};

/// What a fit with FitOptions::device "cuda" would find.
struct CudaReport
{
    CudaState state;
    std::string plugin;   ///< its path; empty where even that is not known
    std::string problem;  ///< "no CUDA device (why)"; empty where ready
    std::string advice;   ///< what to do about it
    std::vector<CudaDevice> devices;
    std::string driver;   ///< "13.0", the newest CUDA that it runs; empty: none, or no plugin to ask
    CudaSoftware nvrtc;   ///< compiles models at run time; without it they are interpreted, which is slower
    CudaSoftware linker;  ///< nvJitLink; without it compiling takes some seconds
};

/// Looks for a GPU as fits do. plugin: as FitOptions::plugin. Throws InvalidArgument where that is a relative path.
CudaReport find_cuda(std::string const& plugin = "");

/// What the estimate behind FitOptions::device "auto" rests on. An operation is one of src/fit/device_choice.cpp's
/// count.
struct DeviceCosts
{
    double cpu_start;          ///< [s] of a fit besides its pixels: threads, plan
    double cpu_rate;           ///< operations a second, thread and double lane
    double gpu_start;          ///< [s] context and first launch
    double gpu_compile;        ///< [s] the kernel of a new model
    double gpu_rate;           ///< float32 operations a second and multiprocessor of a compiled kernel
    double gpu_double_share;   ///< float64's rate by float32's
    double interpreter_share;  ///< the interpreter's rate by the compiled kernel's
    double gpu_copy;           ///< bytes a second to the device, with what prepares them
};

struct Calibration
{
    DeviceCosts costs{};
    bool is_measured = false;  ///< on this machine; else the built-in constants
    std::string gpu{};         ///< the device measured; empty: none, its constants are the built-in ones
    bool gpu_agrees = false;   ///< fits ran on it and gave the CPU's parameters: "auto" may take it
    std::string remark{};      ///< why nothing was measured, or not on a GPU, or what the GPU got wrong
};

/// Runs short fits, each measurement for `seconds` at least, on the CPU and, where there is a GPU, on both, and
/// compares their parameters. plugin: as FitOptions::plugin. A GPU that fails is a remark, not an error. Measures what
/// the first fit of a process costs, so it is to be called before any other fit on a GPU.
Calibration calibrate(std::string const& plugin = "", double seconds = 0.3);

/// The file that fits read: the environment's WARPFIT_CALIBRATION (set but empty: none), else calibration.toml in
/// $XDG_CACHE_HOME/warpfit or ~/.cache/warpfit. Empty: none.
std::string calibration_path();

/// What calibration_path() holds; the built-in constants where there is no such file, or, with a remark, where it is
/// damaged or from another machine or version of warpfit.
Calibration stored_calibration();

/// Writes to calibration_path(), making its folder. Throws WriteError, and InvalidArgument where the path is empty.
void save_calibration(Calibration const& calibration);

/// The CUDA text that a GPU fit of the model compiles at run time: a class with value and gradient of the whole model,
/// and its kernel. Needs no CUDA. Throws InvalidArgument as multifit does.
std::string generated_code(Model const& model, Precision precision = Precision::float64);

/// "AMD EPYC 7763 64-Core Processor"
std::string cpu_name();

}  // namespace warpfit
