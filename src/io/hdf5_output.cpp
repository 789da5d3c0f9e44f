#include "src/io/hdf5_output.hpp"

#include "src/io/chunking.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

namespace warpfit::io::hdf5 {
namespace {

template<class F>
Handle make(OutputFile const& file, std::string_view what, F&& f)
{
    Handle handle(call(std::forward<F>(f)));
    file.check(handle.get(), what);
    return handle;
}

std::vector<hsize_t> extents(std::vector<std::size_t> const& shape)
{
    return {shape.begin(), shape.end()};
}

Handle file_access(FileDriver const& driver)
{
    Handle list(call([] { return H5Pcreate(H5P_FILE_ACCESS); }));
    driver.install(list.get());
    return list;
}

/// A string without the NUL that would end it early in HDF5.
std::string terminated(std::string_view text)
{
    return std::string(text.substr(0, text.find('\0')));
}

/// Runs f(0) .. f(count - 1) on up to all cores. Rethrows an exception of f's.
template<class F>
void parallel(std::size_t count, F const& f)
{
    std::size_t const num_threads = std::min<std::size_t>(count, std::max(1u, std::thread::hardware_concurrency()));
    std::atomic<std::size_t> next{0};
    std::exception_ptr failure;
    std::mutex failure_mutex;
    auto const work = [&] {
        try {
            for (std::size_t i = next++; i < count; i = next++) f(i);
        } catch (...) {
            std::lock_guard const lock(failure_mutex);
            failure = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 1; i < num_threads; ++i) threads.emplace_back(work);
        work();
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace

OutputFile::OutputFile(std::string const& path)
    : path_(path)
    , target_(path)
    , driver_(target_.fd())
{
    Handle const access = file_access(driver_);
    file_ = make(*this, "the file", [&] { return H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()); });
}

OutputFile::~OutputFile() = default;

void OutputFile::check(long long status, std::string_view what) const
{
    if (driver_.error() != 0) throw_write_error(path_, driver_.error());
    if (status < 0)
        throw WriteError(path_ + ": cannot be written (HDF5 failed at " + std::string(what) +
                         ") check memory and the HDF5 installation");
}

void OutputFile::commit()
{
    check(call([&] { return H5Fflush(file_.get(), H5F_SCOPE_GLOBAL); }), "flushing");
    file_ = Handle();
    check(0, "closing");
    target_.commit();
}

Handle number_type(DataType type)
{
    return Handle(call([type]() -> hid_t {
        switch (type) {
        case DataType::u8:
            return H5Tcopy(H5T_NATIVE_UINT8);
        case DataType::i8:
            return H5Tcopy(H5T_NATIVE_INT8);
        case DataType::u16:
            return H5Tcopy(H5T_NATIVE_UINT16);
        case DataType::i16:
            return H5Tcopy(H5T_NATIVE_INT16);
        case DataType::u32:
            return H5Tcopy(H5T_NATIVE_UINT32);
        case DataType::i32:
            return H5Tcopy(H5T_NATIVE_INT32);
        case DataType::u64:
            return H5Tcopy(H5T_NATIVE_UINT64);
        case DataType::i64:
            return H5Tcopy(H5T_NATIVE_INT64);
        case DataType::f32:
            return H5Tcopy(H5T_NATIVE_FLOAT);
        case DataType::f64:
            return H5Tcopy(H5T_NATIVE_DOUBLE);
        case DataType::f16:
            break;
        }
        hid_t const half = H5Tcopy(H5T_NATIVE_FLOAT);
        H5Tset_fields(half, 15, 10, 5, 0, 10);
        H5Tset_size(half, 2);
        H5Tset_ebias(half, 15);
        return half;
    }));
}

Handle bool_type()
{
    return Handle(call([] {
        hid_t const type = H5Tenum_create(H5T_NATIVE_INT8);
        std::int8_t value = 0;
        H5Tenum_insert(type, "FALSE", &value);
        value = 1;
        H5Tenum_insert(type, "TRUE", &value);
        return type;
    }));
}

Handle string_type()
{
    return Handle(call([] {
        hid_t const type = H5Tcopy(H5T_C_S1);
        H5Tset_size(type, H5T_VARIABLE);
        H5Tset_cset(type, H5T_CSET_UTF8);
        return type;
    }));
}

OutputGroup OutputGroup::root(OutputFile& file)
{
    return {file, make(file, "the root group", [&] { return H5Gopen2(file.id(), "/", H5P_DEFAULT); })};
}

OutputGroup OutputGroup::group(std::string const& name) const
{
    Handle const links = make(*file_, "group", [] { return H5Pcreate(H5P_LINK_CREATE); });
    return {*file_, make(*file_, "group " + name, [&] {
                H5Pset_create_intermediate_group(links.get(), 1);
                return H5Gcreate2(id(), name.c_str(), links.get(), H5P_DEFAULT, H5P_DEFAULT);
            })};
}

void OutputGroup::set(std::string const& name, Handle const& type, void const* value) const
{
    std::string const what = "attribute " + name;
    Handle const space = make(*file_, what, [] { return H5Screate(H5S_SCALAR); });
    Handle const attribute = make(*file_, what, [&] {
        return H5Acreate2(id(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT);
    });
    file_->check(call([&] { return H5Awrite(attribute.get(), type.get(), value); }), what);
}

void OutputGroup::set(std::string const& name, std::string_view text) const
{
    std::string const value = terminated(text);
    char const* const pointer = value.c_str();
    set(name, string_type(), static_cast<void const*>(&pointer));
}

void OutputGroup::set(std::string const& name, bool value) const
{
    std::int8_t const byte = value ? 1 : 0;
    set(name, bool_type(), static_cast<void const*>(&byte));
}

void OutputGroup::set(std::string const& name, double value) const
{
    set(name, number_type(DataType::f64), static_cast<void const*>(&value));
}

void OutputGroup::set(std::string const& name, std::int64_t value) const
{
    set(name, number_type(DataType::i64), static_cast<void const*>(&value));
}

void OutputGroup::set_opaque(std::string const& name, std::span<unsigned char const> bytes) const
{
    Handle const type = make(*file_, "attribute " + name, [&] { return H5Tcreate(H5T_OPAQUE, bytes.size()); });
    set(name, type, static_cast<void const*>(bytes.data()));
}

Handle OutputGroup::create(std::string const& name, std::vector<std::size_t> const& shape, Handle const& type,
                           std::vector<hsize_t> const& chunk, std::size_t element_size) const
{
    std::string const what = "dataset " + name;
    auto const dims = extents(shape);
    int const rank = static_cast<int>(dims.size());
    Handle const space = make(*file_, what, [&] { return H5Screate_simple(rank, dims.data(), nullptr); });
    Handle const properties = make(*file_, what, [] { return H5Pcreate(H5P_DATASET_CREATE); });
    return make(*file_, what, [&]() -> hid_t {
        H5Pset_obj_track_times(properties.get(), false);
        if (!chunk.empty()) {
            H5Pset_chunk(properties.get(), rank, chunk.data());
            if (element_size > 1) H5Pset_shuffle(properties.get());
            H5Pset_deflate(properties.get(), 4);
        }
        return H5Dcreate2(id(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT);
    });
}

void OutputGroup::dataset(std::string const& name, std::vector<std::size_t> const& shape, Handle const& type,
                          void const* data) const
{
    std::size_t const element_size = call([&] { return H5Tget_size(type.get()); });
    Handle const set = create(name, shape, type, extents(Chunking::of(shape, element_size, 0).shape), element_size);
    file_->check(call([&] { return H5Dwrite(set.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, data); }),
                 "dataset " + name);
}

void OutputGroup::dataset(std::string const& name, std::vector<std::size_t> const& shape,
                          std::span<double const> values) const
{
    dataset(name, shape, number_type(DataType::f64), values.data());
}

void OutputGroup::dataset(std::string const& name, std::vector<std::size_t> const& shape,
                          std::span<std::int64_t const> values) const
{
    dataset(name, shape, number_type(DataType::i64), values.data());
}

void OutputGroup::dataset(std::string const& name, std::vector<std::size_t> const& shape,
                          std::span<int const> values) const
{
    dataset(name, shape, number_type(DataType::i32), values.data());
}

void OutputGroup::dataset(std::string const& name, std::vector<std::size_t> const& shape,
                          std::span<std::uint8_t const> values) const
{
    dataset(name, shape, number_type(DataType::u8), values.data());
}

void OutputGroup::bool_dataset(std::string const& name, std::vector<std::size_t> const& shape,
                               std::span<unsigned char const> values) const
{
    dataset(name, shape, bool_type(), values.data());
}

void OutputGroup::text(std::string const& name, std::string const& text) const
{
    Handle const type = string_type();
    Handle const space = make(*file_, "text " + name, [] { return H5Screate(H5S_SCALAR); });
    Handle const set = create(name, {}, type, {}, 1);
    std::string const value = terminated(text);
    char const* const pointer = value.c_str();
    file_->check(call([&] { return H5Dwrite(set.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &pointer); }),
                 "text " + name);
}

void OutputGroup::texts(std::string const& name, std::vector<std::string> const& texts) const
{
    Handle const type = string_type();
    Handle const set = create(name, {texts.size()}, type, {}, 1);
    std::vector<std::string> values;
    for (std::string const& text : texts) values.push_back(terminated(text));
    std::vector<char const*> pointers;
    for (std::string const& value : values) pointers.push_back(value.c_str());
    file_->check(call([&] { return H5Dwrite(set.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()); }),
                 "texts " + name);
}

void OutputGroup::stream(std::string const& name, std::vector<std::size_t> const& shape, DataType type,
                         std::size_t record, Fill const& fill) const
{
    std::size_t const element_size = size_of(type);
    std::size_t num_record_axes = 0;
    for (std::size_t n = 1; n < record && num_record_axes < shape.size(); ++num_record_axes)
        n *= shape[shape.size() - 1 - num_record_axes];
    Chunking const chunking = Chunking::of(shape, element_size, num_record_axes);
    Handle const set = create(name, shape, number_type(type), extents(chunking.shape), element_size);

    struct Chunk
    {
        std::vector<hsize_t> offset;
        std::vector<std::byte> raw;
        std::vector<std::byte> packed;
        bool is_packed = false;
    };
    std::vector<Chunk> batch;
    auto const flush = [&] {
        parallel(batch.size(), [&](std::size_t i) {
            batch[i].is_packed = shuffle_and_deflate(batch[i].raw, element_size, batch[i].packed);
        });
        for (Chunk const& chunk : batch) {
            auto const& bytes = chunk.is_packed ? chunk.packed : chunk.raw;
            // Bit i of the mask: filter i of the pipeline was not applied.
            std::uint32_t const mask = chunk.is_packed ? 0 : (element_size > 1 ? 3 : 1);
            file_->check(call([&] {
                             return H5Dwrite_chunk(set.get(), H5P_DEFAULT, mask, chunk.offset.data(), bytes.size(),
                                                   bytes.data());
                         }),
                         "dataset " + name);
        }
        batch.clear();
    };

    std::size_t outer = 1;
    for (std::size_t i = 0; i < chunking.axis; ++i) outer *= shape[i];
    std::size_t const length = shape.empty() ? 1 : shape[chunking.axis];
    std::size_t const step = chunking.shape.empty() ? 1 : chunking.shape[chunking.axis];
    std::size_t const max_batch =
        std::clamp<std::size_t>((std::size_t{16} << 20) / (chunking.elements() * element_size), 1, 64);
    for (std::size_t o = 0; o < outer; ++o) {
        std::vector<hsize_t> offset(shape.size(), 0);
        for (std::size_t i = chunking.axis, rest = o; i-- > 0; rest /= shape[i]) offset[i] = rest % shape[i];
        for (std::size_t j = 0; j < length; j += step) {
            offset[chunking.axis] = j;
            Chunk chunk{offset, std::vector<std::byte>(chunking.elements() * element_size), {}, false};
            fill((o * length + j) * chunking.inner, std::min(step, length - j) * chunking.inner, chunk.raw.data());
            batch.push_back(std::move(chunk));
            if (batch.size() == max_batch) flush();
        }
    }
    flush();
}

}  // namespace warpfit::io::hdf5
