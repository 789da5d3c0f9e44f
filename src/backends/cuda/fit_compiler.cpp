#include "src/backends/cuda/fit_compiler.hpp"

#include "src/backends/cuda/sha256.hpp"

#include <algorithm>
#include <charconv>

namespace warpfit::cuda {

namespace {

/// 90 of "sm_90" or "compute_90"; 0: it names features of one device ("sm_90a") or nothing known.
int number_of(std::string_view architecture)
{
    std::size_t const begin = architecture.find('_') + 1;
    int number = 0;
    auto const [end, error] =
        std::from_chars(architecture.data() + begin, architecture.data() + architecture.size(), number);
    return error == std::errc() && end == architecture.data() + architecture.size() ? number : 0;
}

std::string digest_of(std::vector<SolverPart> const& parts)
{
    Sha256 hash;
    for (SolverPart const& part : parts) {
        hash.add_field(part.architecture);
        hash.add_field(part.code());
    }
    return to_hex(hash.digest());
}

}  // namespace

SolverPart const* part_for(std::string const& architecture, std::vector<SolverPart> const& parts)
{
    int const wanted = number_of(architecture);
    SolverPart const* best = nullptr;
    for (SolverPart const& part : parts) {
        if (part.architecture == architecture) return &part;
        int const number = number_of(part.architecture);
        if (number == 0 || number > wanted) continue;
        if (!part.is_ptx() && number / 10 != wanted / 10) continue;
        bool const is_better = best == nullptr || (best->is_ptx() && !part.is_ptx()) ||
                               (best->is_ptx() == part.is_ptx() && number_of(best->architecture) < number);
        if (is_better) best = &part;
    }
    return best;
}

std::vector<SolverPart> built_in_parts()
{
    return {solver_parts, solver_parts + num_solver_parts};
}

FitCompiler::FitCompiler(Compiler const& compiler, Linker const& linker, std::vector<SolverPart> parts)
    : compiler_(compiler)
    , linker_(linker)
    , parts_(std::move(parts))
    , identity_(compiler.identity() + ", " + (linker.missing().empty() ? linker.identity() : "no linker") +
                ", solver " + digest_of(parts_))
{}

Compiled FitCompiler::compile(CompileRequest const& request) const
{
    if (std::find(request.options.begin(), request.options.end(), whole_option) != request.options.end())
        return compiler_.compile(request);
    Compiled linked = link(request);
    if (linked.is_fine() || !compiler_.missing().empty()) return linked;
    Compiled whole = compiler_.compile(request);
    whole.log = "compiled as a whole, not linked: " + linked.log + "\n" + whole.log;
    whole.seconds += linked.seconds;
    whole.is_stopgap = linked.is_stopgap;
    return whole;
}

Compiled FitCompiler::link(CompileRequest const& request) const
{
    Compiled done;
    if (!linker_.missing().empty()) {
        done.log = linker_.missing();
        return done;
    }
    SolverPart const* const solver = part_for(request.architecture, parts_);
    if (solver == nullptr) {
        done.log = "no solver for " + request.architecture + " was built in";
        return done;
    }
    CompileRequest part = request;
    part.kernels.clear();
    part.options.insert(part.options.end(), {"--relocatable-device-code=true", "-DWARPFIT_LINKED"});
    done = compiler_.compile(part);
    if (!done.is_fine()) return done;
    if (done.is_ptx()) {
        done.code.clear();
        done.log = "NVRTC " + compiler_.version() + " makes no cubin for " + request.architecture;
        return done;
    }
    Linked linked =
        linker_.link(done.architecture, {{"solver", solver->code(), solver->is_ptx()}, {"model", done.code, false}});
    done.code = std::move(linked.code);
    done.names = {linked_kernel};
    done.seconds += linked.seconds;
    if (!done.is_fine()) done.log = linked.log;
    done.is_stopgap = !done.is_fine();
    return done;
}

}  // namespace warpfit::cuda
