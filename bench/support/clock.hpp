#pragma once

#include <ctime>

namespace warpfit::bench {

inline double seconds_of(clockid_t clock)
{
    timespec t{};
    clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// CPU time [s]: neighbours on a shared machine disturb it less than wall time.
inline double thread_seconds()
{
    return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}
inline double process_seconds()
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}
inline double wall_seconds()
{
    return seconds_of(CLOCK_MONOTONIC);
}

}  // namespace warpfit::bench
