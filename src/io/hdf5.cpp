#include "src/io/hdf5.hpp"

#include "warpfit/error.hpp"

#include <algorithm>
#include <bit>
#include <filesystem>
#include <limits>

namespace warpfit::io::hdf5 {
namespace {

constexpr std::size_t max_attribute_elements = std::size_t{1} << 20;

std::vector<hsize_t> extent(hid_t space)
{
    int const rank = call([&] { return H5Sget_simple_extent_ndims(space); });
    if (rank < 0) return {};
    std::vector<hsize_t> sizes(static_cast<std::size_t>(rank));
    call([&] { return H5Sget_simple_extent_dims(space, sizes.data(), nullptr); });
    return sizes;
}

/// Number of elements; 0 if it would overflow.
std::size_t product(std::vector<hsize_t> const& sizes)
{
    std::size_t total = 1;
    for (hsize_t const size : sizes) {
        if (size != 0 && total > std::numeric_limits<std::size_t>::max() / 16 / size) return 0;
        total *= size;
    }
    return total;
}

bool is_half(hid_t type)
{
    std::size_t sign = 0;
    std::size_t exponent = 0;
    std::size_t exponent_bits = 0;
    std::size_t mantissa = 0;
    std::size_t mantissa_bits = 0;
    bool const ok =
        call([&] { return H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits); }) >= 0;
    std::size_t const bias = call([&] { return H5Tget_ebias(type); });
    return ok && sign == 15 && exponent == 10 && exponent_bits == 5 && mantissa == 0 && mantissa_bits == 10 &&
           bias == 15;
}

std::optional<DataType> float_type(hid_t type, std::size_t size)
{
    auto const equals = [type](hid_t other) { return call([&] { return H5Tequal(type, other); }) > 0; };
    if (size == 2 && is_half(type)) return DataType::f16;
    if (size == 4 && (equals(H5T_IEEE_F32LE) || equals(H5T_IEEE_F32BE))) return DataType::f32;
    if (size == 8 && (equals(H5T_IEEE_F64LE) || equals(H5T_IEEE_F64BE))) return DataType::f64;
    return std::nullopt;
}

std::optional<DataType> integer_type(hid_t type, std::size_t size)
{
    if (call([&] { return H5Tget_precision(type); }) != 8 * size) return std::nullopt;
    bool const is_signed = call([&] { return H5Tget_sign(type); }) == H5T_SGN_2;
    switch (size) {
    case 1:
        return is_signed ? DataType::i8 : DataType::u8;
    case 2:
        return is_signed ? DataType::i16 : DataType::u16;
    case 4:
        return is_signed ? DataType::i32 : DataType::u32;
    case 8:
        return is_signed ? DataType::i64 : DataType::u64;
    default:
        return std::nullopt;
    }
}

std::optional<ElementType> element_type_of(hid_t type)
{
    H5T_class_t const kind = call([&] { return H5Tget_class(type); });
    if (kind == H5T_ENUM) {
        Handle const base(call([&] { return H5Tget_super(type); }));
        return base.is_valid() ? element_type_of(base.get()) : std::nullopt;
    }
    std::size_t const size = call([&] { return H5Tget_size(type); });
    std::optional<DataType> found;
    if (kind == H5T_FLOAT) found = float_type(type, size);
    if (kind == H5T_INTEGER) found = integer_type(type, size);
    if (!found) return std::nullopt;
    H5T_order_t const order = call([&] { return H5Tget_order(type); });
    H5T_order_t const own = std::endian::native == std::endian::little ? H5T_ORDER_LE : H5T_ORDER_BE;
    if (size > 1 && order != H5T_ORDER_LE && order != H5T_ORDER_BE) return std::nullopt;
    return ElementType{*found, size > 1 && order != own};
}

/// `read` fills a buffer with elements of a memory type: H5Aread or H5Dread.
template<class Read>
std::optional<std::vector<std::string>> read_strings(hid_t type, hid_t space, std::size_t count, Read const& read)
{
    std::vector<std::string> texts;
    if (call([&] { return H5Tis_variable_str(type); }) > 0) {
        std::vector<char*> pointers(count, nullptr);
        if (call([&] { return read(type, pointers.data()); }) < 0) return std::nullopt;
        for (char const* p : pointers) texts.emplace_back(p == nullptr ? "" : p);
        call([&] { return H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data()); });
        return texts;
    }
    std::size_t const size = call([&] { return H5Tget_size(type); });
    if (size == 0 || size > max_attribute_elements * 16 / std::max<std::size_t>(count, 1)) return std::nullopt;
    std::string buffer(size * count, '\0');
    if (call([&] { return read(type, buffer.data()); }) < 0) return std::nullopt;
    for (std::size_t i = 0; i < count; ++i) {
        std::string text = buffer.substr(i * size, size);
        text.resize(std::min(text.size(), text.find('\0')));
        while (!text.empty() && text.back() == ' ') text.pop_back();
        texts.push_back(std::move(text));
    }
    return texts;
}

