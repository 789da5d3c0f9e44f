#pragma once

#include "kernels/program/slots.hpp"
#include "src/backends/cpu/channels.hpp"
#include "src/backends/cpu/convolver.hpp"
#include "src/backends/cpu/terms.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

/// What all pixels of a convolved plan share.
namespace warpfit::cpu {

/// The axes of a convolved plan, and its columns that are the same in every pixel: evaluated and transformed once.
///
/// Columns stand in an order of their own here ("place"): those of free parameters of constant terms, those of
/// products, those of the parameters that move other terms.
template<class B>
class ConvolvedModel
{
  public:
    using T = typename B::Element;
    static constexpr int W = B::size;
    static constexpr int no_place = -1;

    /// A column of constant values that its place's convolution begins with, or, at the place of num_kept(), less what
    /// the constant terms are where all free parameters are 0.
    struct Compact
    {
        int place;
        int first, last;  ///< packs of the axis that it is not zero in
        std::vector<B> values;
    };
    struct Pair
    {
        int place[2];  ///< the second may be no_place
        Reach reach[2];
        double ratio;  ///< the second is multiplied by this
        std::vector<B> spectrum;
        double top[2];             ///< largest values
        std::vector<B> values[2];  ///< on the axis, for sums where transforms lose digits
    };
    /// Not convolved.
    struct Plain
    {
        int place;
        std::vector<B> values;  ///< [num_packs of core()]
    };

    /// Convolved moving terms that share columns. They are evaluated and convolved before those of the next group are,
    /// in the same memory, so that less has to pass through the caches.
    struct Group
    {
        std::vector<int> terms;
        std::vector<int> places;  ///< of their columns
        /// A term alone that is this slot times a function of the others, with columns that nothing else has: while the
        /// others stay, its own column does, and the rest of them are proportional to it. -1: it is not so.
        int factor = -1;
    };

    explicit ConvolvedModel(program::Plan const& plan)
        : plan_(plan)
        , extended_(extended_plan(plan), true, 64)
        , core_(core_plan(plan), true)
        , convolution_(plan.convolution->num_values, plan.convolution->num_low_loss)
    {
        find_places();
        find_groups();
        evaluate_constants();
    }
    ConvolvedModel(ConvolvedModel const&) = delete;
    ConvolvedModel& operator=(ConvolvedModel const&) = delete;

    Channels<B> const& extended() const { return extended_.channels(); }  ///< of convolved terms
    Channels<B> const& core() const { return core_.channels(); }          ///< of the others: the used channels
    ConvolutionPlan<B> const& convolution() const { return convolution_; }

    int num_constant() const { return num_constant_; }
    /// Columns that are convolved once a pixel: constant ones and products.
    int num_kept() const { return num_constant_ + plan_.convolution->num_products; }
    int num_columns() const { return static_cast<int>(order_.size()); }
    /// Free parameter at each place [num_columns], no_place: a product's; and place of each free parameter, no_place:
    /// it stands in products alone.
    std::vector<int> const& order() const { return order_; }
    std::vector<int> const& places() const { return places_; }
    bool is_constant(int term) const { return plan_.convolution->forms[term] == program::TermForm::constant; }
    /// Whether the columns of a term are to be evaluated in every pass.
    bool is_moving(int term) const
    {
        return !is_constant(term) && plan_.convolution->forms[term] != program::TermForm::products;
    }
    /// The free parameter that a slot follows; -1: none.
    int free_of(int slot) const { return free_of_[static_cast<std::size_t>(slot)]; }

    std::vector<Group> const& groups() const { return groups_; }
    std::vector<Compact> const& compact() const { return compact_; }
    std::vector<Pair> const& pairs() const { return pairs_; }
    std::vector<Plain> const& plain() const { return plain_; }

  private:
    /// What the stores of channels read of a plan; strips of 16 packs or more.
    static program::Plan core_plan(program::Plan plan)
    {
        plan.num_free = 3;
        return plan;
    }
    static program::Plan extended_plan(program::Plan plan)
    {
        plan = core_plan(plan);
        plan.x = plan.convolution->x;
        plan.num_channels = plan.convolution->num_x;
        plan.tables = plan.convolution->tables;
        plan.num_tables = plan.convolution->num_tables;
        plan.width = nullptr;
        return plan;
    }

