#pragma once

#include <memory>
#include <string>
#include <vector>

namespace warpfit::cuda {

/// A program to compile. The embedded headers and nvrtc_options go without saying.
struct CompileRequest
{
    std::string text;                    ///< one translation unit
    std::string architecture;            ///< of the device: "sm_90"
    std::vector<std::string> options{};  ///< further ones
    std::vector<std::string> kernels{};  ///< as C++ names them: "Model_fit", "space::kernel<double>"
};

/// What came of it.
struct Compiled
{
    std::string code{};                ///< cubin, or PTX as text; empty: failed
    std::string architecture{};        ///< "sm_90": a cubin; "compute_90": PTX, which the driver finishes
    std::vector<std::string> names{};  ///< of the kernels asked for, as `code` names them
    std::string log{};                 ///< why it failed; else NVRTC's warnings, which no cache keeps
    double seconds = 0.0;
    bool is_stopgap = false;  ///< made because something failed that may work the next time: not for the disk

    bool is_fine() const { return !code.empty(); }
    bool is_ptx() const { return architecture.starts_with("compute_"); }
};

/// What to compile for on a device of this architecture: itself if the compiler knows it, else the newest virtual
/// architecture that it knows and that the device can run. Empty: there is none, or the text is not "sm_" and a number.
std::string target_for(std::string const& architecture, std::vector<int> const& known);

/// NVRTC, found at run time; nothing links to it. Safe for several threads at once.
class Compiler
{
  public:
    /// library: a full path tried before the usual names.
    explicit Compiler(std::string const& library = "");
    ~Compiler();
    Compiler(Compiler const&) = delete;
    Compiler& operator=(Compiler const&) = delete;

    /// Empty: it is here. Else why not; then compile() fails with this.
    std::string const& missing() const { return missing_; }
    /// "13.0"
    std::string const& version() const { return version_; }
    /// All that decides what a request becomes, beside the request: the versions of NVRTC and warpfit, the headers.
    std::string const& identity() const { return identity_; }
    /// Numbers XY of the architectures sm_XY that it knows, ascending.
    std::vector<int> const& known_architectures() const { return known_; }

    Compiled compile(CompileRequest const& request) const;

  private:
    struct Functions;
    bool load(char const* name);

    std::unique_ptr<Functions const> functions_;
    std::string missing_;
    std::string version_;
    std::string identity_;
    std::vector<int> known_;
};

}  // namespace warpfit::cuda
