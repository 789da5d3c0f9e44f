#pragma once

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <pthread.h>
#include <span>
#include <string>
#include <utility>

namespace warpfit::io {

/// Owns a file descriptor.
class FileDescriptor
{
  public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) noexcept
        : fd_(fd)
    {}
    FileDescriptor(FileDescriptor&& other) noexcept
        : fd_(std::exchange(other.fd_, -1))
    {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~FileDescriptor() { reset(); }

    int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    void reset() noexcept;

  private:
    int fd_ = -1;
};

/// While it lives, a write beyond RLIMIT_FSIZE fails with EFBIG in this thread instead of ending the process.
class FileSizeSignalBlock
{
  public:
    FileSizeSignalBlock() noexcept;
    ~FileSizeSignalBlock();
    FileSizeSignalBlock(FileSizeSignalBlock const&) = delete;
    FileSizeSignalBlock& operator=(FileSizeSignalBlock const&) = delete;

  private:
    sigset_t old_mask_;
    bool blocked_ = false;
    bool was_pending_ = false;
};

/// Writes all of `bytes` at `offset`. Returns 0 or the errno that stopped it.
int write_at(int fd, std::span<std::byte const> bytes, std::uint64_t offset) noexcept;

/// Reads up to bytes.size() at `offset`; fewer at the end of the file. Returns the count, or -1 with errno.
long long read_at(int fd, std::span<std::byte> bytes, std::uint64_t offset) noexcept;

/// "FILE: cannot be written (no space left on device) free some space or write elsewhere". Throws WriteError.
[[noreturn]] void throw_write_error(std::string const& path, int error);

}  // namespace warpfit::io
