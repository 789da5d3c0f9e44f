#include "src/fit/weighting.hpp"

#include "warpfit/error.hpp"

#include <charconv>
#include <cmath>

namespace warpfit {

Variance choose_variance(Signal const& signal, DataOptions const& data, FitPlan const& plan, std::string& note)
{
    Variance variance;
    if (data.variance == "file") {
        variance = signal.variance();
        note = variance.kind == Variance::Kind::none
                   ? "No variance in the data: unweighted fit; chi2 has no absolute scale."
                   : "Weights from the variance stored with the data.";
    } else if (data.variance == "none") {
        note = "Unweighted fit, as asked.";
    } else if (data.variance == "poisson") {
        variance.kind = Variance::Kind::poisson;
        variance.number = data.gain;
        variance.offset = data.offset;
        note = "Weights from the counts: variance = gain max(counts, 1) + offset.";
    } else {
        double number = 0.0;
        auto const* end = data.variance.data() + data.variance.size();
        auto const [rest, error] = std::from_chars(data.variance.data(), end, number);
        if (error != std::errc() || rest != end)
            throw InvalidArgument("variance '" + data.variance +
                                  "' is not known (known: file, none, poisson, a number; load a file's variance into "
                                  "the signal first)");
        if (!(number > 0.0) || !std::isfinite(number))
            throw InvalidArgument("variance is " + data.variance + " (must be positive)");
        variance.kind = Variance::Kind::number;
        variance.number = number;
        note = "One variance for all channels, as asked.";
    }
    if (variance.kind == Variance::Kind::channel) {
        std::vector<double> used;
        for (program::ChannelRun const& run : plan.runs)
            for (long long i = run.first; i < run.first + run.count; ++i)
                used.push_back(variance.channel[static_cast<std::size_t>(i)]);
        variance.channel = std::move(used);
    }
    return variance;
}

}  // namespace warpfit