    void find_places()
    {
        for (int s = 0; s < plan_.num_slots; ++s) {
            int root = s;
            while (plan_.slots[root].kind == program::SlotKind::twin)
                root = plan_.twins[plan_.slots[root].index].parent;
            program::Slot const& slot = plan_.slots[root];
            free_of_.push_back(slot.kind == program::SlotKind::free ? slot.index : -1);
        }
        enum Part : unsigned char { of_none, of_products, of_constant, of_moving };
        std::vector<unsigned char> part(static_cast<std::size_t>(plan_.num_free), of_none);
        for (int t = 0; t < plan_.num_terms; ++t)
            for (int k = 0; k < plan_.terms[t].num_slots; ++k) {
                int const i = free_of(plan_.terms[t].first_slot + k);
                if (i < 0) continue;
                unsigned char& mine = part[static_cast<std::size_t>(i)];
                mine = std::max<unsigned char>(mine, is_constant(t) ? of_constant
                                                     : is_moving(t) ? of_moving
                                                                    : of_products);
            }
        places_.assign(part.size(), no_place);
        auto const place = [&](auto const& wanted) {
            for (std::size_t i = 0; i < part.size(); ++i) {
                if (!wanted(part[i])) continue;
                places_[i] = static_cast<int>(order_.size());
                order_.push_back(static_cast<int>(i));
            }
        };
        place([](unsigned char p) { return p == of_constant || p == of_none; });
        num_constant_ = static_cast<int>(order_.size());
        order_.insert(order_.end(), static_cast<std::size_t>(plan_.convolution->num_products), no_place);
        place([](unsigned char p) { return p == of_moving; });
    }

    void find_groups()
    {
        for (int t = 0; t < plan_.num_terms; ++t) {
            program::Term const& term = plan_.terms[t];
            if (!term.convolved || !is_moving(t)) continue;
            Group mine{{t}, {}, -1};
            for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s)
                if (int const i = free_of(s); i >= 0) mine.places.push_back(places_[static_cast<std::size_t>(i)]);
            std::erase_if(groups_, [&](Group const& other) {
                bool const shares = std::find_first_of(other.places.begin(), other.places.end(), mine.places.begin(),
                                                       mine.places.end()) != other.places.end();
                if (!shares) return false;
                mine.terms.insert(mine.terms.end(), other.terms.begin(), other.terms.end());
                mine.places.insert(mine.places.end(), other.places.begin(), other.places.end());
                return true;
            });
            for (std::vector<int>* list : {&mine.terms, &mine.places}) {
                std::sort(list->begin(), list->end());
                list->erase(std::unique(list->begin(), list->end()), list->end());
            }
            groups_.push_back(std::move(mine));
        }
        for (Group& group : groups_) group.factor = factor_of(group);
    }

    int factor_of(Group const& group) const
    {
        int const t = group.terms.front();
        if (group.terms.size() > 1 || plan_.convolution->forms[t] != program::TermForm::columns) return -1;
        int factor = -1;
        for (int s = 0; s < plan_.num_slots; ++s) {
            int const i = free_of(s);
            if (i < 0) continue;
            bool const is_mine =
                s >= plan_.terms[t].first_slot && s < plan_.terms[t].first_slot + plan_.terms[t].num_slots;
            int const place = places_[static_cast<std::size_t>(i)];
            if (!is_mine && std::find(group.places.begin(), group.places.end(), place) != group.places.end()) return -1;
            if (!is_mine || !plan_.convolution->linear[i]) continue;
            if (factor >= 0 || plan_.slots[s].kind != program::SlotKind::free) return -1;
            factor = s;
        }
        return factor;
    }

    /// Columns by place and, last, less the rest, on one of the axes.
    using Columns = std::vector<std::vector<B>>;

    struct Slots
    {
        std::vector<double> values, factors;
        std::vector<int> targets;
        std::vector<B> packs;
    };

    Slots slots_at(std::vector<double> const& free) const
    {
        auto const n = static_cast<std::size_t>(plan_.num_slots);
        Slots slots{std::vector<double>(n), std::vector<double>(n), std::vector<int>(n), {}};
        std::vector<double> const pixel_values(static_cast<std::size_t>(plan_.num_pixel_values) + 1);
        std::vector<double> registers(program::max_scalar_registers);
        program::evaluate_slots(plan_, free.data(), pixel_values.data(), slots.values.data(), slots.factors.data(),
                                slots.targets.data(), registers.data());
        for (double const v : slots.values) slots.packs.push_back(B(v));
        return slots;
    }

