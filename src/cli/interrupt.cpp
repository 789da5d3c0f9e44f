#include "src/cli/interrupt.hpp"

#include <csignal>
#include <cstring>
#include <unistd.h>

namespace warpfit::cli {

namespace {

// A signal handler reaches nothing else.
std::atomic<bool> interrupted{false};
std::atomic<char const*> interrupt_message{nullptr};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<char const*>::is_always_lock_free);

extern "C" void on_interrupt(int signal_number)
{
    if (interrupted.exchange(true)) {
        std::signal(signal_number, SIG_DFL);
        std::raise(signal_number);
        return;
    }
    char const* const message = interrupt_message.load();
    if (message != nullptr && write(STDERR_FILENO, message, std::strlen(message)) < 0) return;
}

}  // namespace

InterruptGuard::InterruptGuard(char const* message)
{
    interrupted = false;
    interrupt_message = message;
    std::signal(SIGINT, on_interrupt);
    std::signal(SIGTERM, on_interrupt);
}

InterruptGuard::~InterruptGuard()
{
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    interrupt_message = nullptr;
}

std::atomic<bool>& InterruptGuard::flag() noexcept
{
    return interrupted;
}

void InterruptGuard::set_message(char const* message) noexcept
{
    interrupt_message = message;
}

}  // namespace warpfit::cli
