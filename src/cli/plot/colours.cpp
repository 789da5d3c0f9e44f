#include "src/cli/plot/colours.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace warpfit::cli::plot {

namespace {

using Rgb = std::array<unsigned char, 3>;

// Every eighth entry of viridis by N. Smith and S. van der Walt (matplotlib, CC0).
constexpr Rgb viridis[] = {
    {68, 1, 84},    {71, 13, 96},   {72, 24, 106},  {72, 35, 116},  {71, 45, 123},  {69, 55, 129},  {66, 64, 134},
    {62, 73, 137},  {59, 82, 139},  {55, 91, 141},  {51, 99, 141},  {47, 107, 142}, {44, 114, 142}, {41, 122, 142},
    {38, 130, 142}, {35, 137, 142}, {33, 145, 140}, {31, 152, 139}, {31, 160, 136}, {34, 167, 133}, {40, 174, 128},
    {50, 182, 122}, {63, 188, 115}, {78, 195, 107}, {94, 201, 98},  {112, 207, 87}, {132, 212, 75}, {152, 216, 62},
    {173, 220, 48}, {194, 223, 35}, {216, 226, 25}, {236, 229, 27}, {253, 231, 37}};

// Blue to red through near white, even in lightness.
constexpr Rgb diverging[] = {{18, 60, 120},   {52, 112, 176},  {116, 169, 207}, {190, 215, 232}, {247, 247, 247},
                             {244, 205, 186}, {226, 145, 118}, {193, 75, 66},   {125, 18, 38}};

Colour interpolate(std::span<Rgb const> anchors, double t)
{
    double const position = std::clamp(t, 0.0, 1.0) * static_cast<double>(anchors.size() - 1);
    auto const below = std::min(static_cast<std::size_t>(position), anchors.size() - 2);
    double const share = position - static_cast<double>(below);
    auto const mix = [&](std::size_t channel) {
        return ((1.0 - share) * anchors[below][channel] + share * anchors[below + 1][channel]) / 255.0;
    };
    return {mix(0), mix(1), mix(2)};
}

Colour rgb(int r, int g, int b)
{
    return {r / 255.0, g / 255.0, b / 255.0};
}

}  // namespace

Colour map_colour(ColourMap map, double t)
{
    return map == ColourMap::viridis ? interpolate(viridis, t) : interpolate(diverging, t);
}

Colour line_colour(std::size_t index)
{
    static constexpr Rgb colours[] = {{0, 114, 178},  {230, 159, 0},   {0, 158, 115},  {204, 121, 167},
                                      {86, 180, 233}, {148, 103, 189}, {140, 120, 40}, {110, 110, 110}};
    Rgb const& c = colours[index % std::size(colours)];
    return rgb(c[0], c[1], c[2]);
}

Colour status_colour(FitStatus status)
{
    switch (status) {
    case FitStatus::converged:
        return rgb(94, 168, 115);
    case FitStatus::converged_at_bound:
        return rgb(198, 219, 120);
    case FitStatus::max_iterations:
        return rgb(245, 200, 80);
    case FitStatus::singular:
        return rgb(232, 140, 50);
    case FitStatus::bad_input:
        return rgb(178, 40, 50);
    case FitStatus::too_few_channels:
        return rgb(130, 80, 160);
    case FitStatus::bad_start:
        return rgb(220, 100, 150);
    case FitStatus::masked:
        return rgb(217, 217, 217);
    case FitStatus::cancelled:
        return rgb(140, 170, 205);
    case FitStatus::device_error:
        return rgb(40, 40, 40);
    case FitStatus::not_run:
        return rgb(245, 245, 245);
    }
    return black;
}

}  // namespace warpfit::cli::plot
