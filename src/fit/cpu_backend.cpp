#include "src/backends/cpu/table.hpp"
#include "src/fit/backend.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <new>
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#include <string_view>

namespace warpfit {

namespace {

struct InstructionSet
{
    std::string_view name;
    bool available;
    cpu::Table const* (*table)();
};

/// Best last.
std::array<InstructionSet, 3> instruction_sets()
{
    __builtin_cpu_init();
    bool const avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool const avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                        __builtin_cpu_supports("avx512dq");
    return {{{"sse2", true, &warpfit_cpu_sse2},
             {"avx2", avx2, &warpfit_cpu_avx2},
             {"avx512", avx512, &warpfit_cpu_avx512}}};
}

cpu::Table const& choose_table(std::string const& wanted)
{
    auto const sets = instruction_sets();
    cpu::Table const* best = nullptr;
    std::string known;
    for (InstructionSet const& set : sets) {
        known += (known.empty() ? "" : ", ") + std::string(set.name);
        if (wanted == set.name) {
            if (!set.available)
                throw InvalidArgument("instructions '" + wanted + "' are not available on this CPU; use 'auto'");
            return *set.table();
        }
        if (set.available) best = set.table();
    }
    if (wanted != "auto") throw InvalidArgument("unknown instructions '" + wanted + "' (known: auto, " + known + ")");
    return *best;
}

struct FreeAligned
{
    void operator()(void* p) const { std::free(p); }
};

class CpuBackend : public Backend
{
  public:
    CpuBackend(program::Plan const& plan, cpu::Table const& table, cpu::Layout layout, int threads)
        : table_(table)
        , layout_(layout)
        , num_free_(plan.num_free)
        , prepared_(table.create(&plan, layout), table.destroy)
        , asked_threads_(threads)
        , arena_(threads > 0 ? threads : tbb::task_arena::automatic)
        , grain_(layout == cpu::Layout::pixels ? 512 : 16)
    {
        if (!prepared_) throw std::bad_alloc();
        auto const bytes = static_cast<std::size_t>(table.workspace_size(prepared_.get()));
        workspace_bytes_ = (bytes + 63) / 64 * 64 + 64;
    }

    std::string device() const override { return "cpu"; }
    std::string instructions() const override { return table_.instructions; }
    std::string layout() const override { return layout_ == cpu::Layout::points ? "points" : "pixels"; }
    int threads() const override { return arena_.max_concurrency(); }
    std::size_t good_batch(std::size_t) const override { return static_cast<std::size_t>(grain_) * 64; }
    std::size_t most_bytes() const override { return std::size_t{32} << 20; }
    std::size_t most_pixels() const override { return 65536; }
    std::unique_ptr<Estimates> make_estimates(estimate::Plan const& plan) const override
    {
        return make_cpu_estimates(plan, asked_threads_);
    }

    void run(program::PixelBatch const& batch, program::BatchResults const& results,
             std::atomic<bool> const* stop) override
    {
        tbb::enumerable_thread_specific<Workspace> workspaces;
        arena_.execute([&] {
            tbb::parallel_for(
                tbb::blocked_range<long long>(0, batch.count, grain_),
                [&](tbb::blocked_range<long long> const& range) {
                    Workspace& workspace = workspaces.local();
                    if (!workspace.memory) workspace.memory.reset(std::aligned_alloc(64, workspace_bytes_));
                    if (!workspace.memory) throw std::bad_alloc();
                    long long done = 0;
                    if (!stop || !stop->load(std::memory_order_relaxed))
                        done = table_.run(prepared_.get(), &batch, &results, range.begin(), range.end(),
                                          workspace.memory.get(), nullptr);
                    for (long long i = range.begin() + done; i < range.end(); ++i) cancel(results, i);
                },
                tbb::simple_partitioner());
        });
    }

  private:
    struct Workspace
    {
        std::unique_ptr<void, FreeAligned> memory;
    };

    void cancel(program::BatchResults const& results, long long pixel) const
    {
        constexpr double nan = std::numeric_limits<double>::quiet_NaN();
        std::fill_n(results.parameters + pixel * num_free_, num_free_, nan);
        std::fill_n(results.standard_errors + pixel * num_free_, num_free_, nan);
        results.chisq[pixel] = nan;
        results.dof[pixel] = 0;
        results.iterations[pixel] = 0;
        results.status[pixel] = program::Status::cancelled;
    }

    cpu::Table const& table_;
    cpu::Layout layout_;
    int num_free_;
    std::unique_ptr<void, void (*)(void*)> prepared_;
    int asked_threads_;  ///< 0: all cores
    tbb::task_arena arena_;
    long long grain_;
    std::size_t workspace_bytes_ = 0;
};

/// Pixels in lanes win where a pixel has few channels for its lanes, or few products to sum between two reductions.
/// With more of both, channels in lanes win, for they skip peaks outside their window (measured: bench/solvers).
bool pixels_win(program::Plan const& plan)
{
    constexpr int few_channels = 256;
    constexpr int many_channels = 2048;
    constexpr int few_parameters = 6;
    constexpr int many_parameters = 16;
    if (plan.num_channels <= few_channels) return plan.num_free <= many_parameters;
    return plan.num_channels <= many_channels && plan.num_free <= few_parameters && plan.dimension == 1;
}

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(program::Plan const& plan, FitOptions const& options,
                                          std::vector<std::string>& notes)
{
    cpu::Table const& table = choose_table(options.instructions);
    bool const can_pixels = table.supports(&plan, cpu::Layout::pixels) != 0;
    cpu::Layout layout = cpu::Layout::points;
    if (options.layout == "auto") {
        if (can_pixels && pixels_win(plan)) layout = cpu::Layout::pixels;
    } else if (options.layout == "pixels") {
        if (!can_pixels)
            throw InvalidArgument(
                "layout 'pixels' cannot serve this fit (components of one's own, switched off in some pixels or "
                "convolved with a low loss, or an axis too fine for float32); use 'auto' or 'points'");
        layout = cpu::Layout::pixels;
    } else if (options.layout != "points") {
        throw InvalidArgument("unknown layout '" + options.layout + "' (known: auto, points, pixels)");
    }
    notes.push_back(std::string("CPU with ") + table.instructions + " instructions" +
                    (options.instructions == "auto" ? ", the best of this machine" : ", as asked") + "; " +
                    (layout == cpu::Layout::pixels ? "pixels in lanes" : "channels in lanes") + " for " +
                    std::to_string(plan.num_channels) + " channels and " + std::to_string(plan.num_free) +
                    " free parameters.");
    if (plan.convolution && options.precision != Precision::float64)
        notes.push_back("Convolved components are fitted in float64 throughout.");
    if (layout == cpu::Layout::pixels && options.precision == Precision::mixed)
        notes.push_back("Mixed precision is float64 throughout here: with so few channels that is faster.");
    return std::make_unique<CpuBackend>(plan, table, layout, options.threads);
}

int cpu_lanes(std::string const& instructions)
{
    return choose_table(instructions).lanes[1];
}

}  // namespace warpfit
