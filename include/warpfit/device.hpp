#pragma once

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

}  // namespace warpfit
