#include "src/io/file_driver.hpp"

#include "src/io/file_writing.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <unistd.h>
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

namespace warpfit::io {
namespace {

struct Info  // what the file access property list carries
{
    FileDriver::State* state;
};

struct OpenFile  // begins as HDF5 wants it
{
    H5FD_t base;
    FileDriver::State* state;
    haddr_t end_of_allocation;
};

OpenFile* opened(H5FD_t* file)
{
    return reinterpret_cast<OpenFile*>(file);
}
OpenFile const* opened(H5FD_t const* file)
{
    return reinterpret_cast<OpenFile const*>(file);
}

H5FD_t* open_file(char const*, unsigned, hid_t file_access, haddr_t)
{
    auto const* info = static_cast<Info const*>(H5Pget_driver_info(file_access));
    if (!info) return nullptr;
    auto* file = new (std::nothrow) OpenFile{};
    if (!file) return nullptr;
    file->state = info->state;
    return &file->base;
}

herr_t close_file(H5FD_t* file)
{
    delete opened(file);
    return 0;
}

int compare(H5FD_t const* a, H5FD_t const* b)
{
    std::less<FileDriver::State const*> const before;
    if (before(opened(a)->state, opened(b)->state)) return -1;
    return before(opened(b)->state, opened(a)->state) ? 1 : 0;
}

herr_t query(H5FD_t const*, unsigned long* flags)
{
    if (flags)
        *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
                 H5FD_FEAT_AGGREGATE_SMALLDATA;
    return 0;
}

haddr_t get_end_of_allocation(H5FD_t const* file, H5FD_mem_t)
{
    return opened(file)->end_of_allocation;
}
haddr_t get_end_of_file(H5FD_t const* file, H5FD_mem_t)
{
    return opened(file)->state->end;
}

herr_t set_end_of_allocation(H5FD_t* file, H5FD_mem_t, haddr_t address)
{
    opened(file)->end_of_allocation = address;
    return 0;
}

herr_t read(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, size_t size, void* buffer)
{
    FileDriver::State& state = *opened(file)->state;
    auto* const bytes = static_cast<unsigned char*>(buffer);
    long long const got = read_at(state.fd, std::as_writable_bytes(std::span(bytes, size)), address);
    if (got < 0 && state.error == 0) state.error = errno;
    std::memset(bytes + std::max(got, 0LL), 0, size - static_cast<size_t>(std::max(got, 0LL)));
    for (auto const& [start, kept] : state.kept) {
        haddr_t const first = std::max(start, address);
        haddr_t const last = std::min<haddr_t>(start + kept.size(), address + size);
        if (first < last) std::memcpy(bytes + (first - address), kept.data() + (first - start), last - first);
    }
    return 0;
}

herr_t write(H5FD_t* file, H5FD_mem_t type, hid_t, haddr_t address, size_t size, void const* buffer)
{
    FileDriver::State& state = *opened(file)->state;
    auto const* const bytes = static_cast<unsigned char const*>(buffer);
    if (state.error == 0) state.error = write_at(state.fd, std::as_bytes(std::span(bytes, size)), address);
    if (state.error != 0 && type != H5FD_MEM_DRAW) {
        try {
            state.kept.emplace_back(address, std::vector<unsigned char>(bytes, bytes + size));
        } catch (std::bad_alloc const&) {
            return -1;
        }
    }
    state.end = std::max<haddr_t>(state.end, address + size);
    return 0;
}

herr_t truncate(H5FD_t* file, hid_t, hbool_t)
{
    OpenFile const& self = *opened(file);
    FileDriver::State& state = *self.state;
    if (state.end == self.end_of_allocation) return 0;
    FileSizeSignalBlock const block;
    if (state.error == 0 && ::ftruncate(state.fd, static_cast<off_t>(self.end_of_allocation)) != 0) state.error = errno;
    state.end = self.end_of_allocation;
    return 0;
}

H5FD_class_t driver_class()
{
    H5FD_class_t driver{};
#if H5_VERSION_GE(1, 13, 0)
    driver.version = H5FD_CLASS_VERSION;
    driver.value = 600;  // any value HDF5 has not given to a driver of its own
#endif
    driver.name = "warpfit";
    driver.maxaddr = (haddr_t{1} << 62) - 1;
    driver.fc_degree = H5F_CLOSE_STRONG;
    driver.fapl_size = sizeof(Info);
    driver.open = open_file;
    driver.close = close_file;
    driver.cmp = compare;
    driver.query = query;
    driver.get_eoa = get_end_of_allocation;
    driver.set_eoa = set_end_of_allocation;
    driver.get_eof = get_end_of_file;
    driver.read = read;
    driver.write = write;
    driver.truncate = truncate;
    H5FD_mem_t const map[] = H5FD_FLMAP_DICHOTOMY;
    std::copy(std::begin(map), std::end(map), std::begin(driver.fl_map));
    return driver;
}

}  // namespace

FileDriver::FileDriver(int fd)
    : state_{fd, 0, 0, {}}
{
    H5FD_class_t const driver = driver_class();
    id_ = H5FDregister(&driver);
    if (id_ < 0) throw WriteError("HDF5 refuses a file driver (H5FDregister failed) check the HDF5 installation");
}

FileDriver::~FileDriver()
{
    H5FDunregister(id_);
}

void FileDriver::install(hid_t file_access) const
{
    Info const info{&state_};
    if (H5Pset_driver(file_access, id_, &info) < 0)
        throw WriteError("HDF5 refuses a file driver (H5Pset_driver failed) check the HDF5 installation");
}

}  // namespace warpfit::io
