#include "src/backends/cuda/launch_shape.hpp"

#include "kernels/cuda/team_memory.hpp"
#include "kernels/program/interpreter_program.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace warpfit::cuda {

namespace {

constexpr std::array team_sizes{1, 4, 8, 32, 64, 128, 256};

/// Two warps a scheduler: as many as a kernel of 255 registers leaves room for, and one can issue while the other
/// waits.
constexpr int enough_warps = 8;

int quotient_up(int a, int b)
{
    return (a + b - 1) / b;
}

/// Sums in registers, or by columns in shared memory.
bool keeps_columns(int num_free)
{
    return num_free > solver::most_in_registers<double>;
}

TeamShare share_of(int num_free, int team, int program_doubles, int data_doubles, bool columns)
{
    return {num_free, team, program_doubles, data_doubles,
            columns ? solver::ColumnProducts<SerialTeam>::size(num_free + 1, team) : 0};
}

/// Warps that a multiprocessor can have at once by the shared memory of their teams.
double warps_by_memory(TeamShare const& share, int team, int multiprocessor_shared)
{
    double const bytes = 8.0 * share.size();
    return multiprocessor_shared / bytes * team / warp_size;
}

/// Whether the weighted data, and the low loss of what is convolved, lie in shared memory. Teams of a few lanes would
/// read device memory in pieces of a few bytes, each a transaction; from 32 bytes on it serves as well where shared
/// memory is short.
bool keeps_data(int team, int data_doubles, int num_free, int multiprocessor_shared)
{
    if (team < 8) return true;
    TeamShare const share = share_of(num_free, team, 0, data_doubles, keeps_columns(num_free));
    return warps_by_memory(share, team, multiprocessor_shared) >= enough_warps;
}

/// Threads of a team that convolves: its work is the same for each channel and much more than all else, so all that
/// find a channel; few teams, for what they convolve should stay in the cache.
int convolving_team(int num_channels)
{
    auto const fits = [&](int size) { return size >= warp_size && size >= num_channels; };
    auto const found = std::find_if(team_sizes.begin(), team_sizes.end(), fits);
    return found == team_sizes.end() ? team_sizes.back() : *found;
}

LaunchShape shape(program::Plan const& plan, int program_doubles, int private_doubles, bool columns,
                  SharedLimits const& limits, int team)
{
    LaunchShape shape{};
    shape.program_doubles = program_doubles;
    shape.private_doubles = solver::FitMemory::private_size(plan.num_free) + private_doubles;
    int const limit = limits.multiprocessor;
    auto const data_doubles = static_cast<int>(solver::FitMemory::data_size(plan));
    std::vector<int> sizes(team_sizes.begin(), team_sizes.end());
    if (team > 0) sizes = {team};
    std::stable_sort(sizes.begin(), sizes.end(), [&](int a, int b) {
        return team_cost(a, plan.num_channels, plan.num_free, limit) <
               team_cost(b, plan.num_channels, plan.num_free, limit);
    });
    if (program::has_spread(plan)) shape.spread_doubles = program::SpreadInterpreter<double>::scratch_size(plan);
    if (plan.convolution) {
        int const wanted = convolving_team(plan.num_channels);
        std::stable_partition(sizes.begin(), sizes.end(), [&](int size) { return size == wanted; });
    }
    for (int const size : sizes)
        // Blocks of small teams have two warps: a multiprocessor takes no more than 16 to 32 blocks.
        for (int const threads : {std::max(size, 2 * warp_size), std::max(size, warp_size)}) {
            shape.team = size;
            shape.threads = threads;
            shape.data_doubles = keeps_data(size, data_doubles, plan.num_free, limit) ? data_doubles : 0;
            shape.share_doubles = share_of(plan.num_free, size, program_doubles, shape.data_doubles, columns).size();
            long long const doubles =
                block_doubles(threads) + static_cast<long long>(shape.teams()) * shape.share_doubles;
            long long const bytes = static_cast<long long>(sizeof(double)) * doubles;
            shape.shared_bytes = static_cast<int>(std::min<long long>(bytes, std::numeric_limits<int>::max()));
            shape.blocks = bytes <= limits.block ? 1 : 0;
            if (shape.blocks > 0) return shape;
        }
    return shape;
}

template<template<class> class Program>
LaunchShape interpreter_shape_of(program::Plan const& plan, SharedLimits const& limits, int team)
{
    return shape(plan, std::max(Program<float>::shared_size(plan), Program<double>::shared_size(plan)),
                 std::max(Program<float>::private_size(plan), Program<double>::private_size(plan)), true, limits, team);
}

}  // namespace

