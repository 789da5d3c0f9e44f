#pragma once

#include "kernels/core/math.hpp"

#include <cmath>
#include <vector>

/// Fourier transforms of as many complex sequences as a pack has lanes.
namespace warpfit::cpu {

/// A complex sequence of packs is z[2 m] real, z[2 m + 1] imaginary, m < length. Forward leaves the frequencies in the
/// order that in-place radix-4 steps (at most one of 2 and one of 3 or 5) give, backward takes them in that order:
/// products of transforms need no other. Error of a forward and backward transform: some 1e-16 log2(length) of the
/// largest value.
template<class B>
class Fourier
{
  public:
    using T = typename B::Element;

    /// length: good_length(). The order in which forward() leaves frequencies is `frequencies`.
    explicit Fourier(int length)
        : length_(length)
    {
        std::vector<int> radices;
        int left = length;
        while (left % 4 == 0) radices.push_back(4), left /= 4;
        for (int const r : {2, 3, 5})
            if (left % r == 0) radices.push_back(r), left /= r;
        int span = length;
        for (int const r : radices) {
            stages_.push_back({r, span, twiddles_.size()});
            int const step = span / r;
            for (int j = 0; j < step; ++j)
                for (int q = 1; q < r; ++q) {
                    double const angle = -2.0 * math::pi * static_cast<double>(j * q) / static_cast<double>(span);
                    twiddles_.push_back(static_cast<T>(std::cos(angle)));
                    twiddles_.push_back(static_cast<T>(std::sin(angle)));
                }
            span = step;
        }
        frequencies_.resize(static_cast<std::size_t>(length));
        for (int m = 0; m < length; ++m) {
            int const position = m;
            int rest = position;
            int block = length;
            int weight = 1;
            int frequency = 0;
            for (int const r : radices) {
                block /= r;
                frequency += weight * (rest / block);
                rest %= block;
                weight *= r;
            }
            frequencies_[static_cast<std::size_t>(position)] = frequency;
        }
    }

    /// The least length >= n that is done fast: 2, 3 or 5 times a power of two (or that power).
    static int good_length(int n)
    {
        int best = 1;
        while (best < n) best *= 2;
        for (int const r : {3, 5}) {
            int length = r;
            while (length < n) length *= 2;
            if (length < best) best = length;
        }
        return best;
    }

    int length() const { return length_; }
    /// Frequency that lies at each place after forward() [length].
    std::vector<int> const& frequencies() const { return frequencies_; }

    /// z[k] = sum_m z[m] exp(-2 pi i k m / length)
    void forward(B* z) const { run<false>(0, z); }

    /// z[m] = sum_k z[k] exp(2 pi i k m / length): length times the inverse of forward().
    void backward(B* z) const { run<true>(0, z); }

    /// forward(), act(place, part, count) on the `count` frequencies from each `place` on, which lie at `part` of z,
    /// and backward(): while a part is in the first cache. What goes in is load(m, re, im), what comes out is given to
    /// store(m, re, im), m < length; z [length] is work space.
    template<class Load, class Act, class Store>
    void filter(B* z, Load const& load, Act const& act, Store const& store) const
    {
        if (stages_.empty()) {
            load(0, z[0], z[1]);
            act(0, z, 1);
            return store(0, z[0], z[1]);
        }
        Stage const& first = stages_[0];
        butterflies<false>(first, length_, load, To{z});
        int const step = first.span / first.radix;
        for (int q = 0; q < first.radix; ++q) filter(1, q * step, z + 2 * q * step, act);
        butterflies<true>(first, length_, From{z}, store);
    }

  private:
    struct Stage
    {
        int radix;
        int span;  ///< values that a butterfly's blocks hold
        std::size_t twiddles;
    };

    struct Complex
    {
        B re, im;
        friend Complex operator+(Complex const& a, Complex const& b) { return {a.re + b.re, a.im + b.im}; }
        friend Complex operator-(Complex const& a, Complex const& b) { return {a.re - b.re, a.im - b.im}; }
    };

    struct From
    {
        B const* z;
        void operator()(int m, B& re, B& im) const { re = z[2 * m], im = z[2 * m + 1]; }
    };
    struct To
    {
        B* z;
        void operator()(int m, B const& re, B const& im) const { z[2 * m] = re, z[2 * m + 1] = im; }
    };

    /// a w, or a times the conjugate of w. (Not by a negated operand of fma(), which costs an instruction.)
    template<bool Backward>
    static Complex times(Complex const& a, T const* w)
    {
        B const re(w[0]);
        B const im(w[1]);
        if constexpr (Backward)
            return {math::fma(a.re, re, a.im * im), lane_fnma(a.re, im, a.im * re)};
        else
            return {lane_fms(a.re, re, a.im * im), math::fma(a.re, im, a.im * re)};
    }
    /// a - i b forward, a + i b backward.
    template<bool Backward>
    static Complex add_turned(Complex const& a, Complex const& b)
    {
        if constexpr (Backward)
            return {a.re - b.im, a.im + b.re};
        else
            return {a.re + b.im, a.im - b.re};
    }

