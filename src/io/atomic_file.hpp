#pragma once

#include "src/io/file_writing.hpp"

#include <string>
#include <string_view>

namespace warpfit::io {

/// A file that appears at `path` complete or not at all: written beside it under another name, synced, renamed.
class AtomicFile
{
  public:
    /// Throws WriteError: missing folder, no permission, `path` is not a regular file. A symbolic link is followed.
    explicit AtomicFile(std::string const& path);
    /// Removes what was written unless commit() succeeded.
    ~AtomicFile();
    AtomicFile(AtomicFile const&) = delete;
    AtomicFile& operator=(AtomicFile const&) = delete;

    int fd() const noexcept { return fd_.get(); }
    /// Appends. Throws WriteError.
    void write(std::span<std::byte const> bytes);
    void write(std::string_view text);
    /// Throws WriteError; then nothing has changed at `path`.
    void commit();

  private:
    std::string path_;       ///< as given, for messages
    std::string target_;     ///< links resolved
    std::string temporary_;  ///< empty once committed
    FileDescriptor fd_;
    std::uint64_t size_ = 0;
};

}  // namespace warpfit::io
