#pragma once

#include "warpfit/model.hpp"
#include "warpfit/signal.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace warpfit {

/// How a pixel ended. Numbers are part of the file format.
enum class FitStatus : std::uint8_t {
    converged = 0,           ///< predicted decrease of chi2 <= tolerance * chi2, last step taken
    converged_at_bound = 1,  ///< the same, at least one parameter held at a bound
    max_iterations = 2,      ///< neither within max_iterations steps
    singular = 3,            ///< no further decrease, and J'WJ singular to working precision
    bad_input = 4,           ///< NaN or infinite data, or no channel of finite positive variance
    too_few_channels = 5,    ///< fewer channels than free parameters
    bad_start = 6,           ///< model not finite at the start values
    masked = 7,
    cancelled = 8,
    device_error = 9,
    not_run = 10
};
inline constexpr int num_statuses = 11;
char const* name_of(FitStatus status) noexcept;
inline bool has_values(FitStatus s) noexcept
{
    return static_cast<int>(s) <= 3;
}
inline bool is_converged(FitStatus s) noexcept
{
    return static_cast<int>(s) <= 1;
}

enum class Precision {
    float32,  ///< channels in float, sums folded into double: parameters good to about 1e-4 of a standard error at best
    mixed,    ///< float32 iterations, finished in float64: float64's results, nearly float32's speed; for small signals
              ///< (layout "pixels") float64 throughout, which is faster there
    float64
};

enum class Start {
    automatic,  ///< seeded: sparse grid, then from the nearest converged pixel, then retries; estimates where no value
                ///< is set
    model,      ///< the model's values (and maps) in every pixel
    file        ///< Parameter::map() of every free parameter, where finite; else the model's value
};

enum class StandardError { scaled /* by sqrt(reduced chi2), as HyperSpy */, absolute };

/// What happened so far; for a progress bar.
struct FitProgress
{
    int phase;
    int num_phases;
    std::size_t done;   ///< pixels finished in this phase
    std::size_t total;  ///< pixels of this phase
    double pixels_per_second;
};

struct FitOptions
{
    std::string optimizer;    ///< "" (chosen from the model), "lm"
    std::string loss = "ls";  ///< "ls"; others are refused until they exist
    Start start = Start::automatic;
    Precision precision = Precision::float64;
    bool bounded = true;  ///< false: bmin and bmax are ignored
    StandardError standard_error = StandardError::scaled;
    int max_iterations = 200;  ///< >= 1, accepted and rejected steps together
    double tolerance = 1e-10;  ///< stop when the predicted decrease of chi2 <= tolerance * chi2; (0, 1)
    double huber_delta = 1.0;
    bool derived = true;  ///< fills FitResult::derived

    std::string device = "auto";  ///< "auto" (the CPU; or the GPU, where a calibration of this machine has seen it
                                  ///< give the CPU's results and an estimate finds it faster), "cpu", "cuda"
    std::string plugin;           ///< full path of the CUDA plugin; "": libwarpfit_cuda.so next to this library
    std::string instructions = "auto";  ///< "auto" (best of this CPU), "sse2", "avx2", "avx512"
    std::string layout = "auto";        ///< "auto", "points" (channels in lanes), "pixels" (pixels in lanes)
    int threads = 0;                    ///< 0: all cores
    std::size_t batch_pixels = 0;       ///< pixels read and fitted at a time; 0: chosen. Results do not depend on it
    std::vector<unsigned char> mask;    ///< [num_pixels] 1: leave out; empty: none

    std::function<void(FitProgress const&)> progress;  ///< called from the calling thread, a few times a second
    std::atomic<bool>* cancel = nullptr;               ///< set it from anywhere: the fit stops between batches
};

/// Which data take part and how they are weighted: the model file's [data].
struct DataOptions
{
    std::vector<std::pair<double, double>>
        range;  ///< kept channels [axis unit], ends at the nearest channel, included; empty: all
    std::vector<std::pair<double, double>> exclude;  ///< then dropped
    std::vector<unsigned char> channel_mask;         ///< [num_channels] 1: fit; empty: all. The only way in 2D
    std::string variance = "file";                   ///< "file", "none", "poisson", a number, "FILE#/path"
    double gain = 1.0;                               ///< poisson: variance = gain max(counts, 1) + offset
    double offset = 0.0;
    std::string low_loss;        ///< the file of the low loss, which io loads into the signal (Signal::set_low_loss); a
                                 ///< fit refuses a name that nobody has loaded. Empty: what the signal has
    std::optional<bool> binned;  ///< default: what the signal says
};

/// One parameter over all pixels, navigation order (C order).
struct ParameterMap
{
    std::string component;
    std::string parameter;
    bool free = true;                     ///< fitted; false: fixed or twin
    std::vector<double> values;           ///< [num_pixels] NaN where the status has no values
    std::vector<double> standard_errors;  ///< [num_pixels] twins: propagated; fixed: 0; held at a bound: 0
};

