#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace warpfit::cuda {

/// Relocatable device code.
struct LinkInput
{
    char const* name;  ///< for messages
    std::string_view code;
    bool is_ptx;
};

/// What came of a link.
struct Linked
{
    std::string code{};  ///< cubin; empty: failed
    std::string log{};   ///< why it failed
    double seconds = 0.0;

    bool is_fine() const { return !code.empty(); }
};

/// nvJitLink, found at run time; nothing links to it. Safe for several threads at once.
class Linker
{
  public:
    static std::vector<std::string> usual_libraries();

    /// The first of the libraries that is there and whole.
    explicit Linker(std::vector<std::string> const& libraries = usual_libraries());
    ~Linker();
    Linker(Linker const&) = delete;
    Linker& operator=(Linker const&) = delete;

    /// Empty: it is here. Else why not; then link() fails with this.
    std::string const& missing() const { return missing_; }
    /// "13.0"
    std::string const& version() const { return version_; }
    /// All that decides what a link gives, beside its inputs.
    std::string const& identity() const { return identity_; }

    /// architecture: "sm_90".
    Linked link(std::string const& architecture, std::vector<LinkInput> const& inputs) const;

  private:
    struct Functions;
    bool load(std::string const& name);

    std::unique_ptr<Functions const> functions_;
    std::string missing_;
    std::string version_;
    std::string identity_;
};

}  // namespace warpfit::cuda
