#pragma once

#include "src/backends/cuda/cubin_folder.hpp"

#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace warpfit::cuda {

/// Where a compiled program came from.
enum class Source : int {
    memory,  ///< an earlier request of this process, or one under way in another thread
    disk,
    compiler
};

struct CachedProgram
{
    std::shared_ptr<Compiled const> compiled;  ///< never null; it may have failed
    Source source;
    double seconds;    ///< that the call took
    std::string note;  ///< why the folder is of no use, told once; else empty
};

/// Compiled programs by their text: each is compiled once in a process, however many threads ask, and once at all while
/// it stays in the folder. What fails is not kept. Safe for several threads at once.
class CubinCache
{
  public:
    using Compile = std::function<Compiled(CompileRequest const&)>;
    using Tell = std::function<void(CachedProgram const&)>;
    static constexpr long long default_limit = 256ll << 20;

    /// identity, compile: of a Compiler. folder empty: memory alone. limit [bytes]: of the folder, and of the memory.
    /// tell: hears of every program before get_or_compile() returns it, in the thread that asked.
    CubinCache(std::filesystem::path const& folder, std::string identity, Compile compile,
               long long limit = default_limit, Tell tell = {});

    /// Throws what `compile` throws.
    CachedProgram get_or_compile(CompileRequest const& request);

  private:
    using Program = std::shared_ptr<Compiled const>;
    struct Entry
    {
        std::shared_future<Program> program;
        std::uint64_t last_used;
        long long size;  ///< [bytes]; 0 while it is under way
    };

    Program produce(Sha256::Digest const& key, CompileRequest const& request, CachedProgram& result);
    void keep(Sha256::Digest const& key, Program const& program);

    std::string identity_;
    Compile compile_;
    Tell tell_;
    long long limit_;
    std::optional<CubinFolder> folder_;

    std::mutex mutex_;  ///< of all below
    std::map<Sha256::Digest, Entry> entries_;
    std::uint64_t num_requests_ = 0;
    long long size_ = 0;  ///< [bytes] of entries_
    bool is_told_ = false;
};

}  // namespace warpfit::cuda