std::optional<Value> read_attribute(hid_t attribute)
{
    Handle const type(call([&] { return H5Aget_type(attribute); }));
    Handle const space(call([&] { return H5Aget_space(attribute); }));
    if (!type.is_valid() || !space.is_valid()) return std::nullopt;
    std::vector<hsize_t> const sizes = extent(space.get());
    std::size_t const count = product(sizes);
    if (count == 0 || count > max_attribute_elements) return std::nullopt;
    if (call([&] { return H5Sget_simple_extent_type(space.get()); }) == H5S_NULL) return std::nullopt;

    auto const read = [attribute](hid_t memory, void* out) { return H5Aread(attribute, memory, out); };
    H5T_class_t const kind = call([&] { return H5Tget_class(type.get()); });
    if (kind == H5T_STRING) {
        auto texts = read_strings(type.get(), space.get(), count, read);
        if (!texts) return std::nullopt;
        if (sizes.empty() || count == 1) return Value{texts->front()};
        return Value{std::move(*texts)};
    }
    if (kind != H5T_INTEGER && kind != H5T_FLOAT && kind != H5T_ENUM) return std::nullopt;
    if (kind == H5T_ENUM || (kind == H5T_INTEGER && count == 1)) {
        std::vector<std::int64_t> numbers(count);
        if (kind == H5T_ENUM) {
            std::optional<ElementType> const element = element_type_of(type.get());
            if (!element || size_of(element->type) != 1) return std::nullopt;
            std::vector<std::int8_t> small(count);
            if (call([&] { return read(type.get(), small.data()); }) < 0) return std::nullopt;
            std::copy(small.begin(), small.end(), numbers.begin());
            if (count == 1) return Value{numbers[0] != 0};
            return Value{std::vector<double>(numbers.begin(), numbers.end())};
        }
        if (call([&] { return read(H5T_NATIVE_INT64, numbers.data()); }) < 0) return std::nullopt;
        return Value{numbers[0]};
    }
    std::vector<double> numbers(count);
    if (call([&] { return read(H5T_NATIVE_DOUBLE, numbers.data()); }) < 0) return std::nullopt;
    if (count == 1) return Value{numbers[0]};
    return Value{std::move(numbers)};
}

}  // namespace

std::recursive_mutex& library_mutex()
{
    static std::recursive_mutex mutex;
    return mutex;
}

Handle::~Handle()
{
    if (id_ >= 0) call([&] { return H5Idec_ref(id_); });
}

void Object::fail(std::string const& text) const
{
    throw InputError(file() + ": " + path_ + ": " + text);
}

