#pragma once

#include <memory>
#include <string>

namespace warpfit::testing {

/// NVRTC, found at run time.
class Nvrtc
{
  public:
    Nvrtc();
    ~Nvrtc();

    /// Empty: it is here. Else why not.
    std::string const& missing() const { return missing_; }
    /// Compiles text with the embedded headers to a cubin for "sm_90". Returns its size; 0: log() says why.
    std::size_t compile(std::string const& text, std::string const& architecture);
    std::string const& log() const { return log_; }

  private:
    struct Functions;
    std::unique_ptr<Functions> functions_;
    std::string missing_;
    std::string log_;
};

}  // namespace warpfit::testing
