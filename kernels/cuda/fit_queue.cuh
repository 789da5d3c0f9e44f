#pragma once

#include "kernels/cuda/block_team.cuh"
#include "kernels/cuda/launch.hpp"
#include "kernels/solver/fit_pixel.hpp"

namespace warpfit::cuda {

/// The memory of a block and of one of its threads.
struct QueueMemory
{
    unsigned long long* pixel;  ///< the one at work
    double* partials;           ///< of the team
    solver::FitMemory fit;
    double* program_shared;
    double* program_mine;

    /// shared [queue_doubles()]: team, fit, program, columns.
    __device__ QueueMemory(BatchArguments const& arguments, double* shared)
        : QueueMemory(arguments, shared, shared + 1 + partials_size(arguments.plan.num_free, blockDim.x))
    {}

    __host__ __device__ static int partials_size(int num_free, unsigned threads)
    {
        return BlockTeam::partials_size(static_cast<int>(threads), solver::PassMemory::part_size(num_free));
    }

  private:
    __device__ QueueMemory(BatchArguments const& arguments, double* shared, double* fit_shared)
        : pixel(reinterpret_cast<unsigned long long*>(shared))
        , partials(shared + 1)
        , fit(arguments.plan.num_free, fit_shared, data(arguments),
              fit_shared + fit_size(arguments) + arguments.program_doubles, mine(arguments))
        , program_shared(fit_shared + fit_size(arguments))
        , program_mine(mine(arguments) + solver::FitMemory::private_size(arguments.plan.num_free))
    {}

    __device__ static int fit_size(BatchArguments const& arguments)
    {
        return solver::FitMemory::shared_size(arguments.plan.num_free, static_cast<int>(blockDim.x));
    }
    __device__ static double* data(BatchArguments const& arguments)
    {
        return arguments.data + static_cast<Index>(blockIdx.x) * 2 * arguments.plan.num_channels;
    }
    __device__ static double* mine(BatchArguments const& arguments)
    {
        Index const thread = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x;
        return arguments.private_memory + thread * arguments.private_doubles;
    }
};

/// Shared memory of a block, in doubles.
__host__ __device__ inline int queue_doubles(int num_free, int threads, int program_doubles, int columns_doubles)
{
    return 1 + QueueMemory::partials_size(num_free, static_cast<unsigned>(threads)) +
           solver::FitMemory::shared_size(num_free, threads) + program_doubles + columns_doubles;
}

/// Fits pixels until the queue is empty, one a block.
template<class Passes>
__device__ void fit_queue(BatchArguments const& arguments, QueueMemory const& memory, BlockTeam const& team,
                          Passes const& passes)
{
    solver::PixelFit<BlockTeam, Passes> fit(team, arguments.plan, passes, memory.fit);
    for (;;) {
        if (team.rank() == 0) *memory.pixel = atomicAdd(arguments.next_pixel, 1ull);
        team.sync();
        auto const at = static_cast<Index>(*memory.pixel);
        team.sync();
        if (at >= arguments.batch.count) return;
        fit.fit(arguments.batch, arguments.results, at);
    }
}

/// The same with programs that the compiler sees.
template<class Narrow, class Wide>
__device__ void fit_queue(BatchArguments const& arguments, double* shared)
{
    QueueMemory const memory(arguments, shared);
    BlockTeam const team(memory.partials);
    Wide wide(arguments.plan, arguments.wide, memory.program_shared, memory.program_mine);
    if constexpr (program::Program<Narrow>) {
        Narrow narrow(arguments.plan, arguments.narrow, memory.program_shared, memory.program_mine);
        fit_queue(arguments, memory, team,
                  solver::ProgramPasses<BlockTeam, Narrow, Wide>(team, narrow, wide, memory.fit.pass));
    } else {
        Narrow none;
        fit_queue(arguments, memory, team,
                  solver::ProgramPasses<BlockTeam, Narrow, Wide>(team, none, wide, memory.fit.pass));
    }
}

}  // namespace warpfit::cuda
