#include "src/backends/cuda/cubin_cache.hpp"

#include <chrono>
#include <utility>

namespace warpfit::cuda {

CubinCache::CubinCache(std::filesystem::path const& folder, std::string identity, Compile compile, long long limit,
                       Tell tell)
    : identity_(std::move(identity))
    , compile_(std::move(compile))
    , tell_(std::move(tell))
    , limit_(limit)
{
    if (!folder.empty()) folder_.emplace(folder, limit);
}

CachedProgram CubinCache::get_or_compile(CompileRequest const& request)
{
    auto const begin = std::chrono::steady_clock::now();
    Sha256::Digest const key = cubin_key(identity_, request);
    CachedProgram result{nullptr, Source::memory, 0.0, ""};
    std::promise<Program> promise;
    std::shared_future<Program> program;
    bool is_first = false;
    {
        std::lock_guard const lock(mutex_);
        auto [at, is_new] = entries_.try_emplace(key);
        if (is_new) at->second = {promise.get_future().share(), 0, 0};
        at->second.last_used = ++num_requests_;
        program = at->second.program;
        is_first = is_new;
    }
    if (is_first) {
        try {
            Program const made = produce(key, request, result);
            keep(key, made);
            promise.set_value(made);
        } catch (...) {
            keep(key, nullptr);
            promise.set_exception(std::current_exception());
        }
    }
    result.compiled = program.get();
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (tell_) tell_(result);
    return result;
}

CubinCache::Program CubinCache::produce(Sha256::Digest const& key, CompileRequest const& request, CachedProgram& result)
{
    if (folder_) {
        if (std::optional<Compiled> found = folder_->read(key)) {
            result.source = Source::disk;
            return std::make_shared<Compiled const>(std::move(*found));
        }
    }
    result.source = Source::compiler;
    auto made = std::make_shared<Compiled const>(compile_(request));
    if (!folder_ || !made->is_fine() || made->is_stopgap) return made;
    std::string note = folder_->write(key, *made);
    if (note.empty()) return made;
    std::lock_guard const lock(mutex_);
    if (!std::exchange(is_told_, true)) result.note = std::move(note);
    return made;
}

/// Forgets a program that failed; else the ones used longest ago until the rest is within the limit.
void CubinCache::keep(Sha256::Digest const& key, Program const& program)
{
    std::lock_guard const lock(mutex_);
    if (!program || !program->is_fine()) {
        entries_.erase(key);
        return;
    }
    entries_.at(key).size = static_cast<long long>(program->code.size());
    size_ += entries_.at(key).size;
    while (size_ > limit_) {
        auto oldest = entries_.end();
        for (auto at = entries_.begin(); at != entries_.end(); ++at)
            if (at->second.size > 0 && (oldest == entries_.end() || at->second.last_used < oldest->second.last_used))
                oldest = at;
        if (oldest == entries_.end()) return;
        size_ -= oldest->second.size;
        entries_.erase(oldest);
    }
}

}  // namespace warpfit::cuda
