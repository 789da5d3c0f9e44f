// Compiled once for each instruction set, with WARPFIT_ARCH, WARPFIT_TABLE and WARPFIT_BLOCK from the build.

#include "src/backends/cpu/convolved_fit.hpp"
#include "src/backends/cpu/pixels.hpp"
#include "src/backends/cpu/points.hpp"
#include "src/backends/cpu/table.hpp"

#include <new>
#include <xmmintrin.h>

namespace {

using namespace warpfit;
using namespace warpfit::cpu;

using Arch = WARPFIT_ARCH;
using B32 = lanes::Lanes<float, Arch>;
using B64 = lanes::Lanes<double, Arch>;
constexpr int block = WARPFIT_BLOCK;

using Points = PointsFit<B32, B64, block>;
using Convolved = ConvolvedFit<B64, block>;
using Pixels32 = PixelsFit<B32, B32, B64, block>;
using Pixels64 = PixelsFit<B64, B32, B64, block>;

/// Denormals cost a hundred cycles each and carry nothing here. The caller's mode comes back.
class FlushDenormals
{
  public:
    FlushDenormals()
        : mode_(_mm_getcsr())
    {
        _mm_setcsr((mode_ & ~0x6000u) | 0x8040u | 0x1f80u);
    }
    ~FlushDenormals() { _mm_setcsr(mode_); }
    FlushDenormals(FlushDenormals const&) = delete;
    FlushDenormals& operator=(FlushDenormals const&) = delete;

  private:
    unsigned mode_;
};

struct Prepared
{
    program::Plan plan;
    Layout layout;
    std::unique_ptr<ChannelStore<B32>> points32;
    std::unique_ptr<ChannelStore<B64>> points64;
    std::unique_ptr<ChannelStore<B32>> pixels32;
    std::unique_ptr<ChannelStore<B64>> pixels64;
    std::unique_ptr<ConvolvedModel<B64>> convolved;  ///< then nothing else
};

template<class F>
void with_fits(Prepared const& prepared, Arena& arena, F&& f)
{
    Points points(prepared.plan, prepared.points32 ? &prepared.points32->channels() : nullptr,
                  prepared.points64->channels(), arena);
    if (prepared.pixels32) {
        Pixels32 pixels(prepared.plan, prepared.pixels32->channels(), points, arena);
        f(points, &pixels);
    } else if (prepared.pixels64) {
        Pixels64 pixels(prepared.plan, prepared.pixels64->channels(), points, arena);
        f(points, &pixels);
    } else {
        f(points, static_cast<Pixels64*>(nullptr));
    }
}

int supports(program::Plan const* plan, Layout layout)
{
    if (layout == Layout::points) return 1;
    if (plan->convolution) return 0;
    for (int t = 0; t < plan->num_terms; ++t)
        if (plan->terms[t].active_bit >= 0 || plan->terms[t].cumulative >= 0 || plan->terms[t].function >= 0) return 0;
    if (plan->options.precision != program::Precision::float32) return 1;
    // A float must tell neighbouring channels apart with digits to spare.
    double largest = 0.0;
    double step = HUGE_VAL;
    for (int i = 0; i < plan->num_channels; ++i) {
        largest = std::fmax(largest, std::fabs(plan->x[i]));
        if (i > 0 && plan->x[i] != plan->x[i - 1]) step = std::fmin(step, std::fabs(plan->x[i] - plan->x[i - 1]));
    }
    return largest <= 4096.0 * step;
}

void* create(program::Plan const* plan, Layout layout)
{
    try {
        auto prepared = std::make_unique<Prepared>();
        prepared->plan = *plan;
        prepared->layout = layout;
        if (plan->convolution) {
            prepared->convolved = std::make_unique<ConvolvedModel<B64>>(prepared->plan);
            return prepared.release();
        }
        bool const floats = plan->options.precision != program::Precision::float64;
        prepared->points64 = std::make_unique<ChannelStore<B64>>(*plan, true);
        if (floats) prepared->points32 = std::make_unique<ChannelStore<B32>>(*plan, true);
        if (layout == Layout::pixels) {
            // With so few channels nothing is won by beginning in floats: mixed is float64 here.
            if (plan->options.precision == program::Precision::float32)
                prepared->pixels32 = std::make_unique<ChannelStore<B32>>(*plan, false);
            else
                prepared->pixels64 = std::make_unique<ChannelStore<B64>>(*plan, false);
        }
        return prepared.release();
    } catch (std::bad_alloc const&) {
        return nullptr;
    }
}

void destroy(void* prepared)
{
    delete static_cast<Prepared*>(prepared);
}

long long workspace_size(void const* prepared)
{
    Arena arena(nullptr);
    auto const& p = *static_cast<Prepared const*>(prepared);
    if (p.convolved)
        Convolved(p.plan, *p.convolved, arena);
    else
        with_fits(p, arena, [](auto&, auto*) {});
    return static_cast<long long>(arena.used());
}

long long run(void const* prepared, program::PixelBatch const* batch, program::BatchResults const* results,
              long long first, long long last, void* workspace, int const* cancel)
{
    FlushDenormals const mode;
    Arena arena(workspace);
    long long done = first;
    auto const stopped = [&] { return cancel && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0; };
    auto const& p = *static_cast<Prepared const*>(prepared);
    if (p.convolved) {
        Convolved fits(p.plan, *p.convolved, arena);
        for (; done < last && !stopped(); ++done) fits.fit(*batch, *results, done);
        return done - first;
    }
    with_fits(p, arena, [&](Points& points, auto* pixels) {
        if (pixels) {
            constexpr long long most = 4096;  // between two looks at cancel
            for (; done < last && !stopped(); done = std::min(last, done + most))
                pixels->fit(*batch, *results, done, std::min(last, done + most));
        } else {
            for (; done < last && !stopped(); ++done) points.fit(*batch, *results, done);
        }
    });
    return done - first;
}

constexpr Table table{
    table_version, WARPFIT_INSTRUCTIONS, {B32::size, B64::size}, &supports, &create, &destroy, &workspace_size, &run};

}  // namespace

extern "C" __attribute__((visibility("default"))) warpfit::cpu::Table const* WARPFIT_TABLE()
{
    return &table;
}
