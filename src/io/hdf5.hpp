#pragma once

#include "warpfit/signal.hpp"

#include <hdf5.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// Thin reading wrappers of the HDF5 C library: each calls, tests, and throws InputError naming file and object.
namespace warpfit::io::hdf5 {

/// The library keeps one state for the whole process, and some builds of it have no lock of their own.
std::recursive_mutex& library_mutex();

/// Runs f, which calls HDF5, under the library's lock and without the library printing its errors.
template<class F>
auto call(F&& f)
{
    std::lock_guard const lock(library_mutex());
    H5E_auto2_t print = nullptr;
    void* print_data = nullptr;
    H5Eget_auto2(H5E_DEFAULT, &print, &print_data);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    auto const result = f();
    H5Eset_auto2(H5E_DEFAULT, print, print_data);
    return result;
}

/// Owns one reference to an HDF5 id of any kind.
class Handle
{
  public:
    Handle() = default;
    explicit Handle(hid_t id)
        : id_(id)
    {}
    Handle(Handle&& other) noexcept
        : id_(std::exchange(other.id_, H5I_INVALID_HID))
    {}
    Handle& operator=(Handle&& other) noexcept
    {
        std::swap(id_, other.id_);
        return *this;
    }
    ~Handle();

    hid_t get() const noexcept { return id_; }
    bool is_valid() const noexcept { return id_ >= 0; }

  private:
    hid_t id_ = H5I_INVALID_HID;
};

/// An attribute's value; an array of numbers becomes doubles.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<double>, std::vector<std::string>>;

/// Group or dataset of an open file. Keeps the file open.
class Object
{
  public:
    std::string const& file() const noexcept { return *file_; }
    std::string const& path() const noexcept { return path_; }  ///< "/Experiments/name"
    hid_t id() const noexcept { return handle_->get(); }

    std::vector<std::string> attribute_names() const;
    /// Empty where absent, or of a type that Value cannot hold.
    std::optional<Value> attribute(std::string const& name) const;
    /// Empty where absent or not text.
    std::optional<std::string> text(std::string const& name) const;
    /// Empty where absent or not one number (a bool counts as 0 or 1).
    std::optional<double> number(std::string const& name) const;

    /// Throws InputError "FILE: problem (why) suggestion" about this object.
    [[noreturn]] void fail(std::string const& text) const;

  protected:
    Object(std::shared_ptr<std::string const> file, std::string path, Handle handle)
        : file_(std::move(file))
        , path_(std::move(path))
        , handle_(std::make_shared<Handle>(std::move(handle)))
    {}

    std::shared_ptr<std::string const> file_;
    std::string path_;
    std::shared_ptr<Handle> handle_;
};

struct Filter
{
    int id = 0;
    std::string name;
    std::vector<unsigned> parameters;
    bool is_available = false;  ///< in this HDF5 library or its plugins
};

struct ElementType
{
    DataType type = DataType::f64;
    bool byte_swapped = false;
};

class Dataset : public Object
{
  public:
    Dataset(std::shared_ptr<std::string const> file, std::string path, Handle handle);

    std::vector<std::size_t> const& shape() const noexcept { return shape_; }
    std::size_t num_elements() const noexcept { return num_elements_; }
    /// Empty where the elements are not plain numbers; describe_type() then names them.
    std::optional<ElementType> element_type() const;
    std::string describe_type() const;

    bool is_chunked() const noexcept { return !chunk_.empty(); }
    std::vector<std::size_t> const& chunk() const noexcept { return chunk_; }  ///< [shape().size()]; empty: not chunked
    bool has_odd_edges() const noexcept { return has_odd_edges_; }             ///< chunks at the edge are not filtered
    std::vector<Filter> const& filters() const noexcept { return filters_; }
    std::size_t storage_size() const;
    std::size_t num_chunks() const;                                      ///< that were written
    std::vector<std::byte> fill_value(std::size_t element_bytes) const;  ///< as stored, in the file's byte order

    /// Reads the box [offset, offset + count) as stored.
    void read_box(std::vector<hsize_t> const& offset, std::vector<hsize_t> const& count, std::byte* out) const;
    /// Stored bytes of the chunk that starts at `offset`; empty where it was never written. Skipped filters are set in
    /// `filter_mask`. Throws InputError if there are more than max_bytes.
    void read_chunk(std::vector<hsize_t> const& offset, std::size_t max_bytes, std::vector<std::byte>& bytes,
                    unsigned& filter_mask) const;
    /// All elements as double. Throws InputError if there are more than max_count.
    std::vector<double> read_doubles(std::size_t max_count) const;
    /// One member of every element of compound type, numbers or arrays of `width` numbers: [num_elements, width].
    /// Throws InputError if there is none of that name and width, or there are more than max_count elements.
    std::vector<double> read_member(std::string const& member, std::size_t width, std::size_t max_count) const;
    /// All elements of a small dataset of text. Throws InputError if it holds none.
    std::vector<std::string> read_texts() const;

  private:
    void check_storage(hid_t creation_list) const;

    std::vector<std::size_t> shape_;
    std::size_t num_elements_ = 1;
    std::vector<std::size_t> chunk_;
    std::vector<Filter> filters_;
    bool has_odd_edges_ = false;
};

class Group : public Object
{
  public:
    Group(std::shared_ptr<std::string const> file, std::string path, Handle handle);

    /// Sorted as text. Soft and external links that lead nowhere are left out.
    std::vector<std::string> names() const;
    bool has_group(std::string const& name) const;
    bool has_dataset(std::string const& name) const;
    Group group(std::string const& name) const;      ///< throws InputError if absent
    Dataset dataset(std::string const& name) const;  ///< throws InputError if absent

  private:
    H5O_type_t kind(std::string const& name) const;
    std::string child(std::string const& name) const;
};

/// Opens for reading. Throws InputError if there is no such file, it is not HDF5, or it is damaged.
Group open_file(std::string const& path);
bool is_hdf5(std::string const& path);

/// Bytes of a file. Throws InputError if there is no such file.
std::size_t file_size(std::string const& path);

}  // namespace warpfit::io::hdf5
