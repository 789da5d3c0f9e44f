#pragma once

#include <cstddef>
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

namespace warpfit {

/// Calls f(first, last) for ranges that together are [0, n), from up to `threads` threads (0: all cores), of `grain` or
/// fewer.
template<class F>
void in_parallel(int threads, std::size_t n, F const& f, std::size_t grain = 2048)
{
    if (threads == 1 || n <= grain) {
        f(std::size_t{0}, n);
        return;
    }
    tbb::task_arena arena(threads > 0 ? threads : tbb::task_arena::automatic);
    arena.execute([&] {
        tbb::parallel_for(tbb::blocked_range<std::size_t>(0, n, grain),
                          [&](tbb::blocked_range<std::size_t> const& range) { f(range.begin(), range.end()); });
    });
}

}  // namespace warpfit
