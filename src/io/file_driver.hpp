#pragma once

#include <hdf5.h>
#include <utility>
#include <vector>

namespace warpfit::io {

/// A virtual file driver on an open descriptor that never fails towards HDF5.
///
/// After a write that fails (full disk, quota, file size limit) a HDF5 file can neither be closed nor forgotten: dirty
/// metadata stays cached and the library crashes when the process exits (users' reports and our own measurements). So
/// the first error is kept here, everything after it is accepted and dropped except metadata, which is held in memory
/// because HDF5 reads it back; the file then closes cleanly, and whoever created it looks at error(), throws and
/// removes it. Any size of file, no second copy in memory.
class FileDriver
{
  public:
    /// `fd` stays the caller's and must outlive *this. Throws WriteError if HDF5 refuses the driver.
    explicit FileDriver(int fd);
    ~FileDriver();
    FileDriver(FileDriver const&) = delete;
    FileDriver& operator=(FileDriver const&) = delete;

    void install(hid_t file_access) const;               ///< into a file access property list
    int error() const noexcept { return state_.error; }  ///< errno of the first failure; 0: none

    struct State
    {
        int fd;
        int error = 0;
        haddr_t end = 0;
        std::vector<std::pair<haddr_t, std::vector<unsigned char>>> kept;  ///< metadata written after the failure
    };

  private:
    mutable State state_;
    hid_t id_;
};

}  // namespace warpfit::io
