#pragma once

#include "src/backends/cpu/convolved_model.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace warpfit::cpu {

/// Where terms write their columns strip by strip: a column that is a parameter's own at its place, others beside, from
/// where they are added to those of the parameters that they follow.
template<class B>
class TermColumns
{
  public:
    using Model = ConvolvedModel<B>;

    TermColumns(program::Plan const& plan, Model const& model, Arena& arena)
        : model_(model)
        , strip_(std::max(model.extended().strip, model.core().strip))
        , spare_(arena.take<B>(static_cast<long long>(plan.num_slots) * strip_))
        , pointers_(arena.take<B*>(plan.num_slots))
        , written_(arena.take<unsigned char>(model.num_columns()))
    {}

    /// Place of the column that a slot follows; no_place: none.
    int place_of(int slot) const
    {
        int const i = model_.free_of(slot);
        return i < 0 ? Model::no_place : model_.places()[static_cast<std::size_t>(i)];
    }
    bool is_written(int place) const { return written_[place] != 0; }

    /// Begins a strip: nothing is written but where `already` [num_columns] says so.
    void begin(unsigned char const* already)
    {
        std::memcpy(written_, already, static_cast<std::size_t>(model_.num_columns()));
    }
    void begin(std::vector<int> const& places)
    {
        for (int const k : places) written_[k] = 0;
    }

    /// Strip::columns of a term. is_own(slot): it is written at(its place) itself.
    template<class IsOwn, class At>
    B* const* of(program::Term const& term, IsOwn const& is_own, At const& at)
    {
        for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s) {
            bool const own = is_own(s);
            pointers_[s] = own ? at(place_of(s)) : spare(s);
            if (own) written_[place_of(s)] = 1;
        }
        return pointers_ + term.first_slot;
    }

    /// Adds what a term has written beside, times factors [num_slots].
    template<class IsOwn, class At>
    void add_spares(program::Term const& term, int size, double const* factors, IsOwn const& is_own, At const& at)
    {
        for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s) {
            int const k = place_of(s);
            if (k < 0 || is_own(s)) continue;
            B const* const from = spare(s);
            B const factor(factors[s]);
            B* const to = at(k);
            for (int m = 0; m < size; ++m) to[m] = written_[k] ? math::fma(from[m], factor, to[m]) : from[m] * factor;
            written_[k] = 1;
        }
    }

  private:
    B* spare(int slot) const { return spare_ + static_cast<std::ptrdiff_t>(slot) * strip_; }

    Model const& model_;
    int strip_;
    B* spare_;
    B** pointers_;
    unsigned char* written_;  ///< by place: this strip's column has values
};

}  // namespace warpfit::cpu
