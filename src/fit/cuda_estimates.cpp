#include "src/fit/cuda_words.hpp"
#include "src/fit/estimates.hpp"

namespace warpfit {

namespace {

class CudaEstimates final : public Estimates
{
  public:
    CudaEstimates(estimate::Plan const& plan, cuda::Table const& table)
        : table_(table)
        , prepared_(prepare(plan, table), table.destroy_estimates)
    {}

    std::string device() const override { return "cuda"; }

    void run(program::PixelBatch const& batch, estimate::Results const& results) override
    {
        CudaWords words;
        cuda::Code const code = table_.estimate(prepared_.get(), &batch, &results, words.buffer());
        if (code != cuda::Code::fine) words.raise(table_, code);
    }

  private:
    static void* prepare(estimate::Plan const& plan, cuda::Table const& table)
    {
        void* prepared = nullptr;
        CudaWords words;
        cuda::Code const code = table.create_estimates(&plan, 0, &prepared, words.buffer());
        if (code != cuda::Code::fine) words.raise(table, code);
        return prepared;
    }

    cuda::Table const& table_;
    std::unique_ptr<void, void (*)(void*)> prepared_;
};

}  // namespace

std::unique_ptr<Estimates> make_cuda_estimates(estimate::Plan const& plan, cuda::Table const& table)
{
    return std::make_unique<CudaEstimates>(plan, table);
}

}  // namespace warpfit
