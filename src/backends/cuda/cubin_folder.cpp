#include "src/backends/cuda/cubin_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <random>
#include <sys/resource.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace warpfit::cuda {
namespace fs = std::filesystem;

namespace {

/// Owns a file descriptor.
class File
{
  public:
    explicit File(int fd)
        : fd_(fd)
    {}
    ~File() { close(); }
    File(File const&) = delete;
    File& operator=(File const&) = delete;

    int fd() const { return fd_; }
    bool is_open() const { return fd_ >= 0; }
    /// False: what was written may be lost (NFS).
    bool close()
    {
        int const fd = std::exchange(fd_, -1);
        return fd < 0 || ::close(fd) == 0;
    }

  private:
    int fd_;
};

std::optional<std::string> read_all(int fd)
{
    struct stat status
    {};
    if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return {};
    std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
    for (std::size_t at = 0; at < bytes.size();) {
        ssize_t const count = ::read(fd, bytes.data() + at, bytes.size() - at);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return {};
        at += static_cast<std::size_t>(count);
    }
    return bytes;
}

bool write_all(int fd, std::string const& bytes)
{
    for (std::size_t at = 0; at < bytes.size();) {
        ssize_t const count = ::write(fd, bytes.data() + at, bytes.size() - at);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        at += static_cast<std::size_t>(count);
    }
    return true;
}

constexpr char const* temporary_ending = ".tmp";

fs::path temporary_beside(fs::path const& path)
{
    std::random_device random;
    char suffix[32];
    std::snprintf(suffix, sizeof suffix, ".%08x%08x%s", random(), random(), temporary_ending);
    return path.parent_path() / ("." + path.stem().string() + suffix);
}

/// Appears at path complete or not at all. Returns the errno that stopped it, 0: none. Not synced with its folder: an
/// entry that a power cut takes is compiled again.
int write_file(fs::path const& path, std::string const& bytes)
{
    rlimit allowed{};
    if (::getrlimit(RLIMIT_FSIZE, &allowed) == 0 && bytes.size() > allowed.rlim_cur) return EFBIG;  // else a signal
    fs::path const temporary = temporary_beside(path);
    File file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!file.is_open()) return errno;
    if (write_all(file.fd(), bytes) && ::fsync(file.fd()) == 0 && file.close() &&
        ::rename(temporary.c_str(), path.c_str()) == 0)
        return 0;
    int const cause = errno;
    ::unlink(temporary.c_str());
    return cause;
}

}  // namespace

fs::path default_cache_folder()
{
    // The XDG Base Directory Specification: relative paths are ignored.
    auto const absolute = [](char const* name) {
        char const* const value = std::getenv(name);
        fs::path path = value ? value : "";
        return path.is_absolute() ? path : fs::path();
    };
    if (fs::path const cache = absolute("XDG_CACHE_HOME"); !cache.empty()) return cache / "warpfit";
    if (fs::path const home = absolute("HOME"); !home.empty()) return home / ".cache" / "warpfit";
    return {};
}

CubinFolder::CubinFolder(fs::path folder, long long limit)
    : folder_(std::move(folder))
    , limit_(limit)
{}

fs::path CubinFolder::path_of(Sha256::Digest const& key) const
{
    return folder_ / (to_hex(key) + ".cubin");
}

std::optional<Compiled> CubinFolder::read(Sha256::Digest const& key) const
{
    fs::path const path = path_of(key);
    File const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe does not hold us up
    if (!file.is_open()) return {};
    std::optional<std::string> const bytes = read_all(file.fd());
    std::optional<Compiled> compiled;
    if (bytes) compiled = from_entry(key, *bytes);
    if (compiled)
        static_cast<void>(::futimens(file.fd(), nullptr));
    else
        ::unlink(path.c_str());
    return compiled;
}

std::string CubinFolder::write(Sha256::Digest const& key, Compiled const& compiled) const
{
    std::string const bytes = to_entry(key, compiled);
    if (static_cast<long long>(bytes.size()) > limit_) return "";
    std::error_code error;
    fs::create_directories(folder_, error);
    if (!error) {
        fs::path const path = path_of(key);
        error.assign(write_file(path, bytes), std::generic_category());
        if (!error) trim(path);
    }
    if (!error) return "";
    return "compiled models are not kept in " + folder_.string() + " (" + error.message() +
           "): each run compiles them again; give a folder that can be written";
}

void CubinFolder::trim(fs::path const& newest) const
{
    struct Entry
    {
        fs::path path;
        long long size;
        fs::file_time_type used;
    };
    std::vector<Entry> entries;
    long long total = 0;
    // A process that was killed may have left its temporary; no write takes an hour.
    fs::file_time_type const abandoned = fs::file_time_type::clock::now() - std::chrono::hours(1);

    std::error_code error;
    for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
        fs::path const& path = at->path();
        std::error_code gone;  // by another process, since it was listed
        auto const used = at->last_write_time(gone);
        auto const size = gone ? 0 : at->file_size(gone);
        if (gone) continue;
        if (path.extension() == temporary_ending && used < abandoned) fs::remove(path, gone);
        if (path.extension() != ".cubin") continue;
        total += static_cast<long long>(size);
        if (path != newest) entries.push_back({path, static_cast<long long>(size), used});
    }
    std::sort(entries.begin(), entries.end(), [](Entry const& a, Entry const& b) { return a.used < b.used; });
    for (Entry const& entry : entries) {
        if (total <= limit_) return;
        if (::unlink(entry.path.c_str()) == 0 || errno == ENOENT) total -= entry.size;
    }
}

}  // namespace warpfit::cuda
