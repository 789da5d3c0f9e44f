#pragma once

#include "warpfit/fit.hpp"

#include <cstdio>
#include <functional>
#include <string>

namespace warpfit::cli {

/// One line: bar, share, counts, rate, time left.
std::string progress_line(FitProgress const& progress);

/// "12 s", "3 min 20 s", "2 h 05 min".
std::string duration_text(double seconds);

/// Draws the line on `stream` again and again where that is a terminal; otherwise does nothing. Clears it at the end.
class ProgressBar
{
  public:
    explicit ProgressBar(std::FILE* stream);
    ~ProgressBar();
    ProgressBar(ProgressBar const&) = delete;
    ProgressBar& operator=(ProgressBar const&) = delete;

    /// Empty where nothing is drawn.
    std::function<void(FitProgress const&)> callback();

  private:
    std::FILE* stream_;
    bool is_terminal_;
    bool drawn_ = false;
};

}  // namespace warpfit::cli
