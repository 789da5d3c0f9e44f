#pragma once

#include "src/cli/model_argument.hpp"
#include "warpfit/signal.hpp"

#include <memory>
#include <string>

namespace warpfit {
class ResultSink;
}

namespace warpfit::cli {

/// All that a run needs to be started again: what the journal keeps for `resume`.
struct FitSetup
{
    std::string model_json;
    std::string stored_model;      ///< absolute; empty: model_json says it all
    std::vector<std::string> set;  ///< overrides of the stored model
    std::string data;              ///< absolute
    std::string inav;              ///< as typed
    std::string isig;
    std::string pixel;
    std::string device = "auto";
    int threads = 0;
    int navigation_dimensions = -1;
    double max_bad = 1.0;
};

std::string setup_to_json(FitSetup const& setup);
/// Throws InputError naming `where` if it is not what setup_to_json wrote.
FitSetup setup_from_json(std::string const& text, std::string const& where);

std::string journal_path(std::string const& out);

/// Loads the data, cuts them as asked, resolves a variance or start maps that live in files, fits, saves to `out` (if
/// not empty), prints summary or JSON. `recovered` is the journal of the run to go on with; null: a fresh run, which
/// keeps a journal beside `out`. The journal is removed once the result is safe. Returns the ExitCode.
int fit_and_save(FitSetup const& setup, ModelArgument model, std::string const& out, bool json,
                 std::unique_ptr<ResultSink> recovered);

/// Sets the signal's variance if `variance` names a file, "FILE#/path"; other kinds are left to the fit.
/// Afterwards `data.variance` is one that multifit understands.
void resolve_variance(Signal& signal, DataOptions& data);

/// Loads the low loss that `low_loss` names into the signal. Afterwards `data.low_loss` is empty.
void resolve_low_loss(Signal& signal, DataOptions& data);

}  // namespace warpfit::cli
