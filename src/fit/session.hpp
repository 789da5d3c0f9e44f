#pragma once

#include "src/fit/backend.hpp"
#include "src/fit/estimators.hpp"
#include "src/fit/peak_order.hpp"
#include "src/fit/pixel_reader.hpp"
#include "src/fit/starts.hpp"
#include "src/model/fit_plan.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

namespace warpfit {

/// One multifit from plan to maps: phases, batches, journal.
class Session
{
  public:
    /// Throws InvalidArgument or DeviceError before any work.
    Session(Model const& model, Signal const& signal, FitOptions const& options, DataOptions const& data);

    FitResult run(ResultSink* sink);

  private:
    using Visit = SeededOrder::Visit;
    /// Of estimates: what nobody gave; that and what a map with holes gives; everything free.
    enum Extent { not_given, over_holes, all_free, num_extents };

    void set_low_loss();
    void note_bounds();
    void set_starts();
    std::string header() const;
    bool is_in_memory() const;
    void fit_in_place();
    std::size_t chunk_pixels() const;
    std::vector<Visit> visits(int phase);
    void recover(int phase, std::vector<Visit>& list, ResultSink* sink);
    bool fit_phase(int phase, std::vector<Visit> const& list, ResultSink* sink);
    void complete_starts(program::PixelBatch const& batch, PixelChunk const& chunk, Visit const* visits,
                         std::vector<double>& starts);
    void prepare(Extent extent, std::vector<unsigned char> keeps);
    Extent extent_of(Visit const& visit, std::size_t pixel) const;
    void own_starts(program::PixelBatch const& batch, PixelChunk const& chunk,
                    std::vector<unsigned char> const& left_out, Extent extent);
    void take_maps(std::size_t pixel, double* start) const;
    double pixel_value(std::size_t k, std::size_t pixel) const;
    program::PixelBatch common_batch() const;
    void fill_batch(PixelChunk const& chunk, std::vector<double> const& starts, program::PixelBatch& batch);
    PixelRecords keep_better(int phase, PixelChunk const& chunk);
    void store(PixelRecords const& records);
    void report(int phase, std::size_t done, std::size_t total);
    bool cancelled() const { return options_.cancel && options_.cancel->load(std::memory_order_relaxed); }
    FitResult result();  ///< once: it takes the maps with it
    void fill_maps(FitResult& out) const;

    Model const& model_;
    Signal signal_;
    FitOptions options_;
    FitPlan plan_;
    program::Plan view_{};
    Variance variance_;
    RawArray data_;               ///< the signal's, kept in memory where it fits
    RawArray low_loss_;           ///< likewise, one a pixel; without source: none, or a common one
    std::vector<double> common_;  ///< the low loss of all pixels; empty: none, or one a pixel
    std::vector<std::string> notes_;
    std::unique_ptr<Backend> backend_;
    struct OwnStarts
    {
        std::optional<StartEstimator> estimator;
        std::unique_ptr<Estimates> estimates;  ///< null: there is nothing to estimate
    };
    OwnStarts own_[num_extents];
    std::optional<SeededOrder> order_;
    std::optional<PeakOrder> peak_order_;
    std::size_t num_pixels_;
    std::size_t num_free_;
    std::size_t num_pairs_ = 0;
    DataOptions data_choice_;
    bool seeded_;

    std::vector<std::vector<double> const*> start_maps_;  ///< [num_free] null: none
    std::vector<std::vector<double> const*> pixel_maps_;  ///< [num_pixel_values]
    std::vector<unsigned long long> active_;              ///< [num_pixels]; empty: all on

    // What is known so far, by pixel.
    std::vector<double> values_, errors_;  ///< [num_pixels, num_free]
    std::vector<double> correlations_;     ///< [num_pixels, num_pairs]
    std::vector<double> chisq_;
    std::vector<int> dof_, iterations_;
    std::vector<FitStatus> status_;
    std::vector<PixelRecords> recovered_;

    // One batch.
    std::vector<double> batch_values_, batch_errors_, batch_correlations_, batch_chisq_, batch_pixel_values_,
        batch_own_;
    std::vector<int> batch_dof_, batch_iterations_;
    std::vector<program::Status> batch_status_;
    std::vector<unsigned long long> batch_active_;

    double seconds_ = 0.0;
    std::size_t fitted_ = 0;
    std::size_t num_recovered_ = 0;
    std::chrono::steady_clock::time_point last_report_{};
};

}  // namespace warpfit
