#pragma once

#include "kernels/program/plan.hpp"
#include "src/backends/cpu/strip.hpp"

#include <algorithm>
#include <cstddef>

/// A function of the caller's own over a strip. It computes in double whatever the lanes are.
namespace warpfit::cpu {

/// One call of Plan::functions. In double lanes it writes its columns where they belong, else they are converted.
template<class B>
class FunctionStrip
{
  public:
    using T = typename B::Element;
    static constexpr bool is_wide = sizeof(T) == sizeof(double);

    /// Bytes that prepare() fills: parameters, rows of the gradient, which of them are wanted.
    static std::size_t storage(int num_slots)
    {
        return static_cast<std::size_t>(num_slots) * (sizeof(double) + sizeof(double*) + 1);
    }
    /// Packs of scratch for each pack of a strip: the values, and in narrow lanes the columns.
    static int scratch(int num_slots) { return is_wide ? 1 : 2 * (1 + num_slots); }

    static void prepare(program::Plan const& plan, program::Term const& term, double const* p, std::byte* storage)
    {
        Parts const to(storage, term.num_slots);
        std::copy_n(p, term.num_slots, to.p);
        for (int k = 0; k < term.num_slots; ++k) {
            int s = term.first_slot + k;
            while (plan.slots[s].kind == program::SlotKind::twin) s = plan.twins[plan.slots[s].index].parent;
            to.wanted[k] = plan.slots[s].kind == program::SlotKind::free;
        }
    }

    FunctionStrip(program::Function const& function, int num_slots, std::byte* storage, Strip<B> const& strip,
                  double const* x, double const* y)
        : function_(function)
        , num_slots_(num_slots)
        , parts_(storage, num_slots)
        , strip_(strip)
        , x_(x)
        , y_(y)
        , count_(strip.size * B::size)
        , values_(reinterpret_cast<double*>(strip.scratch))
    {}

    void gradient() const
    {
        for (int k = 0; k < num_slots_; ++k)
            parts_.rows[k] = !parts_.wanted[k] ? nullptr
                             : is_wide         ? reinterpret_cast<double*>(strip_.columns[k])
                                               : values_ + static_cast<std::ptrdiff_t>(1 + k) * count_;
        function_.evaluate(function_.context, x_, y_, count_, parts_.p, values_, parts_.rows);
        if (strip_.residual) subtract();
        for (int k = 0; k < num_slots_; ++k)
            if (parts_.wanted[k]) finish(parts_.rows[k], strip_.columns[k]);
    }

    void value() const
    {
        function_.evaluate(function_.context, x_, y_, count_, parts_.p, values_, nullptr);
        subtract();
    }

  private:
    struct Parts
    {
        Parts(std::byte* storage, int num_slots)
            : p(reinterpret_cast<double*>(storage))
            , rows(reinterpret_cast<double**>(p + num_slots))
            , wanted(reinterpret_cast<unsigned char*>(rows + num_slots))
        {}
        double* p;
        double** rows;
        unsigned char* wanted;
    };

    static B pack(double const* from)
    {
        alignas(64) T v[B::size];
        for (int l = 0; l < B::size; ++l) v[l] = static_cast<T>(from[l]);
        return B::load(v);
    }

    void subtract() const
    {
        for (int s = 0; s < strip_.size; ++s) {
            B const f = pack(values_ + s * B::size);
            if (strip_.weight)
                detail::subtract<true>(strip_, s, f);
            else
                detail::subtract<false>(strip_, s, f);
        }
    }

    void finish(double const* row, B* column) const
    {
        if (is_wide && !strip_.weight) return;
        for (int s = 0; s < strip_.size; ++s) {
            B const g = pack(row + s * B::size);
            column[s] = strip_.weight ? g * strip_.weight[s] : g;
        }
    }

    program::Function const& function_;
    int num_slots_;
    Parts parts_;
    Strip<B> const& strip_;
    double const* x_;
    double const* y_;
    int count_;
    double* values_;
};

}  // namespace warpfit::cpu
