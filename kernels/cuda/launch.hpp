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
    double* data;                    ///< [blocks, teams of a block, FitMemory::data_size()] unless on chip
    double* private_memory;          ///< [blocks, threads, private_doubles]
    int private_doubles;
    int team;             ///< threads that fit one pixel
    int share_doubles;    ///< shared memory of a team, of it:
    int program_doubles;  ///< of the program
    int data_doubles;     ///< of the weighted data and the low loss; 0: they are in device memory
    double* far_memory;   ///< [blocks, far_doubles] stands for shared memory (interpreter only); null: that suffices
    Index far_doubles;
    double* spread;  ///< [blocks, teams of a block, spread_doubles] columns; null: none
    Index spread_doubles;
};

/// Sizes of a launch.
struct LaunchShape
{
    int blocks;   ///< 0: a block would need more shared memory than it may have
    int threads;  ///< of a block
    int team;     ///< of them fit one pixel
    int shared_bytes;
    int private_doubles;  ///< of each thread, in device memory
    int share_doubles;    ///< of each team, in shared memory
    int program_doubles;
    int data_doubles;
    Index far_doubles;     ///< of each block in device memory, in place of shared memory; 0: none
    Index spread_doubles;  ///< of each team in device memory; 0: nothing reaches beyond its channel

    int teams() const { return threads / team; }
};

/// The interpreter kernel, for cudaLaunchKernel; its one argument is a BatchArguments.
void const* interpreter_kernel();
/// The same for plans with terms that reach beyond their channel.
void const* spread_interpreter_kernel();

}  // namespace warpfit::cuda
