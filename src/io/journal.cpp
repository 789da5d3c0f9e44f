#include "src/io/journal.hpp"

#include "warpfit/error.hpp"
#include "warpfit/io.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <type_traits>
#include <unistd.h>
#include <zlib.h>

namespace warpfit::io {
namespace {

static_assert(std::endian::native == std::endian::little, "the journal is written as it lies in memory");

constexpr std::array<char, 8> magic = {'W', 'A', 'R', 'P', 'F', 'I', 'T', 'J'};
constexpr std::uint32_t version = 2;
constexpr std::size_t head_size = 16;
constexpr std::size_t record_head_size = 16;
constexpr std::chrono::seconds sync_interval{4};

std::uint32_t crc_of(std::uint32_t crc, std::span<std::byte const> bytes)
{
    return static_cast<std::uint32_t>(crc32_z(crc, reinterpret_cast<Bytef const*>(bytes.data()), bytes.size()));
}

void add_bytes(std::vector<std::byte>& out, void const* data, std::size_t size)
{
    auto const* bytes = static_cast<std::byte const*>(data);
    out.insert(out.end(), bytes, bytes + size);
}

template<class T>
void add(std::vector<std::byte>& out, T const& value)
{
    static_assert(std::is_trivially_copyable_v<T>);
    add_bytes(out, &value, sizeof value);
}

template<class T>
void add_all(std::vector<std::byte>& out, std::vector<T> const& values)
{
    if (!values.empty()) add_bytes(out, values.data(), values.size() * sizeof(T));
}

/// Takes values off the front of a payload.
class PayloadReader
{
  public:
    explicit PayloadReader(std::span<std::byte const> bytes)
        : bytes_(bytes)
    {}

    template<class T>
    T take()
    {
        T value;
        std::memcpy(&value, bytes_.data(), sizeof value);
        bytes_ = bytes_.subspan(sizeof value);
        return value;
    }
    template<class T>
    void take_all(std::vector<T>& out, std::size_t count)
    {
        out.resize(count);
        if (count > 0) std::memcpy(out.data(), bytes_.data(), count * sizeof(T));
        bytes_ = bytes_.subspan(count * sizeof(T));
    }
    std::size_t size() const { return bytes_.size(); }

  private:
    std::span<std::byte const> bytes_;
};

constexpr std::size_t pixels_head = 28;  // phase, count, num_free, num_pairs
constexpr std::size_t fixed_bytes_per_pixel = 8 + 8 + 4 + 4 + 1;

std::vector<std::byte> pack(PixelRecords const& records)
{
    std::vector<std::byte> out;
    std::size_t const n = records.pixels.size();
    out.reserve(pixels_head + n * (fixed_bytes_per_pixel + 16 * records.num_free + 8 * records.num_pairs));
    add(out, static_cast<std::int32_t>(records.phase));
    add(out, static_cast<std::uint64_t>(n));
    add(out, static_cast<std::uint64_t>(records.num_free));
    add(out, static_cast<std::uint64_t>(records.num_pairs));
    add_all(out, records.pixels);
    add_all(out, records.values);
    add_all(out, records.standard_errors);
    add_all(out, records.correlations);
    add_all(out, records.chisq);
    add_all(out, records.dof);
    add_all(out, records.iterations);
    add_all(out, records.status);
    return out;
}

bool unpack(std::span<std::byte const> payload, PixelRecords& records)
{
    PayloadReader in(payload);
    if (in.size() < pixels_head) return false;
    records.phase = in.take<std::int32_t>();
    auto const n = in.take<std::uint64_t>();
    auto const num_free = in.take<std::uint64_t>();
    constexpr std::uint64_t most_parameters = std::uint64_t{1} << 32;  // keeps the products below far from overflow
    auto const num_pairs = in.take<std::uint64_t>();
    if (num_free > most_parameters || num_pairs > most_parameters) return false;
    std::uint64_t const bytes = fixed_bytes_per_pixel + 16 * num_free + 8 * num_pairs;
    if (n > in.size() / bytes || in.size() != n * bytes) return false;
    records.num_free = num_free;
    records.num_pairs = num_pairs;
    in.take_all(records.pixels, n);
    in.take_all(records.values, n * num_free);
    in.take_all(records.standard_errors, n * num_free);
    in.take_all(records.correlations, n * num_pairs);
    in.take_all(records.chisq, n);
    in.take_all(records.dof, n);
    in.take_all(records.iterations, n);
    in.take_all(records.status, n);
    return std::all_of(records.status.begin(), records.status.end(),
                       [](FitStatus s) { return static_cast<int>(s) < num_statuses; });
}

/// The first line (or, within one line, the first item) in which two headers differ: "was A (is B)".
std::string first_difference(std::string const& old_header, std::string const& new_header)
{
    auto const split = [](std::string const& text, char separator) {
        std::vector<std::string> items;
        for (std::size_t begin = 0; begin <= text.size();) {
            std::size_t const end = std::min(text.find(separator, begin), text.size());
            items.push_back(text.substr(begin, end - begin));
            begin = end + 1;
        }
        return items;
    };
    for (char const separator : {'\n', ','}) {
        auto const a = split(old_header, separator);
        auto const b = split(new_header, separator);
        if (separator == '\n' && a.size() == 1 && b.size() == 1) continue;
        for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
            std::string const was = i < a.size() ? a[i] : "nothing";
            std::string const is = i < b.size() ? b[i] : "nothing";
            if (was != is) return "it has \"" + was.substr(0, 300) + "\", this run \"" + is.substr(0, 300) + "\"";
        }
    }
    return "it has \"" + old_header.substr(0, 300) + "\", this run \"" + new_header.substr(0, 300) + "\"";
}

bool lock(FileDescriptor const& fd)
{
    return ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0;
}

[[noreturn]] void throw_locked(std::string const& path)
{
    throw WriteError(path +
                     ": another run is writing this journal (it is locked) wait for it or choose another output");
}

/// Whether `path` still names the file that fd has open.
bool is_same_file(FileDescriptor const& fd, std::string const& path)
{
    struct stat ours
    {
    }, named{};
    return ::fstat(fd.get(), &ours) == 0 && ::stat(path.c_str(), &named) == 0 && ours.st_dev == named.st_dev &&
           ours.st_ino == named.st_ino;
}

}  // namespace

