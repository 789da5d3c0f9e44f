#pragma once

#include "src/backends/cpu/engine.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <vector>

namespace warpfit::cpu {

/// Owns Channels. Points: W consecutive channels a pack; pixels: one channel a pack.
template<class B>
class ChannelStore
{
  public:
    using T = typename B::Element;

    /// longest: packs that a strip may have; 0: 32, or as many as values a lane may sum in float.
    ChannelStore(program::Plan const& plan, bool points, int longest = 0)
    {
        constexpr int W = B::size;
        int const n = plan.num_channels;
        if (longest == 0) longest = points ? 32 : 64;
        channels_.num_packs = points ? (n + W - 1) / W : n;
        // The tile of P + 1 columns takes half of a 32 KiB L1.
        int const fitting = 16384 / (static_cast<int>(sizeof(B)) * (plan.num_free + 1));
        channels_.strip = std::clamp(fitting, 4, points && has_windows(plan) ? 16 : longest);
        channels_.strip = std::min(channels_.strip, channels_.num_packs);
        channels_.row = points ? 0 : grid_row(plan);
        if (channels_.row > std::min(channels_.strip, longest_row)) channels_.row = 0;
        if (channels_.row > 0) channels_.strip -= channels_.strip % channels_.row;
        channels_.num_strips = (channels_.num_packs + channels_.strip - 1) / channels_.strip;
        if (points && sizeof(T) == 4) {
            channels_.x_origin = middle(plan.x, n);
            if (plan.y) channels_.y_origin = middle(plan.y, n);
        }

        int num_constants = 0;
        for (int c = 0; c < plan.num_codes; ++c) num_constants += plan.codes[c].num_constants;
        long long const packs = channels_.num_packs;
        long long const total = packs * (4 + plan.num_tables) + num_constants;
        memory_.reset(
            static_cast<T*>(std::aligned_alloc(64, static_cast<std::size_t>(total * W) * sizeof(T) / 64 * 64 + 64)));
        if (!memory_) throw std::bad_alloc();
        T* at = memory_.get();
        auto fill = [&](double const* values, double origin) {
            T* const start = at;
            for (long long i = 0; i < packs * W; ++i) {
                long long const channel = std::min<long long>(points ? i : i / W, n - 1);
                start[i] = static_cast<T>(values[channel] - origin);
            }
            at += packs * W;
            return reinterpret_cast<B const*>(start);
        };
        channels_.x = fill(plan.x, channels_.x_origin);
        channels_.x_absolute = channels_.x_origin == 0.0 ? channels_.x : fill(plan.x, 0.0);
        if (plan.y) {
            channels_.y = fill(plan.y, channels_.y_origin);
            channels_.y_absolute = channels_.y_origin == 0.0 ? channels_.y : fill(plan.y, 0.0);
        }
        if (points && plan.num_functions > 0) {
            channels_.x_exact = exact(plan.x, n);
            if (plan.y) channels_.y_exact = exact(plan.y, n);
        }
        channels_.tables = reinterpret_cast<B const*>(at);
        for (int k = 0; k < plan.num_tables; ++k) fill(plan.tables + static_cast<long long>(k) * n, 0.0);
        channels_.constants = reinterpret_cast<B const*>(at);
        for (int c = 0; c < plan.num_codes; ++c)
            for (int k = 0; k < plan.codes[c].num_constants; ++k)
                for (int l = 0; l < W; ++l) *at++ = static_cast<T>(plan.codes[c].constants[k]);

        for (int c = 0; c < plan.num_codes; ++c) columns_.emplace_back(plan.codes[c]);
        channels_.columns = columns_.data();

        if (points && has_windows(plan)) {
            for (int s = 0; s < channels_.num_strips; ++s) {
                int const first = s * channels_.strip * W;
                int const last = std::min(n, first + channels_.strip * W);
                auto const [lo, hi] = std::minmax_element(plan.x + first, plan.x + last);
                lo_.push_back(*lo - channels_.x_origin);
                hi_.push_back(*hi - channels_.x_origin);
            }
            channels_.strip_lo = lo_.data();
            channels_.strip_hi = hi_.data();
        }
    }

    ChannelStore(ChannelStore const&) = delete;
    ChannelStore& operator=(ChannelStore const&) = delete;

    Channels<B> const& channels() const { return channels_; }

  private:
    struct Free
    {
        void operator()(T* p) const { std::free(p); }
    };

    /// values [n], padded with copies of the last.
    double const* exact(double const* values, int n)
    {
        std::vector<double>& to = exact_.emplace_back(values, values + n);
        to.resize(static_cast<std::size_t>(channels_.num_packs) * B::size, to.back());
        return to.data();
    }

    static double middle(double const* v, int n)
    {
        auto const [lo, hi] = std::minmax_element(v, v + n);
        return 0.5 * (*lo + *hi);
    }

    /// Channels a row of the grid: x repeats in every row, y is the same within it. 0: there is no grid.
    static int grid_row(program::Plan const& plan)
    {
        int const n = plan.num_channels;
        if (!plan.y) return 0;
        int row = 1;
        while (row < n && plan.y[row] == plan.y[0]) ++row;
        if (n % row != 0) return 0;
        for (int i = 0; i < n; ++i)
            if (plan.x[i] != plan.x[i % row] || plan.y[i] != plan.y[i - i % row]) return 0;
        return row;
    }

    static bool has_windows(program::Plan const& plan)
    {
        for (int t = 0; t < plan.num_terms; ++t) {
            program::Term const& term = plan.terms[t];
            if (term.component >= 0 && builtin_codes<B>[static_cast<std::size_t>(term.component)].window) return true;
            if (term.function >= 0 && plan.functions[term.function].window) return true;
            if (term.onset >= 0) return true;
        }
        return false;
    }

    Channels<B> channels_{};
    std::unique_ptr<T[], Free> memory_;
    std::vector<ColumnCode> columns_;
    std::vector<double> lo_, hi_;
    std::vector<std::vector<double>> exact_;
};

}  // namespace warpfit::cpu
