#pragma once

#include <atomic>

namespace warpfit::cli {

/// While it lives, the first SIGINT or SIGTERM sets flag() and says what happens; the second ends the process at once.
/// One at a time.
class InterruptGuard
{
  public:
    /// `message` is printed from the handler; it must outlive *this.
    explicit InterruptGuard(char const* message);
    ~InterruptGuard();
    InterruptGuard(InterruptGuard const&) = delete;
    InterruptGuard& operator=(InterruptGuard const&) = delete;

    std::atomic<bool>& flag() noexcept;
    /// From now on the first signal says this.
    void set_message(char const* message) noexcept;
};

}  // namespace warpfit::cli
