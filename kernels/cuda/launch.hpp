#pragma once

#include "kernels/program/program.hpp"

/// What the host needs to start the batch kernels; no CUDA header here.
namespace warpfit::cuda {

/// Everything a batch kernel reads and writes. All pointers, those inside plan and batch too, are on the device.
struct BatchArguments
{
    program::Plan plan;
    program::ChannelData<float> narrow;
    program::ChannelData<double> wide;
    program::PixelBatch batch;
    program::BatchResults results;
    unsigned long long* next_pixel;  ///< the queue: 0 before the launch
    double* data;                    ///< [blocks, 2 num_channels] weighted data
    double* private_memory;          ///< [blocks, threads, private_doubles]
    int private_doubles;
    int program_doubles;  ///< shared memory of the program
};

/// Sizes of a launch.
struct LaunchShape
{
    int blocks;   ///< 0: a block would need more shared memory than it may have
    int threads;  ///< of a block
    int shared_bytes;
    int private_doubles;  ///< of each thread, in device memory
    int program_doubles;
};

/// Threads that fit one pixel: enough that each has some 4 to 8 channels, so that the shuffles that sum them (105 issue
/// slots for five parameters) stay below the work between; a multiple of 32.
constexpr int block_threads(int num_channels)
{
    return num_channels <= 256 ? 32 : num_channels <= 1024 ? 128 : 256;
}

/// The shape of the interpreter kernel, or of one generated for the plan, whose program needs no memory;
/// shared_limit [bytes]: the most that a block of the device may have. blocks: to be set by occupancy.
LaunchShape interpreter_shape(program::Plan const& plan, int shared_limit);
LaunchShape generated_shape(program::Plan const& plan, int shared_limit);

/// The interpreter kernel, for cudaLaunchKernel; its one argument is a BatchArguments.
void const* interpreter_kernel();

}  // namespace warpfit::cuda
