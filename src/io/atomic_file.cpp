#include "src/io/atomic_file.hpp"

#include "warpfit/error.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <random>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace warpfit::io {
namespace fs = std::filesystem;

namespace {

std::string folder_of(std::string const& path)
{
    std::string const folder = fs::path(path).parent_path().string();
    return folder.empty() ? "." : folder;
}

/// The file that `path` leads to, through links whose end may not exist yet.
std::string linked_file(fs::path path)
{
    constexpr int most_links = 40;  // Linux's own limit
    std::error_code error;
    for (int i = 0; i < most_links && fs::is_symlink(fs::symlink_status(path, error)); ++i) {
        fs::path const target = fs::read_symlink(path, error);
        if (error) break;
        path = target.is_absolute() ? target : path.parent_path() / target;
    }
    return path.string();
}

std::string temporary_name(std::string const& target)
{
    char suffix[24];
    std::random_device random;
    std::snprintf(suffix, sizeof suffix, ".%08x.tmp", random());
    // The name stays within NAME_MAX even where the target's fills it.
    return folder_of(target) + "/." + fs::path(target).filename().string().substr(0, 200) + suffix;
}

}  // namespace

AtomicFile::AtomicFile(std::string const& path)
    : path_(path)
{
    if (path.empty()) throw WriteError("a file without a name cannot be written (the path is empty) give one");
    target_ = linked_file(path);

    struct stat status
    {};
    bool const exists = ::stat(target_.c_str(), &status) == 0;
    if (exists && !S_ISREG(status.st_mode))
        throw WriteError(path + ": cannot be written (not a regular file) give the name of a file");
    if (exists && ::access(target_.c_str(), W_OK) != 0) throw_write_error(path, errno);

    for (int attempt = 0; attempt < 16 && !fd_; ++attempt) {
        temporary_ = temporary_name(target_);
        fd_ = FileDescriptor(::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        if (!fd_ && errno != EEXIST) break;
    }
    if (!fd_) {
        int const cause = errno;
        temporary_.clear();
        throw_write_error(path, cause);
    }
    if (exists) static_cast<void>(::fchmod(fd(), status.st_mode & 07777));
}

AtomicFile::~AtomicFile()
{
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<std::byte const> bytes)
{
    if (int const error = write_at(fd(), bytes, size_)) throw_write_error(path_, error);
    size_ += bytes.size();
}

void AtomicFile::write(std::string_view text)
{
    write(std::as_bytes(std::span(text)));
}

void AtomicFile::commit()
{
    if (::fsync(fd()) != 0) throw_write_error(path_, errno);
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) throw_write_error(path_, errno);
    temporary_.clear();
    fd_.reset();
    // The new name survives a power cut once the folder is synced; file systems that cannot do it do not need it.
    FileDescriptor const folder(::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder) static_cast<void>(::fsync(folder.get()));
}

}  // namespace warpfit::io
