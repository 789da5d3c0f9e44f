#pragma once

#include "src/io/file_writing.hpp"
#include "warpfit/fit.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace warpfit::io {

/// Append-only record of a running fit. Little-endian:
///
///   "WARPFITJ" u32 version u32 0                                       the head
///   u32 type, i32 phase, u64 length, payload[length], u32 crc          records; CRC-32 of everything before it
///
/// The first record is the setup text, the second the text of begin(). A record that is torn or whose CRC does not
/// match ends the recovery; the file is cut there. An flock keeps a second run out; it goes with the process.
class Journal final : public ResultSink
{
  public:
    /// An interrupted run's journal at `path` is kept as "PATH.old". Throws WriteError.
    static std::unique_ptr<Journal> create(std::string const& path, std::string const& setup);
    /// Throws InputError if it is not a journal, WriteError if another run holds it.
    static std::unique_ptr<Journal> open(std::string const& path, std::string& setup);

    void begin(std::string const& header) override;
    std::vector<PixelRecords> recovered() override;
    void append(PixelRecords const& records) override;
    void close_phase(int phase) override;
    ~Journal() override;

  private:
    enum class Type : std::uint32_t { setup = 1, header = 2, pixels = 3, phase_closed = 4 };
    struct Place
    {
        std::uint64_t offset;  ///< of the payload
        std::uint64_t length;
    };

    Journal(std::string path, FileDescriptor fd)
        : path_(std::move(path))
        , fd_(std::move(fd))
    {}
    void put(Type type, int phase, std::span<std::byte const> payload);
    void sync();
    void recover(std::string& setup);

    std::string path_;
    FileDescriptor fd_;
    std::uint64_t size_ = 0;  ///< end of the last complete record
    bool has_header_ = false;
    std::string header_;
    std::vector<Place> pixel_records_;  ///< written by an earlier run
    std::chrono::steady_clock::time_point last_sync_ = std::chrono::steady_clock::now();
    bool dirty_ = false;
};

}  // namespace warpfit::io