std::unique_ptr<Journal> Journal::create(std::string const& path, std::string const& setup)
{
    FileDescriptor fd;
    for (int attempt = 0; attempt < 8 && !fd; ++attempt) {
        fd = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
        if (!fd) throw_write_error(path, errno);
        struct stat status
        {};
        if (::fstat(fd.get(), &status) != 0) throw_write_error(path, errno);
        if (!S_ISREG(status.st_mode))
            throw WriteError(path + ": cannot be a journal (not a regular file) choose another output");
        if (!lock(fd)) throw_locked(path);
        if (!is_same_file(fd, path)) {
            fd.reset();  // another run moved it away between open and lock
        } else if (status.st_size > 0) {
            if (::rename(path.c_str(), (path + ".old").c_str()) != 0) throw_write_error(path + ".old", errno);
            fd.reset();
        }
    }
    if (!fd) throw_locked(path);

    std::unique_ptr<Journal> journal(new Journal(path, std::move(fd)));
    std::vector<std::byte> head;
    add(head, magic);
    add(head, version);
    add(head, std::uint32_t{0});
    if (int const error = write_at(journal->fd_.get(), head, 0)) {
        ::unlink(path.c_str());
        throw_write_error(path, error);
    }
    journal->size_ = head_size;
    try {
        journal->put(Type::setup, 0, std::as_bytes(std::span(setup)));
        journal->sync();
    } catch (...) {
        ::unlink(path.c_str());
        throw;
    }
    return journal;
}

std::unique_ptr<Journal> Journal::open(std::string const& path, std::string& setup)
{
    FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd) {
        char const* const advice = errno == ENOENT ? "there is nothing to resume" : "check its permissions";
        throw InputError(path + ": cannot be opened (" + std::strerror(errno) + ") " + advice);
    }
    if (!lock(fd)) throw_locked(path);
    std::unique_ptr<Journal> journal(new Journal(path, std::move(fd)));
    journal->recover(setup);
    return journal;
}

Journal::~Journal()
{
    if (fd_ && dirty_) static_cast<void>(::fdatasync(fd_.get()));
}