    /// The transform of R values in place.
    template<bool Backward, int R>
    static void butterfly(Complex* v)
    {
        if constexpr (R == 2) {
            Complex const difference = v[0] - v[1];
            v[0] = v[0] + v[1];
            v[1] = difference;
        } else if constexpr (R == 3) {
            Complex const sum = v[1] + v[2];
            Complex const t = v[1] - v[2];
            B const half(-0.5);
            B const sine(0.86602540378443864676);  // sin(2 pi / 3)
            Complex const m{math::fma(sum.re, half, v[0].re), math::fma(sum.im, half, v[0].im)};
            v[0] = v[0] + sum;
            Complex const scaled{t.re * sine, t.im * sine};
            v[1] = add_turned<Backward>(m, scaled);
            v[2] = add_turned<!Backward>(m, scaled);
        } else if constexpr (R == 4) {
            Complex const a = v[0] + v[2];
            Complex const b = v[0] - v[2];
            Complex const c = v[1] + v[3];
            Complex const d = v[1] - v[3];
            v[0] = a + c;
            v[1] = add_turned<Backward>(b, d);
            v[2] = a - c;
            v[3] = add_turned<!Backward>(b, d);
        } else {
            static_assert(R == 5);
            B const c1(0.30901699437494742410), c2(-0.80901699437494742410);  // cos(2 pi / 5), cos(4 pi / 5)
            B const s1(0.95105651629515357212), s2(0.58778525229247312917);   // sin(2 pi / 5), sin(4 pi / 5)
            Complex const a = v[1] + v[4], b = v[2] + v[3];
            Complex const c = v[1] - v[4], d = v[2] - v[3];
            Complex const p{v[0].re + a.re * c1 + b.re * c2, v[0].im + a.im * c1 + b.im * c2};
            Complex const q{v[0].re + a.re * c2 + b.re * c1, v[0].im + a.im * c2 + b.im * c1};
            Complex const r{c.re * s1 + d.re * s2, c.im * s1 + d.im * s2};
            Complex const s{c.re * s2 - d.re * s1, c.im * s2 - d.im * s1};
            v[0] = v[0] + a + b;
            v[1] = add_turned<Backward>(p, r);
            v[4] = add_turned<!Backward>(p, r);
            v[2] = add_turned<Backward>(q, s);
            v[3] = add_turned<!Backward>(q, s);
        }
    }

    /// The butterfly of every step-th value from m on.
    template<bool Backward, int R, bool Twiddled, class Load, class Store>
    static void one(int m, int step, T const* w, Load const& load, Store const& store)
    {
        Complex v[R];
        for (int q = 0; q < R; ++q) load(m + q * step, v[q].re, v[q].im);
        if constexpr (Backward && Twiddled)
            for (int q = 1; q < R; ++q) v[q] = times<true>(v[q], w + 2 * (q - 1));
        butterfly<Backward, R>(v);
        if constexpr (!Backward && Twiddled)
            for (int q = 1; q < R; ++q) v[q] = times<false>(v[q], w + 2 * (q - 1));
        for (int q = 0; q < R; ++q) store(m + q * step, v[q].re, v[q].im);
    }

    /// As filter() for a part of stage `s` on, whose frequencies begin at `place`.
    template<class Act>
    void filter(std::size_t s, int place, B* z, Act const& act) const
    {
        int const span = s == stages_.size() ? 1 : stages_[s].span;
        if (span <= most_together) {
            if (span > 1) run_together<false>(s, z);
            act(place, z, span);
            if (span > 1) run_together<true>(s, z);
            return;
        }
        Stage const& stage = stages_[s];
        int const step = span / stage.radix;
        butterflies<false>(stage, span, z);
        for (int q = 0; q < stage.radix; ++q) filter(s + 1, place + q * step, z + 2 * q * step, act);
        butterflies<true>(stage, span, z);
    }

    /// Values that lie in the first cache together.
    static constexpr int most_together = 16384 / static_cast<int>(2 * sizeof(B));

    /// The steps from stage `s` on, of one of its spans: parts that do not lie in the first cache together one by one.
    template<bool Backward>
    void run(std::size_t s, B* z) const
    {
        if (s == stages_.size()) return;
        Stage const& stage = stages_[s];
        if (stage.span <= most_together) return run_together<Backward>(s, z);
        int const step = stage.span / stage.radix;
        if constexpr (!Backward) butterflies<Backward>(stage, stage.span, z);
        for (int q = 0; q < stage.radix; ++q) run<Backward>(s + 1, z + 2 * q * step);
        if constexpr (Backward) butterflies<Backward>(stage, stage.span, z);
    }

    template<bool Backward>
    void run_together(std::size_t s, B* z) const
    {
        int const length = stages_[s].span;
        if constexpr (Backward)
            for (std::size_t k = stages_.size(); k-- > s;) butterflies<true>(stages_[k], length, z);
        else
            for (std::size_t k = s; k < stages_.size(); ++k) butterflies<false>(stages_[k], length, z);
    }

    /// One stage, of all its spans in `length` values.
    template<bool Backward, int R, class Load, class Store>
    void butterflies(Stage const& stage, int length, Load const& load, Store const& store) const
    {
        int const step = stage.span / R;
        T const* const w = twiddles_.data() + stage.twiddles;
        if (step == 1) {
            for (int first = 0; first < length; first += R) one<Backward, R, false>(first, 1, w, load, store);
            return;
        }
        for (int first = 0; first < length; first += stage.span)
            for (int j = 0; j < step; ++j) one<Backward, R, true>(first + j, step, w + 2 * (R - 1) * j, load, store);
    }

    template<bool Backward, class Load, class Store>
    void butterflies(Stage const& stage, int length, Load const& load, Store const& store) const
    {
        switch (stage.radix) {
        case 2:
            return butterflies<Backward, 2>(stage, length, load, store);
        case 3:
            return butterflies<Backward, 3>(stage, length, load, store);
        case 4:
            return butterflies<Backward, 4>(stage, length, load, store);
        default:
            return butterflies<Backward, 5>(stage, length, load, store);
        }
    }

    template<bool Backward>
    void butterflies(Stage const& stage, int length, B* z) const
    {
        butterflies<Backward>(stage, length, From{z}, To{z});
    }

    int length_;
    std::vector<Stage> stages_;
    std::vector<T> twiddles_;
    std::vector<int> frequencies_;
};

}  // namespace warpfit::cpu
