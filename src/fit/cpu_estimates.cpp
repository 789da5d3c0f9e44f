#include "kernels/estimate/estimate_pixel.hpp"
#include "src/fit/estimates.hpp"
#include "src/fit/parallel.hpp"

#include <vector>

namespace warpfit {

namespace {

constexpr std::size_t grain = 16;

class CpuEstimates final : public Estimates
{
  public:
    CpuEstimates(estimate::Plan const& plan, int threads)
        : plan_(plan)
        , threads_(threads)
    {}

    std::string device() const override { return "cpu"; }

    void run(program::PixelBatch const& batch, estimate::Results const& results) override
    {
        auto const estimate = [&](std::size_t first, std::size_t last) {
            std::vector<double> shared(size(estimate::Memory::shared_size(plan_, 1)));
            std::vector<double> channels(size(estimate::Memory::channels_size(plan_)));
            std::vector<double> mine(size(estimate::Memory::private_size(plan_)));
            estimate::Memory const memory(plan_, 1, shared.data(), channels.data(), mine.data());
            for (std::size_t i = first; i < last; ++i)
                estimate::estimate_pixel(SerialTeam{}, plan_, memory, batch, results, static_cast<Index>(i));
        };
        in_parallel(threads_, size(batch.count), estimate, grain);
    }

  private:
    static std::size_t size(Index n) { return static_cast<std::size_t>(n); }

    estimate::Plan const& plan_;
    int threads_;
};

}  // namespace

std::unique_ptr<Estimates> make_cpu_estimates(estimate::Plan const& plan, int threads)
{
    return std::make_unique<CpuEstimates>(plan, threads);
}

}  // namespace warpfit