double team_cost(int team, int num_channels, int num_free, int multiprocessor_shared)
{
    int const P = num_free;
    int const sums = solver::sums_size(P);
    int const at_a_time = std::max(1, warp_size / team);  // teams of a warp
    double const share = quotient_up(num_channels, team);

    // Two loads, a residual, a loop; about five for a parameter's part of the model; one for each sum.
    double const value = 12.0 + 2.5 * P;
    double const products = 12.0 + 5.0 * P + sums;
    double const passes = share * products;

    // An exchange of doubles: two picks of two registers each, two shuffles of two slots each, an addition.
    int const width = std::min(team, widest);
    int steps = width - 1;
    for (int lanes = width; lanes < std::min(team, warp_size); lanes *= 2) ++steps;
    double const exchanges = quotient_up(sums, width) * steps;
    double const over_warps = team > warp_size ? 20.0 + quotient_up(sums, team) * (team / warp_size) : 0.0;
    double const reduction = quotient_up(num_channels, 64 * team) * (2.0 * sums + 9.0 * exchanges + over_warps);

    // Rows of the factorization are dealt to the members, P / 3 of them on average; the rest is done by all.
    double const solver = 200.0 + 12.0 * P * P * std::max(1.0, P / (3.0 * team));

    // One fit in six steps loads (two sweeps with conversions) and ends (a value pass) at any one time.
    double const company = std::min(1.0, at_a_time / 6.0) * share * (value + 40.0);

    bool const on_chip = keeps_data(team, 2 * num_channels, P, multiprocessor_shared);
    double const reads = on_chip ? 0.0 : 8.0 * (at_a_time - 1) * share;

    TeamShare const memory = share_of(P, team, 0, on_chip ? 2 * num_channels : 0, keeps_columns(P));
    double const warps = warps_by_memory(memory, team, multiprocessor_shared);
    double const waiting = std::max(1.0, enough_warps / std::max(warps, 1e-3));
    double const warps_of_team = std::max(1, team / warp_size);
    return waiting * warps_of_team / at_a_time * (passes + reads + reduction + solver + company);
}

int team_size(int num_channels, int num_free, int multiprocessor_shared)
{
    return *std::min_element(team_sizes.begin(), team_sizes.end(), [&](int a, int b) {
        return team_cost(a, num_channels, num_free, multiprocessor_shared) <
               team_cost(b, num_channels, num_free, multiprocessor_shared);
    });
}

LaunchShape interpreter_shape(program::Plan const& plan, SharedLimits const& limits, int team)
{
    return program::has_spread(plan) ? interpreter_shape_of<program::SpreadInterpreter>(plan, limits, team)
                                     : interpreter_shape_of<program::InterpreterProgram>(plan, limits, team);
}

LaunchShape far_shape(program::Plan const& plan)
{
    constexpr int no_limit = std::numeric_limits<int>::max();
    LaunchShape shape = interpreter_shape(plan, {no_limit, no_limit}, 4 * warp_size);
    shape.far_doubles = shape.shared_bytes / static_cast<int>(sizeof(double));
    shape.shared_bytes = 0;
    return shape;
}

LaunchShape generated_shape(program::Plan const& plan, SharedLimits const& limits, int team)
{
    return shape(plan, 0, 0, keeps_columns(plan.num_free), limits, team);
}

}  // namespace warpfit::cuda
