#pragma once

#include "src/backends/cuda/compiler.hpp"
#include "src/backends/cuda/linker.hpp"
#include "src/backends/cuda/solver_parts.hpp"

namespace warpfit::cuda {

/// The kernel of a linked fit.
inline constexpr char const* linked_kernel = "warpfit_fit";

/// An option of a request: compile all of it, link nothing.
inline constexpr char const* whole_option = "-DWARPFIT_WHOLE";

/// The part to link for a device: its own, else that of a device of the same generation before it, else PTX that it can
/// run. Null: none.
SolverPart const* part_for(std::string const& architecture, std::vector<SolverPart> const& parts);

/// Compiles generate_kernel()'s text: the model's part alone, which it links to the solver compiled beforehand; or,
/// where that cannot be, all of it, which takes ten times as long. compiler and linker must outlive it. Safe for
/// several threads at once.
class FitCompiler
{
  public:
    FitCompiler(Compiler const& compiler, Linker const& linker, std::vector<SolverPart> parts);

    /// As of Compiler; of the linker and the solver too.
    std::string const& identity() const { return identity_; }

    /// The log of a fit compiled as a whole begins with why it was not linked.
    Compiled compile(CompileRequest const& request) const;

  private:
    Compiled link(CompileRequest const& request) const;

    Compiler const& compiler_;
    Linker const& linker_;
    std::vector<SolverPart> parts_;
    std::string identity_;
};

/// The parts that this library was built with.
std::vector<SolverPart> built_in_parts();

}  // namespace warpfit::cuda
