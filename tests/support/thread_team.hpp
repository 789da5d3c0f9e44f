#pragma once

#include "kernels/core/team.hpp"

#include <barrier>
#include <chrono>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace warpfit::testing {

/// A call of sync(), by the function that it stands in and its line.
using SyncSite = std::pair<std::string, int>;

inline SyncSite sync_site(char const* function, int line)
{
    std::string_view const name = function;
    return {std::string(name.substr(0, name.find('<'))), line};
}

/// A sync() that does not wait.
struct DroppedSync
{
    SyncSite site{};
    /// Seed of pauses that members make behind some of their syncs, another order of what races for each. A member that
    /// reads before another writes may go astray (crash, or leave the others waiting) before the race shows. 0: none.
    unsigned pauses = 0;
};

/// What the members of a ThreadTeam share.
struct ThreadTeamState
{
    ThreadTeamState(int num_members, int longest_sum, DroppedSync dropped_sync)
        : size(num_members)
        , capacity(longest_sum)
        , dropped(std::move(dropped_sync))
        , barrier(num_members)
        , buffer(static_cast<std::size_t>(num_members) * static_cast<std::size_t>(longest_sum))
    {}

    int size;
    int capacity;
    DroppedSync dropped;
    std::barrier<> barrier;
    std::vector<double> buffer;  ///< [size, capacity]
    std::set<SyncSite> syncs;    ///< every sync() that member 0 passed
};

/// A team of host threads: the cooperative path without a GPU.
class ThreadTeam
{
  public:
    ThreadTeam(ThreadTeamState& state, int rank)
        : state_(&state)
        , rank_(rank)
        , pauses_(state.dropped.pauses + 7919U * static_cast<unsigned>(rank))
    {}

    int rank() const { return rank_; }
    int size() const { return state_->size; }

    void sync(char const* function = __builtin_FUNCTION(), int line = __builtin_LINE()) const
    {
        SyncSite const site = sync_site(function, line);
        if (rank_ == 0) state_->syncs.insert(site);
        if (site != state_->dropped.site) state_->barrier.arrive_and_wait();
        if (state_->dropped.pauses == 0) return;
        pauses_ = pauses_ * 1664525U + 1013904223U;
        if (pauses_ >> 26 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }

    template<class Real>
    void sum(Real const* mine, int n, double* out) const
    {
        if (n > state_->capacity) throw std::logic_error("ThreadTeam sums more than its buffer holds");
        auto const at = [&](int member, int k) -> double& {
            return state_->buffer[static_cast<std::size_t>(member * state_->capacity + k)];
        };
        for (int k = 0; k < n; ++k) at(rank_, k) = static_cast<double>(mine[k]);
        sync();
        for (int k = rank_; k < n; k += size()) {
            double total = 0.0;
            for (int member = 0; member < size(); ++member) total += at(member, k);
            out[k] = total;
        }
        sync();
    }

  private:
    ThreadTeamState* state_;
    int rank_;
    mutable unsigned pauses_;
};

static_assert(Team<ThreadTeam>);

/// Runs f(team) in every member; returns the syncs passed.
template<class F>
std::set<SyncSite> run_team(int size, int longest_sum, F const& f, DroppedSync dropped = {})
{
    ThreadTeamState state(size, longest_sum, std::move(dropped));
    std::vector<std::thread> threads;
    for (int rank = 0; rank < size; ++rank) threads.emplace_back([&, rank] { f(ThreadTeam(state, rank)); });
    for (std::thread& thread : threads) thread.join();
    return std::move(state.syncs);
}

}  // namespace warpfit::testing