std::vector<std::string> Object::attribute_names() const
{
    std::vector<std::string> names;
    for (hsize_t i = 0;; ++i) {
        auto const name_at = [&](char* out, std::size_t size) {
            return call(
                [&] { return H5Aget_name_by_idx(id(), ".", H5_INDEX_NAME, H5_ITER_INC, i, out, size, H5P_DEFAULT); });
        };
        ssize_t const length = name_at(nullptr, 0);
        if (length < 0) return names;
        std::string name(static_cast<std::size_t>(length), '\0');
        name_at(name.data(), name.size() + 1);
        names.push_back(std::move(name));
    }
}

std::optional<Value> Object::attribute(std::string const& name) const
{
    if (call([&] { return H5Aexists(id(), name.c_str()); }) <= 0) return std::nullopt;
    Handle const attribute(call([&] { return H5Aopen(id(), name.c_str(), H5P_DEFAULT); }));
    return attribute.is_valid() ? read_attribute(attribute.get()) : std::nullopt;
}

std::optional<std::string> Object::text(std::string const& name) const
{
    std::optional<Value> const value = attribute(name);
    if (!value || !std::holds_alternative<std::string>(*value)) return std::nullopt;
    return std::get<std::string>(*value);
}

std::optional<double> Object::number(std::string const& name) const
{
    std::optional<Value> const value = attribute(name);
    if (!value) return std::nullopt;
    if (auto const* v = std::get_if<double>(&*value)) return *v;
    if (auto const* v = std::get_if<std::int64_t>(&*value)) return static_cast<double>(*v);
    if (auto const* v = std::get_if<bool>(&*value)) return *v ? 1.0 : 0.0;
    return std::nullopt;
}

Dataset::Dataset(std::shared_ptr<std::string const> file, std::string path, Handle handle)
    : Object(std::move(file), std::move(path), std::move(handle))
{
    Handle const space(call([&] { return H5Dget_space(id()); }));
    if (!space.is_valid()) fail("shape cannot be read (the file is damaged) copy or export it again");
    std::vector<hsize_t> const sizes = extent(space.get());
    shape_.assign(sizes.begin(), sizes.end());
    num_elements_ = product(sizes);
    bool const is_empty = std::find(sizes.begin(), sizes.end(), hsize_t{0}) != sizes.end();
    if (num_elements_ == 0 && !is_empty) fail("shape is absurd (more than 2^60 elements) the file is damaged");

    Handle const list(call([&] { return H5Dget_create_plist(id()); }));
    if (!list.is_valid()) fail("layout cannot be read (the file is damaged) copy or export it again");
    H5D_layout_t const layout = call([&] { return H5Pget_layout(list.get()); });
    if (layout == H5D_CONTIGUOUS || layout == H5D_COMPACT) check_storage(list.get());
    if (layout == H5D_CHUNKED) {
        std::vector<hsize_t> chunk(sizes.size());
        int const rank = static_cast<int>(sizes.size());
        if (call([&] { return H5Pget_chunk(list.get(), rank, chunk.data()); }) != rank ||
            std::find(chunk.begin(), chunk.end(), hsize_t{0}) != chunk.end())
            fail("chunk shape cannot be read (the file is damaged) copy or export it again");
        chunk_.assign(chunk.begin(), chunk.end());
        unsigned options = 0;
        call([&] { return H5Pget_chunk_opts(list.get(), &options); });
        has_odd_edges_ = options != 0;
    }
    int const num_filters = call([&] { return H5Pget_nfilters(list.get()); });
    for (int i = 0; i < num_filters; ++i) {
        unsigned flags = 0;
        unsigned config = 0;
        std::vector<unsigned> parameters(32);
        std::size_t count = parameters.size();
        std::string name(64, '\0');
        H5Z_filter_t const filter = call([&] {
            return H5Pget_filter2(list.get(), static_cast<unsigned>(i), &flags, &count, parameters.data(), name.size(),
                                  name.data(), &config);
        });
        if (filter < 0) fail("filters cannot be read (the file is damaged) copy or export it again");
        parameters.resize(std::min(count, parameters.size()));
        name.resize(std::min(name.size(), name.find('\0')));
        bool const is_available = call([&] { return H5Zfilter_avail(filter); }) > 0;
        filters_.push_back({filter, std::move(name), std::move(parameters), is_available});
    }
}

