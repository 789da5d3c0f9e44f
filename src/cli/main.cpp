#include "src/cli/command_line.hpp"
#include "src/cli/exit_code.hpp"
#include "warpfit/error.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <malloc.h>
#include <new>
#include <unistd.h>

namespace {

int fail(char const* text, warpfit::cli::ExitCode code)
{
    std::fprintf(stderr, "warpfit: %s\n", text);
    return code;
}

int run(int argc, char** argv)
{
    using namespace warpfit;
    try {
        return cli::run_command_line(argc, argv);
    } catch (InvalidArgument const& error) {
        return fail(error.what(), cli::exit_usage);
    } catch (InputError const& error) {
        return fail(error.what(), cli::exit_input);
    } catch (DeviceError const& error) {
        return fail(error.what(), cli::exit_device);
    } catch (WriteError const& error) {
        return fail(error.what(), cli::exit_write);
    } catch (OutOfMemory const& error) {
        return fail(error.what(), cli::exit_memory);
    } catch (std::bad_alloc const&) {
        return fail("out of memory (an allocation failed) fit a part of the data with --inav", cli::exit_memory);
    } catch (std::exception const& error) {
        std::fprintf(stderr, "warpfit: internal error (%s) please report it with the command that led here\n",
                     error.what());
        return cli::exit_internal;
    }
}

/// Keeps the memory of batches and file chunks for the next ones. By default the C library gives every large block back
/// to the system, which clears it anew: a twentieth of a fit's time.
void keep_large_blocks()
{
    mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that glibc takes
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
}

}  // namespace

int main(int argc, char** argv)
{
    keep_large_blocks();
    int const code = run(argc, argv);
    errno = 0;
    if ((std::fflush(stdout) != 0 || std::ferror(stdout) != 0) && code == warpfit::cli::exit_ok) {
        std::fprintf(stderr, "warpfit: standard output cannot be written (%s) redirect it elsewhere\n",
                     errno != 0 ? std::strerror(errno) : "a write failed");
        return warpfit::cli::exit_write;
    }
    // Of a damaged file HDF5 may keep parts open, and then complain when it is closed at exit.
    if (code == warpfit::cli::exit_input) _exit(code);
    return code;
}
