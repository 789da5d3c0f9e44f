#pragma once

#include "src/backends/cpu/arena.hpp"
#include "src/backends/cpu/fourier.hpp"

#include <algorithm>
#include <cmath>

/// The convolution of columns with a pixel's low loss.
namespace warpfit::cpu {

/// Packs [first, last).
struct Reach
{
    int first = 0;
    int last = 0;

    bool meets(int begin, int end) const { return first < end && begin < last; }
};

/// Packs of a column that do not vanish, and its largest absolute value.
struct Support
{
    int first = 0;
    int last = 0;
    double top = 0.0;  ///< NaN where a value is not finite

    bool is_empty() const { return first == last; }
};

/// A power of two near v, or 1 where v has none.
inline double scale_near(double v)
{
    return v > 1e-290 && v < 1e290 ? std::ldexp(1.0, std::ilogb(v)) : 1.0;
}

/// What the convolutions of a plan share: out[i] = sum_t low_loss[n - 1 - t] column[i + t], i < num_values, n =
/// num_low_loss, column [num_x].
///
/// By Fourier transform of circular length N >= num_x: no value below num_values wraps around. Element W m + l of a
/// sequence lies in lane l of pack m, so that a transform of the packs gives, lane by lane, those of the W interleaved
/// sequences that the real one consists of (no lane is shuffled), and a product of two spectra is one of polynomials
/// in the lane modulo z^W = exp(-2 pi i k / (N / W)). Two real columns go as real and imaginary part, scaled to one
/// size, since the rounding of one shows in the other.
template<class B>
class ConvolutionPlan
{
  public:
    using T = typename B::Element;
    static constexpr int W = B::size;

    ConvolutionPlan(int num_values, int num_low_loss)
        : num_values_(num_values)
        , num_low_loss_(num_low_loss)
        , fourier_(Fourier<B>::good_length((num_values + num_low_loss - 1 + W - 1) / W))
    {
        int const length = fourier_.length();
        for (int const k : fourier_.frequencies()) {
            double const angle = -2.0 * math::pi * k / length;
            turns_.push_back(static_cast<T>(std::cos(angle)));
            turns_.push_back(static_cast<T>(std::sin(angle)));
        }
    }

    int num_values() const { return num_values_; }
    int num_low_loss() const { return num_low_loss_; }
    int num_x() const { return num_values_ + num_low_loss_ - 1; }
    Fourier<B> const& fourier() const { return fourier_; }
    /// exp(-2 pi i k / length) of the frequency at each place [length, 2].
    T const* turns() const { return turns_.data(); }

    /// Whether a sum is faster than transforms for a column of `packs` packs that are not zero. Counted in operations
    /// on packs: a sum takes one for each pack of values and each channel that the column and the low loss share; a
    /// butterfly of four some 40, of which a transform has log4(length) length / 4, and the product of the spectra
    /// 6 W for each of length. Two columns share a transform forward, spared where the spectrum is known, and one back.
    bool is_direct(int packs, bool has_spectrum) const
    {
        double const terms = std::min(packs * W, num_low_loss_ + (sums_together + 1) * W);
        double const sums = terms * num_values_ / W;
        double const length = fourier_.length();
        double const transform = 5.0 * std::log2(length) * length;
        return sums < 0.5 * ((has_spectrum ? 1.0 : 2.0) * transform + 6.0 * W * length);
    }
    static constexpr int sums_together = 4;  ///< packs of values that a sum keeps in registers

    /// Where the column [packs] is more than the rounding of its largest value, which is what a transform leaves of it.
    static Support support_of(B const* column, int packs)
    {
        Support s{0, packs, 0.0};
        constexpr int chains = 4;
        B parts[chains] = {B(0.0), B(0.0), B(0.0), B(0.0)};
        B sums[chains] = {B(0.0), B(0.0), B(0.0), B(0.0)};  // keep a NaN
        auto const take = [&](B const& value, int chain) {
            B const v = math::abs(value);
            parts[chain] = math::max(parts[chain], v);
            sums[chain] += v;
        };
        int i = 0;
        for (; i + chains <= packs; i += chains)
            for (int c = 0; c < chains; ++c) take(column[i + c], c);
        for (; i < packs; ++i) take(column[i], 0);
        B const top = math::max(math::max(parts[0], parts[1]), math::max(parts[2], parts[3]));
        B const all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        alignas(64) T tops[W];
        top.store(tops);
        for (T const v : tops) s.top = std::fmax(s.top, static_cast<double>(v));
        if (!std::isfinite(static_cast<double>(sum(all)))) {
            s.top = NAN;
            return s;
        }
        B const least(1e-17 * s.top);
        while (s.first < s.last && lane_all(math::abs(column[s.first]) <= least)) ++s.first;
        while (s.first < s.last && lane_all(math::abs(column[s.last - 1]) <= least)) --s.last;
        return s;
    }