/// HDF5 1.10 does not compare the two sizes that a file gives for values in one piece, and reads beyond its buffers.
void Dataset::check_storage(hid_t creation_list) const
{
    if (call([&] { return H5Pget_external_count(creation_list); }) > 0) return;
    bool const is_compact = call([&] { return H5Pget_layout(creation_list); }) == H5D_COMPACT;
    if (!is_compact && call([&] { return H5Dget_offset(id()); }) == HADDR_UNDEF) return;  // never written
    Handle const type(call([&] { return H5Dget_type(id()); }));
    std::size_t const element_bytes = type.is_valid() ? call([&] { return H5Tget_size(type.get()); }) : 0;
    std::size_t const stored = storage_size();
    if (stored / std::max<std::size_t>(element_bytes, 1) < num_elements_)
        fail("stores " + std::to_string(stored) + " bytes for " + std::to_string(num_elements_) + " elements of " +
             std::to_string(element_bytes) + " bytes (the file is damaged) copy or export it again");
}

std::optional<ElementType> Dataset::element_type() const
{
    Handle const type(call([&] { return H5Dget_type(id()); }));
    return type.is_valid() ? element_type_of(type.get()) : std::nullopt;
}

std::string Dataset::describe_type() const
{
    if (auto const element = element_type()) return name_of(element->type);
    Handle const type(call([&] { return H5Dget_type(id()); }));
    switch (call([&] { return H5Tget_class(type.get()); })) {
    case H5T_STRING:
        return "text";
    case H5T_COMPOUND:
        return "compound (complex or RGB)";
    case H5T_VLEN:
        return "ragged arrays";
    case H5T_FLOAT:
        return "an unusual float type";
    case H5T_INTEGER:
        return "an unusual integer type";
    default:
        return "an element type without numbers";
    }
}

std::size_t Dataset::storage_size() const
{
    return call([&] { return H5Dget_storage_size(id()); });
}

std::size_t Dataset::num_chunks() const
{
    Handle const space(call([&] { return H5Dget_space(id()); }));
    hsize_t count = 0;
    if (call([&] { return H5Dget_num_chunks(id(), space.get(), &count); }) < 0)
        fail("chunks cannot be counted (the file is damaged) copy or export it again");
    return count;
}

std::vector<std::byte> Dataset::fill_value(std::size_t element_bytes) const
{
    std::vector<std::byte> value(element_bytes);
    Handle const list(call([&] { return H5Dget_create_plist(id()); }));
    Handle const type(call([&] { return H5Dget_type(id()); }));
    if (call([&] { return H5Pget_fill_value(list.get(), type.get(), value.data()); }) < 0)
        fail("fill value cannot be read (the file is damaged) copy or export it again");
    return value;
}

void Dataset::read_box(std::vector<hsize_t> const& offset, std::vector<hsize_t> const& count, std::byte* out) const
{
    bool const ok = call([&] {
        Handle const type(H5Dget_type(id()));
        Handle const file_space(H5Dget_space(id()));
        Handle const memory(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr));
        return H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, offset.data(), nullptr, count.data(), nullptr) >=
                   0 &&
               H5Dread(id(), type.get(), memory.get(), file_space.get(), H5P_DEFAULT, out) >= 0;
    });
    if (!ok) fail("values cannot be read (the file is truncated or damaged) copy or export it again");
}

