#pragma once

#include "src/io/atomic_file.hpp"
#include "src/io/file_driver.hpp"
#include "src/io/hdf5.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Writing wrappers of the HDF5 C library, in the encoding of python values that HyperSpy's files use.
namespace warpfit::io::hdf5 {

/// An HDF5 file that appears at its path complete or not at all. No time stamps: equal contents give equal bytes.
class OutputFile
{
  public:
    explicit OutputFile(std::string const& path);  ///< Throws WriteError.
    ~OutputFile();
    OutputFile(OutputFile const&) = delete;
    OutputFile& operator=(OutputFile const&) = delete;

    hid_t id() const noexcept { return file_.get(); }
    std::string const& path() const noexcept { return path_; }
    /// Throws WriteError if any write failed so far, or HDF5 returned `status` < 0.
    void check(long long status, std::string_view what) const;
    /// Closes, syncs, renames. Throws WriteError; then nothing has changed at path().
    void commit();

  private:
    std::string path_;
    AtomicFile target_;
    FileDriver driver_;
    Handle file_;
};

/// Type of a number in memory and in the file; names as in NumPy. f16 is IEEE half precision.
Handle number_type(DataType type);
Handle bool_type();    ///< enum over int8 {FALSE, TRUE}: NumPy's bool as h5py stores it
Handle string_type();  ///< variable length, UTF-8

/// A group being filled. Every function throws WriteError.
class OutputGroup
{
  public:
    static OutputGroup root(OutputFile& file);
    OutputGroup group(std::string const& name) const;  ///< creates it, with the groups on the way ("a/b")

    void set(std::string const& name, std::string_view text) const;
    void set(std::string const& name, char const* text) const { set(name, std::string_view(text)); }
    void set(std::string const& name, bool value) const;
    void set(std::string const& name, double value) const;
    void set(std::string const& name, std::int64_t value) const;
    void set_opaque(std::string const& name, std::span<unsigned char const> bytes) const;  ///< python bytes

    /// Datasets: chunked, shuffled, deflated. `data` holds [shape] elements of `type`.
    void dataset(std::string const& name, std::vector<std::size_t> const& shape, Handle const& type,
                 void const* data) const;
    void dataset(std::string const& name, std::vector<std::size_t> const& shape, std::span<double const> values) const;
    void dataset(std::string const& name, std::vector<std::size_t> const& shape,
                 std::span<std::int64_t const> values) const;
    void dataset(std::string const& name, std::vector<std::size_t> const& shape, std::span<int const> values) const;
    void dataset(std::string const& name, std::vector<std::size_t> const& shape,
                 std::span<std::uint8_t const> values) const;
    void bool_dataset(std::string const& name, std::vector<std::size_t> const& shape,
                      std::span<unsigned char const> values) const;
    void text(std::string const& name, std::string const& text) const;  ///< one string
    void texts(std::string const& name, std::vector<std::string> const& texts) const;

    /// Fills elements [first, first + count) (C order) of a dataset as they are asked for, ascending, into out.
    using Fill = std::function<void(std::size_t first, std::size_t count, std::byte* out)>;
    /// A dataset of any size, chunk by chunk; chunks are compressed in parallel. `record` elements (one signal) are
    /// asked for together.
    void stream(std::string const& name, std::vector<std::size_t> const& shape, DataType type, std::size_t record,
                Fill const& fill) const;

    OutputFile& file() const noexcept { return *file_; }

  private:
    OutputGroup(OutputFile& file, Handle handle)
        : file_(&file)
        , handle_(std::make_shared<Handle>(std::move(handle)))
    {}
    hid_t id() const noexcept { return handle_->get(); }
    void set(std::string const& name, Handle const& type, void const* value) const;
    Handle create(std::string const& name, std::vector<std::size_t> const& shape, Handle const& type,
                  std::vector<hsize_t> const& chunk, std::size_t element_size) const;

    OutputFile* file_;
    std::shared_ptr<Handle> handle_;
};

}  // namespace warpfit::io::hdf5