void Journal::recover(std::string& setup)
{
    struct stat status
    {};
    if (::fstat(fd_.get(), &status) != 0 || !S_ISREG(status.st_mode))
        throw InputError(path_ + ": not a warpfit journal (not a regular file) give the output of the run to resume");
    auto const file_size = static_cast<std::uint64_t>(status.st_size);

    std::array<std::byte, head_size> head{};
    bool const has_head = read_at(fd_.get(), head, 0) == static_cast<long long>(head_size);
    if (!has_head || std::memcmp(head.data(), magic.data(), magic.size()) != 0)
        throw InputError(path_ +
                         ": not a warpfit journal (its first bytes differ) give the output of the run to resume");
    if (std::uint32_t found; std::memcpy(&found, head.data() + 8, 4), found != version)
        throw InputError(path_ + ": a journal of version " + std::to_string(found) + " (this warpfit reads version " +
                         std::to_string(version) + ") resume with the warpfit that began it");

    bool has_setup = false;
    std::vector<std::byte> payload;
    for (std::uint64_t at = head_size; at + record_head_size + 4 <= file_size;) {
        std::array<std::byte, record_head_size> record_head{};
        if (read_at(fd_.get(), record_head, at) != static_cast<long long>(record_head_size)) break;
        PayloadReader in(record_head);
        auto const type = in.take<Type>();
        in.take<std::int32_t>();
        auto const length = in.take<std::uint64_t>();
        if (length > file_size - at - record_head_size - 4) break;
        payload.resize(length + 4);
        if (read_at(fd_.get(), payload, at + record_head_size) != static_cast<long long>(length + 4)) break;
        std::uint32_t stored;
        std::memcpy(&stored, payload.data() + length, 4);
        auto const body = std::span<std::byte const>(payload).first(length);
        if (crc_of(crc_of(0, record_head), body) != stored) break;

        auto const text = [&] { return std::string(reinterpret_cast<char const*>(body.data()), body.size()); };
        if (PixelRecords records; type == Type::setup && !has_setup) {
            setup = text();
            has_setup = true;
        } else if (type == Type::header && has_setup && !has_header_) {
            header_ = text();
            has_header_ = true;
        } else if (type == Type::pixels && has_header_ && unpack(body, records)) {
            pixel_records_.push_back({at + record_head_size, length});
        } else if (type != Type::phase_closed || !has_header_) {
            break;
        }
        at += record_head_size + length + 4;
        size_ = at;
    }
    if (!has_setup)
        throw InputError(path_ + ": the head of the journal is damaged (its setup cannot be read) start the fit anew");
    if (size_ < file_size && ::ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0) throw_write_error(path_, errno);
}

void Journal::put(Type type, int phase, std::span<std::byte const> payload)
{
    std::vector<std::byte> record;
    record.reserve(record_head_size + payload.size() + 4);
    add(record, type);
    add(record, static_cast<std::int32_t>(phase));
    add(record, static_cast<std::uint64_t>(payload.size()));
    add_bytes(record, payload.data(), payload.size());
    add(record, crc_of(0, record));
    if (int const error = write_at(fd_.get(), record, size_)) {
        static_cast<void>(::ftruncate(fd_.get(), static_cast<off_t>(size_)));
        throw_write_error(path_, error);
    }
    size_ += record.size();
    dirty_ = true;
}

void Journal::sync()
{
    if (::fdatasync(fd_.get()) != 0) throw_write_error(path_, errno);
    last_sync_ = std::chrono::steady_clock::now();
    dirty_ = false;
}

void Journal::begin(std::string const& header)
{
    if (!has_header_) {
        put(Type::header, 0, std::as_bytes(std::span(header)));
        sync();
        has_header_ = true;
        header_ = header;
    } else if (header != header_) {
        throw InvalidArgument(path_ + ": the journal belongs to another run (" + first_difference(header_, header) +
                              ") resume it as it was begun, or start anew");
    }
}

std::vector<PixelRecords> Journal::recovered()
{
    std::vector<PixelRecords> all;
    std::vector<std::byte> payload;
    for (Place const& place : pixel_records_) {
        payload.resize(place.length);
        PixelRecords records;
        if (read_at(fd_.get(), payload, place.offset) != static_cast<long long>(place.length) ||
            !unpack(payload, records))
            throw InputError(path_ + ": the journal changed while it was read (another program wrote to it) try again");
        all.push_back(std::move(records));
    }
    return all;
}

void Journal::append(PixelRecords const& records)
{
    std::size_t const n = records.pixels.size();
    if (records.values.size() != n * records.num_free || records.standard_errors.size() != n * records.num_free ||
        records.correlations.size() != n * records.num_pairs || records.chisq.size() != n || records.dof.size() != n ||
        records.iterations.size() != n || records.status.size() != n)
        throw InvalidArgument("the columns of a journal record differ in length (" + std::to_string(n) +
                              " pixels) give one row a pixel");
    put(Type::pixels, records.phase, pack(records));
    if (std::chrono::steady_clock::now() - last_sync_ >= sync_interval) sync();
}

void Journal::close_phase(int phase)
{
    put(Type::phase_closed, phase, {});
    sync();
}

std::unique_ptr<ResultSink> create_journal(std::string const& path, std::string const& setup)
{
    return Journal::create(path, setup);
}

std::unique_ptr<ResultSink> open_journal(std::string const& path, std::string& setup)
{
    return Journal::open(path, setup);
}

}  // namespace warpfit::io
