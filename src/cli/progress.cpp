#include "src/cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unistd.h>

namespace warpfit::cli {

std::string duration_text(double seconds)
{
    if (!std::isfinite(seconds) || seconds < 0.0) return "?";
    if (seconds < 1.0) return fmt::format("{:.0f} ms", 1000.0 * seconds);
    if (seconds < 10.0) return fmt::format("{:.1f} s", seconds);
    long long const whole = std::llround(seconds);
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string progress_line(FitProgress const& progress)
{
    constexpr std::size_t width = 24;
    double const share =
        progress.total > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.total) : 1.0;
    auto const filled = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(width));
    std::string line;
    if (progress.num_phases > 1) line += fmt::format("phase {}/{} ", progress.phase + 1, progress.num_phases);
    line += fmt::format("[{}{}] {:3.0f} %  {}/{}", std::string(filled, '#'), std::string(width - filled, '.'),
                        100.0 * share, progress.done, progress.total);
    if (progress.pixels_per_second > 0.0) {
        double const left = static_cast<double>(progress.total - std::min(progress.done, progress.total));
        line += fmt::format("  {:.0f} pixels/s  {} left", progress.pixels_per_second,
                            duration_text(left / progress.pixels_per_second));
    }
    return line;
}

ProgressBar::ProgressBar(std::FILE* stream)
    : stream_(stream)
    , is_terminal_(isatty(fileno(stream)) == 1)
{}

ProgressBar::~ProgressBar()
{
    if (drawn_) std::fputs("\r\033[K", stream_);
}

std::function<void(FitProgress const&)> ProgressBar::callback()
{
    if (!is_terminal_) return {};
    return [this](FitProgress const& progress) {
        std::string const line = progress_line(progress);
        std::fprintf(stream_, "\r%s\033[K", line.c_str());
        std::fflush(stream_);
        drawn_ = true;
    };
}

}  // namespace warpfit::cli