    void evaluate_constants()
    {
        std::vector<double> free(static_cast<std::size_t>(plan_.num_free));
        for (int s = 0; s < plan_.num_slots; ++s)
            if (plan_.slots[s].kind == program::SlotKind::free)
                free[static_cast<std::size_t>(plan_.slots[s].index)] = plan_.slots[s].value;
        Slots const start = slots_at(free);
        Slots const zero = slots_at(std::vector<double>(free.size(), 0.0));

        Columns convolved = columns_on(extended(), 1, start, zero);
        for (int j = 0; j < plan_.convolution->num_products; ++j) convolved.insert(convolved.end() - 1, product(j));
        std::vector<std::size_t> spread;
        std::vector<Support> supports;
        for (std::size_t k = 0; k < convolved.size(); ++k) {
            std::vector<B>& column = convolved[k];
            Support const support = ConvolutionPlan<B>::support_of(column.data(), static_cast<int>(column.size()));
            supports.push_back(support);
            if (support.is_empty()) continue;
            if (convolution_.is_direct(support.last - support.first, true))
                compact_.push_back({static_cast<int>(k), support.first, support.last,
                                    std::vector<B>(column.begin() + support.first, column.begin() + support.last)});
            else
                spread.push_back(k);
        }
        for (std::size_t i = 0; i < spread.size(); i += 2) {
            bool const both = i + 1 < spread.size();
            std::size_t const a = spread[i], b = both ? spread[i + 1] : a;
            Pair pair{{static_cast<int>(a), both ? static_cast<int>(b) : no_place},
                      {convolution_.reach_of(supports[a].first, supports[a].last),
                       convolution_.reach_of(supports[b].first, supports[b].last)},
                      scale_near(supports[a].top) / scale_near(supports[b].top),
                      std::vector<B>(2 * static_cast<std::size_t>(convolution_.fourier().length())),
                      {supports[a].top, both ? supports[b].top : 0.0},
                      {}};
            convolution_.join(convolved[a].data(), both ? convolved[b].data() : nullptr, pair.ratio,
                              static_cast<int>(convolved[a].size()), pair.spectrum.data());
            convolution_.fourier().forward(pair.spectrum.data());
            pair.values[0] = std::move(convolved[a]);
            if (both) pair.values[1] = std::move(convolved[b]);
            pairs_.push_back(std::move(pair));
        }
        Columns plain = columns_on(core(), 0, start, zero);
        for (std::size_t k = 0; k < plain.size(); ++k)
            if (!ConvolutionPlan<B>::support_of(plain[k].data(), static_cast<int>(plain[k].size())).is_empty())
                plain_.push_back({k + 1 < plain.size() ? static_cast<int>(k) : num_kept(), std::move(plain[k])});
    }

    std::vector<B> product(int j) const
    {
        int const n = plan_.convolution->num_x;
        std::vector<B> column(static_cast<std::size_t>(extended().num_packs), B(0.0));
        std::copy_n(plan_.convolution->product_columns + static_cast<std::ptrdiff_t>(j) * n, n,
                    reinterpret_cast<T*>(column.data()));
        return column;
    }

    struct Free
    {
        void operator()(void* p) const { std::free(p); }
    };

    /// Of the constant terms that are convolved, or of those that are not.
    Columns columns_on(Channels<B> const& channels, int convolved, Slots const& start, Slots const& zero) const
    {
        Columns columns(static_cast<std::size_t>(num_constant_) + 1,
                        std::vector<B>(static_cast<std::size_t>(channels.num_packs), B(0.0)));
        Arena count(nullptr);
        Terms<B>(plan_, channels, count);
        std::unique_ptr<void, Free> memory(std::aligned_alloc(64, (count.used() + 127) / 64 * 64));
        if (!memory) throw std::bad_alloc();
        Arena arena(memory.get());
        Terms<B> terms(plan_, channels, arena);
        auto const wanted = [&](int t) { return is_constant(t) && plan_.terms[t].convolved == convolved; };
        std::vector<B> const zeros(static_cast<std::size_t>(channels.strip), B(0.0));
        std::vector<B> unused(zeros);
        std::vector<std::vector<B>> spare(static_cast<std::size_t>(plan_.num_slots), zeros);
        std::vector<B*> pointers;
        for (std::vector<B>& s : spare) pointers.push_back(s.data());

        terms.prepare(start.packs.data(), start.values.data(), wanted);
        each_strip(channels, terms, wanted, [&](int t, int n, Strip<B>& strip) {
            program::Term const& term = plan_.terms[t];
            strip.from = zeros.data();
            strip.residual = unused.data();
            strip.columns = pointers.data() + term.first_slot;
            terms.gradient(t, n, strip);
            for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s) {
                int const i = free_of(s);
                if (i < 0) continue;
                B* const to =
                    columns[static_cast<std::size_t>(places_[static_cast<std::size_t>(i)])].data() + n * channels.strip;
                B const factor(start.factors[static_cast<std::size_t>(s)]);
                for (int m = 0; m < strip.size; ++m)
                    to[m] = math::fma(spare[static_cast<std::size_t>(s)][static_cast<std::size_t>(m)], factor, to[m]);
            }
        });
        terms.prepare(zero.packs.data(), zero.values.data(), wanted);
        each_strip(channels, terms, wanted, [&](int t, int n, Strip<B>& strip) {
            strip.residual = columns.back().data() + n * channels.strip;
            strip.from = strip.residual;
            terms.value(t, n, strip);
        });
        return columns;
    }

    template<class Wanted, class Do>
    void each_strip(Channels<B> const& channels, Terms<B> const& terms, Wanted const& wanted, Do const& act) const
    {
        for (int n = 0; n < channels.num_strips; ++n)
            for (int t = 0; t < plan_.num_terms; ++t) {
                if (!wanted(t) || !terms.reaches(t, n)) continue;
                Strip<B> strip = terms.strip(n);
                act(t, n, strip);
            }
    }

    program::Plan const& plan_;
    ChannelStore<B> extended_;
    ChannelStore<B> core_;
    ConvolutionPlan<B> convolution_;
    int num_constant_ = 0;
    std::vector<int> order_, places_, free_of_;
    std::vector<Group> groups_;
    std::vector<Compact> compact_;
    std::vector<Pair> pairs_;
    std::vector<Plain> plain_;
};

}  // namespace warpfit::cpu