    /// The packs of values that the convolution of a column reaches that is zero outside packs [first, last).
    Reach reach_of(int first, int last) const
    {
        int const packs = (num_values_ + W - 1) / W;
        int const begin = std::clamp((first * W - num_low_loss_ + 1) / W, 0, packs);
        return {begin, std::clamp(last, begin, packs)};
    }

    /// Two columns of `packs` packs as one sequence [2 length], b times `ratio`; b null: none.
    void join(B const* a, B const* b, double ratio, int packs, B* z) const
    {
        B const factor(ratio);
        for (int m = 0; m < packs; ++m) {
            z[2 * m] = a[m];
            z[2 * m + 1] = b ? b[m] * factor : B(0.0);
        }
        std::fill(z + 2 * packs, z + 2 * fourier_.length(), B(0.0));
    }

  private:
    int num_values_;
    int num_low_loss_;
    Fourier<B> fourier_;
    std::vector<T> turns_;
};

/// One thread's convolutions with one low loss at a time.
template<class B>
class Convolver
{
  public:
    using T = typename B::Element;
    static constexpr int W = B::size;

    Convolver(ConvolutionPlan<B> const& plan, Arena& arena)
        : plan_(plan)
        , padded_(arena.take<T>(plan.num_low_loss() + 2 * margin))
        , spectrum_(arena.take<B>(4LL * plan.fourier().length()))
        , work_(arena.take<B>(2LL * plan.fourier().length()))
    {}

    /// low_loss [num_low_loss].
    void set_low_loss(double const* low_loss)
    {
        int const n = plan_.num_low_loss();
        std::fill(padded_, padded_ + margin, T(0));
        for (int u = 0; u < n; ++u) padded_[margin + u] = static_cast<T>(low_loss[u]);
        std::fill(padded_ + margin + n, padded_ + n + 2 * margin, T(0));
        has_spectrum_ = false;
    }

    /// out [packs of num_values] = the convolution of a column that is zero outside packs [first, last) of the axis;
    /// column [last - first]: its values there.
    void sum(B const* column, int first, int last, B* out) const
    {
        constexpr int together = ConvolutionPlan<B>::sums_together;
        int const packs = (plan_.num_values() + W - 1) / W;
        int const n = plan_.num_low_loss();
        auto const* const s = reinterpret_cast<T const*>(column);
        int const from = first * W;
        int const to = last * W;
        // out[i] = sum_m s[m] low_loss[i + n - 1 - m], i <= m < i + n
        auto const [begin, end] = plan_.reach_of(first, last);
        std::fill(out, out + begin, B(0.0));
        std::fill(out + end, out + packs, B(0.0));
        for (int i = begin; i < end; i += together) {
            B total[together] = {B(0.0), B(0.0), B(0.0), B(0.0)};
            T const* const ll = padded_ + margin + i * W + n - 1;
            int const stop = std::min(to, (i + together) * W + n - 1);
            for (int m = std::max(from, i * W); m < stop; ++m) {
                B const v(s[m - from]);
                for (int k = 0; k < together; ++k) total[k] = math::fma(v, B::load_unaligned(ll + k * W - m), total[k]);
            }
            for (int k = 0; k < together && i + k < end; ++k) out[i + k] = total[k];
        }
    }

