#include "src/io/deferred_source.hpp"

#include <cstring>
#include <utility>

namespace warpfit::io {

DeferredSource::DeferredSource(std::function<std::vector<std::byte>()> make, std::size_t pixel_bytes)
    : make_(std::move(make))
    , pixel_bytes_(pixel_bytes)
{}

void DeferredSource::read(std::size_t first, std::size_t count, std::byte* out)
{
    if (make_) {
        bytes_ = make_();
        make_ = nullptr;
    }
    std::memcpy(out, bytes_.data() + first * pixel_bytes_, count * pixel_bytes_);
}

}  // namespace warpfit::io
