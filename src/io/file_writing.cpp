#include "src/io/file_writing.hpp"

#include "warpfit/error.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <unistd.h>

namespace warpfit::io {
namespace {

sigset_t file_size_signal()
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGXFSZ);
    return set;
}

bool is_pending()
{
    sigset_t pending;
    sigemptyset(&pending);
    return sigpending(&pending) == 0 && sigismember(&pending, SIGXFSZ) == 1;
}

char const* advice_for(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return "free some space or choose another folder";
    case EFBIG:
        return "raise the file size limit (ulimit -f) or choose another file system";
    case EACCES:
    case EPERM:
    case EROFS:
        return "choose a folder you may write to";
    case ENOENT:
    case ENOTDIR:
        return "create the folder first";
    default:
        return "try another folder";
    }
}

}  // namespace

void FileDescriptor::reset() noexcept
{
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

FileSizeSignalBlock::FileSizeSignalBlock() noexcept
{
    was_pending_ = is_pending();
    sigset_t const set = file_size_signal();
    blocked_ = pthread_sigmask(SIG_BLOCK, &set, &old_mask_) == 0;
}

FileSizeSignalBlock::~FileSizeSignalBlock()
{
    if (!blocked_) return;
    if (!was_pending_ && is_pending()) {
        sigset_t const set = file_size_signal();
        timespec const now{};
        sigtimedwait(&set, nullptr, &now);
    }
    pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
}

int write_at(int fd, std::span<std::byte const> bytes, std::uint64_t offset) noexcept
{
    FileSizeSignalBlock const block;
    while (!bytes.empty()) {
        std::size_t const piece = std::min<std::size_t>(bytes.size(), std::size_t{1} << 30);
        ssize_t const n = ::pwrite(fd, bytes.data(), piece, static_cast<off_t>(offset));
        if (n < 0) {
            if (errno == EINTR) continue;
            return errno;
        }
        if (n == 0) return ENOSPC;
        bytes = bytes.subspan(static_cast<std::size_t>(n));
        offset += static_cast<std::uint64_t>(n);
    }
    return 0;
}

long long read_at(int fd, std::span<std::byte> bytes, std::uint64_t offset) noexcept
{
    std::size_t done = 0;
    while (done < bytes.size()) {
        std::size_t const piece = std::min<std::size_t>(bytes.size() - done, std::size_t{1} << 30);
        ssize_t const n = ::pread(fd, bytes.data() + done, piece, static_cast<off_t>(offset + done));
        if (n < 0) {
            if (errno == EINTR) continue;
            return -1;
        }
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    return static_cast<long long>(done);
}

void throw_write_error(std::string const& path, int error)
{
    throw WriteError(path + ": cannot be written (" + std::generic_category().message(error) + ") " +
                     advice_for(error));
}

}  // namespace warpfit::io