    /// Replaces the spectrum of a joined sequence in work() by its convolution, again as real and imaginary part.
    void convolve_spectrum(B const* spectrum)
    {
        prepare_spectrum();
        multiply(spectrum, work_, 0, plan_.fourier().length());
        plan_.fourier().backward(work_);
    }
    /// The convolutions of two columns of `packs` packs, the second times `ratio`: store(m, a, b) of the packs m of a
    /// circular length, of which those of values count.
    template<class Store>
    void convolve(B const* a, B const* b, double ratio, int packs, Store const& store)
    {
        prepare_spectrum();
        B const factor(ratio);
        plan_.fourier().filter(
            work_,
            [&](int m, B& re, B& im) {
                bool const inside = m < packs;
                re = inside ? a[m] : B(0.0);
                im = inside ? b[m] * factor : B(0.0);
            },
            [&](int place, B* part, int count) { multiply(part, part, place, count); }, store);
    }
    B* work() { return work_; }
    /// The real (part 0) or imaginary (1) part in work() outside packs of values that it reaches is rounding: to zero.
    void clear_outside(Reach const& reach, int part)
    {
        int const packs = (plan_.num_values() + W - 1) / W;
        for (int m = 0; m < reach.first; ++m) work_[2 * m + part] = B(0.0);
        for (int m = reach.last; m < packs; ++m) work_[2 * m + part] = B(0.0);
    }

  private:
    static constexpr int margin = (ConvolutionPlan<B>::sums_together + 1) * W;

    /// The spectrum of the low loss, so that the convolution's values begin at 0: at each place first exp(-2 pi i k /
    /// M) times it, then it, real parts and imaginary parts [length, 4], divided by the length.
    void prepare_spectrum()
    {
        if (has_spectrum_) return;
        has_spectrum_ = true;
        int const n = plan_.num_low_loss();
        int const length = plan_.fourier().length();
        // In the upper half, from where it is spread.
        B* const z = spectrum_ + 2LL * length;
        std::fill(z, z + 2 * length, B(0.0));
        auto* const values = reinterpret_cast<T*>(z);
        auto const element = [&](int i) -> T& { return values[i / W * 2 * W + i % W]; };
        T const* const ll = padded_ + margin;
        element(0) = ll[n - 1];
        for (int u = 0; u < n - 1; ++u) element(length * W - n + 1 + u) = ll[u];
        plan_.fourier().forward(z);
        T const* turn = plan_.turns();
        B const norm(1.0 / length);
        for (int k = 0; k < length; ++k, turn += 2) {
            B const re = z[2 * k] * norm;
            B const im = z[2 * k + 1] * norm;
            B const c(turn[0]);
            B const s(turn[1]);
            spectrum_[4LL * k] = lane_fms(re, c, im * s);
            spectrum_[4LL * k + 1] = re;
            spectrum_[4LL * k + 2] = math::fma(re, s, im * c);
            spectrum_[4LL * k + 3] = im;
        }
    }

    /// to[k] = from[k] times the low loss' spectrum at place + k, k < count: lane l is the sum over lanes j of from's
    /// lane j times the low loss' lane l - j, or, below 0, l - j + W and once around.
    void multiply(B const* from, B* to, int place, int count) const
    {
        for (int k = 0; k < count; ++k) {
            auto const* const x = reinterpret_cast<T const*>(from + 2 * k);
            auto const* const re = reinterpret_cast<T const*>(spectrum_ + 4LL * (place + k)) + W;
            auto const* const im = re + 2 * W;
            B rr(0.0), ii(0.0), ri(0.0), ir(0.0);
            for (int j = 0; j < W; ++j) {
                B const a(x[j]);
                B const b(x[W + j]);
                B c = B::load_unaligned(re - j);
                B d = B::load_unaligned(im - j);
                lane_keep(c);
                lane_keep(d);
                rr = math::fma(a, c, rr);
                ii = math::fma(b, d, ii);
                ri = math::fma(a, d, ri);
                ir = math::fma(b, c, ir);
            }
            to[2 * k] = rr - ii;
            to[2 * k + 1] = ri + ir;
        }
    }

    ConvolutionPlan<B> const& plan_;
    T* padded_;    ///< [num_low_loss] with zeros on both sides
    B* spectrum_;  ///< [length, 4]
    B* work_;      ///< [length, 2]
    bool has_spectrum_ = false;
};

}  // namespace warpfit::cpu
