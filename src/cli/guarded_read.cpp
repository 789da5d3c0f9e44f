#include "src/cli/guarded_read.hpp"

#include "warpfit/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace warpfit::cli {

namespace {

/// Exit codes of a child. Sanitizers end a process with 1 or 23.
constexpr int exit_threw = 64;
constexpr int exit_took_memory = 65;

/// While it lives, a child that ended can be waited for, even if our parent had us ignore that.
class WaitableChildren
{
  public:
    WaitableChildren()
    {
        struct sigaction action = {};
        action.sa_handler = SIG_DFL;
        sigaction(SIGCHLD, &action, &before_);
    }
    ~WaitableChildren() { sigaction(SIGCHLD, &before_, nullptr); }
    WaitableChildren(WaitableChildren const&) = delete;
    WaitableChildren& operator=(WaitableChildren const&) = delete;

  private:
    struct sigaction before_ = {};
};

unsigned cpu_seconds(ReadLimits const& limits, std::string const& file)
{
    if (limits.cpu_seconds != 0) return limits.cpu_seconds;
    std::error_code error;
    std::uintmax_t const bytes = std::filesystem::file_size(file, error);
    return error ? 5 : static_cast<unsigned>(std::min<std::uintmax_t>(5 + (bytes >> 24), 300));
}

/// Nothing that happens to this process from here on is seen: neither messages (glibc's, a sanitizer's) nor core dumps.
void become_silent()
{
    int const nowhere = open("/dev/null", O_WRONLY);
    for (int const stream : {STDOUT_FILENO, STDERR_FILENO})
        if (nowhere < 0 || dup2(nowhere, stream) < 0) close(stream);
    rlimit const no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
#ifdef __linux__
    prctl(PR_SET_DUMPABLE, 0);  // the limit does not hold where cores are piped to a program
#endif
}

std::size_t peak_memory()  ///< [bytes]
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

// A signal handler reaches nothing else.
std::atomic<std::size_t> most_memory{0};
static_assert(std::atomic<std::size_t>::is_always_lock_free);

extern "C" void watch_memory(int)
{
    if (peak_memory() > most_memory.load()) _exit(exit_took_memory);
}

/// The process ends when it has used so much more. Not by RLIMIT_AS: where HDF5 does not get the memory that a damaged
/// file leads it to ask for, it goes on another way than it will in the parent, which may crash with that memory.
void limit(ReadLimits const& limits)
{
    std::signal(SIGXCPU, SIG_DFL);
    rlimit const cpu{limits.cpu_seconds, limits.cpu_seconds + 1};
    setrlimit(RLIMIT_CPU, &cpu);
    most_memory = peak_memory() + limits.memory;
    struct sigaction action = {};
    action.sa_handler = watch_memory;
    action.sa_flags = SA_RESTART;
    sigaction(SIGPROF, &action, nullptr);
    timeval const interval{0, 10'000};  // of CPU time; a tenth of a GiB at most is touched in it
    itimerval const timer{interval, interval};
    setitimer(ITIMER_PROF, &timer, nullptr);
}

/// Allocates nothing but what `read` does: whether a read beyond the end of a buffer is a crash depends on what lies
/// there, and that must be the same as in the parent.
template<class Read>
[[noreturn]] void read_as_child(Read const& read, ReadLimits const& limits)
{
    become_silent();
    limit(limits);
    try {
        read();
    } catch (...) {
        _exit(exit_threw);
    }
    _exit(0);  // no buffer of ours is written twice, no library says good-bye
}

[[noreturn]] void fail(std::string const& file, std::string const& why)
{
    throw InputError(fmt::format("{}: its structure cannot be read (the HDF5 library {}) the file is damaged: "
                                 "copy it again; h5dump or h5repack show what can be saved",
                                 file, why));
}

/// Returns when `read` ended in a child process, with or without an exception. Throws InputError if it did not end.
template<class Read>
void rehearse(std::string const& file, Read const& read, ReadLimits const& limits)
{
    WaitableChildren const waitable;
    pid_t const child = fork();
    if (child == 0) read_as_child(read, limits);
    if (child < 0) return;  // no process to be had: not worse than without
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return;
    if (WIFEXITED(status)) {
        int const code = WEXITSTATUS(status);
        if (code == exit_took_memory) fail(file, fmt::format("took more than {} MiB for it", limits.memory >> 20));
        if (code != 0 && code != exit_threw) fail(file, fmt::format("ended with code {}", code));
        return;
    }
    int const signal_number = WTERMSIG(status);
    switch (signal_number) {
    case SIGHUP:
    case SIGINT:
    case SIGQUIT:
    case SIGTERM:  // somebody wants us to end, not only the child
        std::raise(signal_number);
        return;
    case SIGXCPU:
        fail(file, fmt::format("did not come to an end within {} s", limits.cpu_seconds));
    default:
        fail(file, fmt::format("crashed on it: {}", strsignal(signal_number)));
    }
}

/// Runs `structure` in a child process, where `path` is of a HDF5 file, and then `read` here, which must begin by the
/// same calls; an exception in the child is met again so.
template<class Structure, class Read>
auto guarded(std::string const& path, Structure const& structure, Read const& read, ReadLimits const& limits)
{
    std::string const file = io::hdf5_file(path);
    if (!file.empty()) rehearse(file, structure, {cpu_seconds(limits, file), limits.memory});
    return read();
}

}  // namespace

Signal load_signal(std::string const& path, int navigation_dimensions, ReadLimits const& limits)
{
    auto const read = [&] { return io::load(path, {.navigation_dimensions = navigation_dimensions, .lazy = true}); };
    return guarded(path, read, read, limits);
}

void load_component_files(Model& model)
{
    io::load_component_files(model, [](std::string const& path) { return load_signal(path); });
}

io::StoredModel load_hyperspy_model(std::string const& path, std::string const& name, ReadLimits const& limits)
{
    auto const read = [&] { return io::load_hyperspy_model(path, name); };
    return guarded(path, read, read, limits);
}

io::ResultFile load_result(std::string const& path, ReadLimits const& limits)
{
    return guarded(
        path, [&] { io::check_result(path); }, [&] { return io::load_result(path); }, limits);
}

std::string inspect(std::string const& path, bool json, ReadLimits const& limits)
{
    auto const read = [&] { return json ? io::inspect_json(path) : io::inspect_text(path); };
    return guarded(path, read, read, limits);
}

}  // namespace warpfit::cli