void Dataset::read_chunk(std::vector<hsize_t> const& offset, std::size_t max_bytes, std::vector<std::byte>& bytes,
                         unsigned& filter_mask) const
{
    char const* const damaged = "a chunk cannot be read (the file is truncated or damaged) copy or export it again";
    hsize_t size = 0;
    if (call([&] { return H5Dget_chunk_storage_size(id(), offset.data(), &size); }) < 0) {
        haddr_t address = 0;  // fails for a chunk that was never written, as for a damaged one
        unsigned mask = 0;
        if (call([&] { return H5Dget_chunk_info_by_coord(id(), offset.data(), &mask, &address, &size); }) < 0 ||
            address != HADDR_UNDEF)
            fail(damaged);
        size = 0;
    }
    if (size > max_bytes) fail(damaged);
    bytes.resize(size);
    if (size == 0) return;
    if (call([&] { return H5Dread_chunk(id(), H5P_DEFAULT, offset.data(), &filter_mask, bytes.data()); }) < 0)
        fail(damaged);
}

std::vector<double> Dataset::read_doubles(std::size_t max_count) const
{
    if (!element_type()) fail("holds no numbers (" + describe_type() + ") give numbers");
    if (num_elements_ == 0 || num_elements_ > max_count)
        fail("has " + std::to_string(num_elements_) + " values (at most " + std::to_string(max_count) +
             " are possible here) the file is damaged, export it again");
    std::vector<double> values(num_elements_);
    if (call([&] { return H5Dread(id(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()); }) < 0)
        fail("values cannot be read (the file is truncated or damaged) copy or export it again");
    return values;
}

std::vector<double> Dataset::read_member(std::string const& member, std::size_t width, std::size_t max_count) const
{
    Handle const type(call([&] { return H5Dget_type(id()); }));
    bool const is_compound = call([&] { return H5Tget_class(type.get()); }) == H5T_COMPOUND;
    int const index = is_compound ? call([&] { return H5Tget_member_index(type.get(), member.c_str()); }) : -1;
    if (index < 0)
        fail("has no member \"" + member + "\" (" + describe_type() + ") store the model again with HyperSpy");
    Handle const stored(call([&] { return H5Tget_member_type(type.get(), static_cast<unsigned>(index)); }));
    hsize_t const wanted = width;
    hsize_t found = 1;
    bool const is_array = call([&] { return H5Tget_class(stored.get()); }) == H5T_ARRAY;
    bool const has_one_axis = is_array && call([&] { return H5Tget_array_ndims(stored.get()); }) == 1;
    if (has_one_axis) call([&] { return H5Tget_array_dims2(stored.get(), &found); });
    if (is_array != has_one_axis || found != wanted || num_elements_ == 0 || num_elements_ > max_count)
        fail("has another shape (" + std::to_string(num_elements_) + " elements of " + std::to_string(found) +
             " values, expected " + std::to_string(max_count) + " of " + std::to_string(width) +
             ") store the model again with HyperSpy");
    Handle const numbers(
        call([&] { return is_array ? H5Tarray_create2(H5T_NATIVE_DOUBLE, 1, &wanted) : H5Tcopy(H5T_NATIVE_DOUBLE); }));
    Handle const memory(call([&] { return H5Tcreate(H5T_COMPOUND, width * sizeof(double)); }));
    call([&] { return H5Tinsert(memory.get(), member.c_str(), 0, numbers.get()); });
    std::vector<double> values(num_elements_ * width);
    if (call([&] { return H5Dread(id(), memory.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()); }) < 0)
        fail("values cannot be read (the file is truncated or damaged) copy or export it again");
    return values;
}

std::vector<std::string> Dataset::read_texts() const
{
    Handle const type(call([&] { return H5Dget_type(id()); }));
    Handle const space(call([&] { return H5Dget_space(id()); }));
    auto const read = [this](hid_t memory, void* out) {
        return H5Dread(id(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, out);
    };
    std::optional<std::vector<std::string>> texts;
    if (call([&] { return H5Tget_class(type.get()); }) == H5T_STRING && num_elements_ > 0 &&
        num_elements_ <= max_attribute_elements)
        texts = read_strings(type.get(), space.get(), num_elements_, read);
    if (!texts) fail("holds no text (" + describe_type() + ") the file is damaged, export it again");
    return *texts;
}

Group::Group(std::shared_ptr<std::string const> file, std::string path, Handle handle)
    : Object(std::move(file), std::move(path), std::move(handle))
{}

std::vector<std::string> Group::names() const
{
    std::vector<std::string> names;
    for (hsize_t i = 0;; ++i) {
        auto const name_at = [&](char* out, std::size_t size) {
            return call(
                [&] { return H5Lget_name_by_idx(id(), ".", H5_INDEX_NAME, H5_ITER_INC, i, out, size, H5P_DEFAULT); });
        };
        ssize_t const length = name_at(nullptr, 0);
        if (length < 0) return names;
        std::string name(static_cast<std::size_t>(length), '\0');
        name_at(name.data(), name.size() + 1);
        if (kind(name) != H5O_TYPE_UNKNOWN) names.push_back(std::move(name));
    }
}

H5O_type_t Group::kind(std::string const& name) const
{
    H5O_info_t info;
    bool const found = call([&] {
        Handle const object(H5Oopen(id(), name.c_str(), H5P_DEFAULT));
        return object.is_valid() && H5Oget_info2(object.get(), &info, H5O_INFO_BASIC) >= 0;
    });
    return found ? info.type : H5O_TYPE_UNKNOWN;
}

bool Group::has_group(std::string const& name) const
{
    return kind(name) == H5O_TYPE_GROUP;
}

bool Group::has_dataset(std::string const& name) const
{
    return kind(name) == H5O_TYPE_DATASET;
}

std::string Group::child(std::string const& name) const
{
    if (name.starts_with('/')) return name;
    return path_ == "/" ? "/" + name : path_ + "/" + name;
}

Group Group::group(std::string const& name) const
{
    Handle opened(call([&] { return H5Gopen2(id(), name.c_str(), H5P_DEFAULT); }));
    if (!opened.is_valid()) fail("has no readable group \"" + name + "\" (absent or damaged) check the file");
    return {file_, child(name), std::move(opened)};
}

Dataset Group::dataset(std::string const& name) const
{
    Handle opened(call([&] { return H5Dopen2(id(), name.c_str(), H5P_DEFAULT); }));
    if (!opened.is_valid()) fail("has no readable dataset \"" + name + "\" (absent or damaged) check the file");
    return {file_, child(name), std::move(opened)};
}

Group open_file(std::string const& path)
{
    std::size_t const size = file_size(path);
    if (!is_hdf5(path))
        throw InputError(path + ": not an HDF5 file (no HDF5 signature in its " + std::to_string(size) +
                         " bytes) export or copy it again");
    Handle const access(call([&] { return H5Pcreate(H5P_FILE_ACCESS); }));
    Handle const file(call([&] { return H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()); }));
    if (!file.is_valid())
        throw InputError(path +
                         ": cannot be opened as HDF5 (it is truncated, damaged, or open for writing elsewhere; " +
                         std::to_string(size) + " bytes) copy or export it again");
    Handle root(call([&] { return H5Gopen2(file.get(), "/", H5P_DEFAULT); }));
    if (!root.is_valid())
        throw InputError(path + ": has no readable root group (the file is damaged) copy or export it again");
    return {std::make_shared<std::string const>(path), "/", std::move(root)};
}

bool is_hdf5(std::string const& path)
{
    return call([&] { return H5Fis_hdf5(path.c_str()); }) > 0;
}

std::size_t file_size(std::string const& path)
{
    std::error_code error;
    if (std::filesystem::is_directory(path, error))
        throw InputError(path + ": is a directory (a file is expected) name a file in it");
    std::uintmax_t const size = std::filesystem::file_size(path, error);
    if (error) throw InputError(path + ": cannot be read (" + error.message() + ") check the path");
    return size;
}

}  // namespace warpfit::io::hdf5
