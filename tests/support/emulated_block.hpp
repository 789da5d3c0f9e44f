#pragma once

#include "kernels/cuda/lane_team.hpp"
#include "tests/support/thread_team.hpp"

#include <atomic>
#include <bit>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>

namespace warpfit::testing {

/// What goes wrong on purpose in an emulated block.
struct Fault
{
    enum class Kind {
        none,
        lane,        ///< a shuffle reads another lane of the team
        other_team,  ///< a shuffle reads a lane of the next team
        mask,        ///< a team names the lanes of the next one
        all_lanes    ///< a team names all lanes of its warp
    };
    Kind kind = Kind::none;
    SyncSite dropped{};  ///< a call of sync_lanes() or sync_block() that does not wait
};

/// A block of a device as host threads; lanes of a warp know nothing of each other beside syncs and shuffles. What a
/// device leaves undefined ends the process with code 3, a standstill with code 4.
class EmulatedBlock
{
  public:
    explicit EmulatedBlock(int num_threads, Fault planted = {}, int index_in_grid = 0)
        : size(num_threads)
        , index(index_in_grid)
        , fault(std::move(planted))
        , all(num_threads)
        , values(static_cast<std::size_t>(num_threads) * history)
        , shuffled(static_cast<std::size_t>(num_threads))
    {
        for (int warp = 0; warp < num_threads / cuda::warp_size; ++warp)
            for (int const team : {4, 8, cuda::warp_size})
                for (int lane = 0; lane < cuda::warp_size; lane += team)
                    groups[{warp, cuda::lanes_of_team(team, lane)}] = std::make_unique<std::barrier<>>(team);
    }

    static constexpr std::size_t history = 1024;  ///< shuffles: more than a lane gets ahead between two syncs

    int size;
    int index;
    Fault fault;
    std::barrier<> all;
    std::map<std::pair<int, unsigned>, std::unique_ptr<std::barrier<>>> groups;  ///< by warp and mask
    // A shuffle orders no memory, so relaxed atomics: ThreadSanitizer learns nothing from them.
    std::vector<std::atomic<double>> values;       ///< [size, history] what each thread put into its last shuffles
    std::vector<std::atomic<long long>> shuffled;  ///< [size] how many those were
    std::atomic<long long> num_syncs = 0;
    std::atomic<long long> num_exchanges = 0;
    std::set<SyncSite> syncs;  ///< every one that thread 0 passed
};

/// One thread of it: what HardwareWarp is on a device.
class EmulatedWarp
{
  public:
    EmulatedWarp(EmulatedBlock& block, int thread)
        : block_(&block)
        , thread_(thread)
    {}

    int thread() const { return thread_; }
    int num_threads() const { return block_->size; }
    int block() const { return block_->index; }

    void sync_block(char const* function = __builtin_FUNCTION(), int line = __builtin_LINE()) const
    {
        block_->num_syncs.fetch_add(1, std::memory_order_relaxed);
        if (!is_dropped(function, line)) block_->all.arrive_and_wait();
    }

    void sync_lanes(unsigned mask, char const* function = __builtin_FUNCTION(), int line = __builtin_LINE()) const
    {
        if (!is_dropped(function, line)) wait(named(mask));
    }

    double exchange(unsigned mask, double a, int h) const
    {
        block_->num_exchanges.fetch_add(1, std::memory_order_relaxed);
        unsigned const lanes = named(mask);
        if (block_->fault.kind == Fault::Kind::lane && h == 1) h = 2;
        if (block_->fault.kind == Fault::Kind::other_team) h = std::popcount(mask) % cuda::warp_size;
        if (!(lanes >> lane() & 1u)) fail("shuffles with a mask that does not name it");
        if (!(lanes >> (lane() ^ h) & 1u)) fail("reads a lane that its mask does not name");
        long long const mine = count(thread_).load(std::memory_order_relaxed);
        value(thread_, mine).store(a, std::memory_order_relaxed);
        count(thread_).store(mine + 1, std::memory_order_relaxed);
        while (count(thread_ ^ h).load(std::memory_order_relaxed) <= mine) std::this_thread::yield();
        return value(thread_ ^ h, mine).load(std::memory_order_relaxed);
    }

    unsigned long long take_next(unsigned long long* counter) const
    {
        return __atomic_fetch_add(counter, 1ull, __ATOMIC_RELAXED);
    }
    void leave(int* counter) const { __atomic_fetch_sub(counter, 1, __ATOMIC_RELAXED); }

  private:
    int lane() const { return thread_ % cuda::warp_size; }
    std::atomic<long long>& count(int thread) const { return block_->shuffled[static_cast<std::size_t>(thread)]; }
    std::atomic<double>& value(int thread, long long shuffle) const
    {
        constexpr std::size_t length = EmulatedBlock::history;
        return block_->values[static_cast<std::size_t>(thread) * length + static_cast<std::size_t>(shuffle) % length];
    }

    bool is_dropped(char const* function, int line) const
    {
        SyncSite const site = sync_site(function, line);
        if (thread_ == 0) block_->syncs.insert(site);
        return site == block_->fault.dropped;
    }

    unsigned named(unsigned mask) const
    {
        if (block_->fault.kind == Fault::Kind::mask) return std::rotl(mask, std::popcount(mask));
        return block_->fault.kind == Fault::Kind::all_lanes ? cuda::all_lanes : mask;
    }

    void wait(unsigned mask) const
    {
        block_->num_syncs.fetch_add(1, std::memory_order_relaxed);
        if (!(mask >> lane() & 1u)) fail("waits with a mask that does not name it");
        if (std::popcount(mask) == 1) return;
        auto const group = block_->groups.find({thread_ / cuda::warp_size, mask});
        if (group == block_->groups.end()) fail("waits with a mask that is no team's");
        group->second->arrive_and_wait();
    }

    [[noreturn]] void fail(char const* what) const
    {
        std::fprintf(stderr, "thread %d %s\n", thread_, what);
        std::_Exit(3);
    }

    EmulatedBlock* block_;
    int thread_;
};

/// Runs f(EmulatedWarp) in every thread of a block.
template<class F>
void run_block(EmulatedBlock& block, F const& f)
{
    std::atomic<int> running = block.size;
    std::vector<std::thread> threads;
    for (int t = 0; t < block.size; ++t)
        threads.emplace_back([&, t] {
            f(EmulatedWarp(block, t));
            --running;
        });
    for (long long before = -1; running > 0;) {
        for (int i = 0; i < 2000 && running > 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        if (running > 0 && block.num_syncs == before) {
            std::fprintf(stderr, "the block stands still\n");
            std::_Exit(4);
        }
        before = block.num_syncs;
    }
    for (std::thread& thread : threads) thread.join();
}

}  // namespace warpfit::testing