struct FitResult
{
    std::vector<std::size_t> shape;  ///< navigation shape, slowest first; empty: single
    std::size_t num_channels = 0;    ///< fitted channels
    std::string device;              ///< "cpu", "cuda"
    std::string instructions;        ///< "avx2"
    std::string precision;           ///< "float64"
    std::string optimizer;           ///< "lm"
    std::string loss;                ///< "ls"
    std::string start;               ///< "auto", "model", "file"
    std::string layout;              ///< "points", "pixels"
    int threads = 1;                 ///< of the CPU; "cuda": GPUs
    double seconds = 0.0;            ///< fitting, without reading and writing files
    std::size_t num_recovered = 0;   ///< pixels taken from the journal of an interrupted run; not part of `seconds`
    std::vector<std::string> notes;  ///< choices made and why, warnings; one sentence each

    std::vector<ParameterMap> parameters;  ///< in the model's order
    std::vector<ParameterMap> derived;     ///< fwhm, height, ...: errors propagated, correlations included
    std::vector<double> chisq;             ///< [num_pixels] sum of (data - model)^2 / variance
    std::vector<double> red_chisq;         ///< [num_pixels] chisq / dof
    std::vector<int> dof;                  ///< [num_pixels] channels - free parameters not held at a bound
    std::vector<int> iterations;           ///< [num_pixels]
    std::vector<FitStatus> status;         ///< [num_pixels]

    std::size_t num_pixels() const noexcept { return status.size(); }
    /// Pixels fitted in this run, by its seconds; 0 where nothing was timed.
    double pixels_per_second() const noexcept
    {
        return seconds > 0.0 ? static_cast<double>(num_pixels() - num_recovered) / seconds : 0.0;
    }
    /// "component.name" of a parameter or a derived quantity. Throws InvalidArgument naming the closest.
    ParameterMap const& parameter(std::string_view path) const;
    std::vector<std::size_t> count_by_status() const;  ///< [num_statuses]
};

/// Final values of some pixels, as they go to the journal. Rows follow `pixels`.
struct PixelRecords
{
    int phase = 0;
    std::size_t num_free = 0;
    std::vector<std::uint64_t> pixels;
    std::vector<double> values;           ///< [n, num_free]
    std::vector<double> standard_errors;  ///< [n, num_free]
    std::size_t num_pairs = 0;
    std::vector<double> correlations;  ///< [n, num_pairs] of pairs of free parameters that derived quantities need
    std::vector<double> chisq;
    std::vector<std::int32_t> dof;
    std::vector<std::int32_t> iterations;
    std::vector<FitStatus> status;
};

/// Takes finished pixels as they come, from the calling thread. io's journal is one.
class ResultSink
{
  public:
    virtual ~ResultSink() = default;
    /// Before any pixel: what pins the run (see journal). `header` is the same for a run that may be resumed.
    virtual void begin(std::string const& header) = 0;
    /// Records written by an earlier, interrupted run of the same header, in their order; empty for a fresh run.
    virtual std::vector<PixelRecords> recovered() { return {}; }
    virtual void append(PixelRecords const& records) = 0;
    /// All pixels of a phase are appended and safe.
    virtual void close_phase(int phase) = 0;
};

/// Fits every pixel. Start, precision, bounds and stopping: `options`.
///
/// Throws InvalidArgument before any work if model, data and options do not fit together. Pixel outcomes never throw:
/// they are in FitResult::status.
FitResult multifit(Model const& model, Signal const& signal, FitOptions const& options = {},
                   DataOptions const& data = {}, ResultSink* sink = nullptr);

/// Puts each free parameter's map into the model (Parameter::set_map) and, for a single pixel, its value.
void store_result(Model& model, FitResult const& result);

/// Start values from the data by each component's own estimator, for one spectrum [num_channels of the signal].
/// Parameters that are fixed, twins or set by somebody keep their value. HyperSpy's estimate_parameters.
void estimate_parameters(Model& model, Signal const& signal, std::size_t pixel, DataOptions const& data = {});

/// Which pixels and parameters estimate_parameters() takes.
struct EstimateOptions
{
    std::vector<unsigned char> mask;  ///< [num_pixels] 1: leave out; empty: none
    /// What somebody set, value or map, stays and counts; in pixels where the map is NaN the
    /// parameter's value does, if somebody gave it, else the estimate.
    /// false: estimates replace it.
    bool keep_given = true;
    /// Where: as FitOptions::device, "auto" being where it would take a fit of the model. A GPU's estimates are the
    /// CPU's to rounding.
    std::string device = "auto";
    std::string plugin;  ///< FitOptions::plugin
    int threads = 0;     ///< of the CPU; 0: all cores
};

/// The same in every pixel: HyperSpy's estimate_parameters(only_current=False), its x1 and x2 being data.range. Each
/// free parameter that has an estimate gets a map of it; in pixels that are left out, switched off or not finite it
/// stays what it was, NaN where it had no value; of a single pixel it becomes the value, too. Throws InvalidArgument:
/// as multifit(); a mask of another size; InputError where the data cannot be read; DeviceError where there is no GPU
/// that was asked for, or it was lost.
void estimate_parameters(Model& model, Signal const& signal, EstimateOptions const& options = {},
                         DataOptions const& data = {});
/// Of one component by itself, as if it were all of the model: HyperSpy's component.estimate_parameters().
void estimate_parameters(Component& component, Signal const& signal, EstimateOptions const& options = {},
                         DataOptions const& data = {});

}  // namespace warpfit
