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
    double*
        private_memory;  ///< [blocks, threads, private_doubles]; null for generated kernels, which keep theirs on chip
    int private_doubles;
    int program_doubles;  ///< shared memory of the program
};

/// Sizes of a launch.
struct LaunchShape
{
    int blocks;
    int threads;  ///< a multiple of 32
    int shared_bytes;
    int private_doubles;  ///< of each thread
    int program_doubles;
};

/// The launch of the interpreter kernel for a plan in host memory. blocks 0: the plan needs more shared memory than
/// shared_limit [bytes], the most that a block of the device may have.
LaunchShape interpreter_shape(program::Plan const& plan, int threads, int blocks, int shared_limit);

/// Starts the interpreter kernel on a stream (cudaStream_t). Returns a cudaError_t; 0: started.
int launch_interpreter(BatchArguments const& arguments, LaunchShape const& shape, void* stream);

}  // namespace warpfit::cuda
