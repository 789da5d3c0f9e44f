#include "src/fit/peak_order.hpp"

#include "src/model/builtin.hpp"

#include <algorithm>
#include <numeric>
#include <string>

namespace warpfit {

namespace {

using program::SlotKind;

/// Slot of a 1D component's position; -1: none, or components of this type differ by more than their parameters.
int position_of_peak(std::string const& type)
{
    Builtin const* const builtin = find_builtin(type);
    if (builtin == nullptr || builtin->dimension != 1 || !builtin->curve.empty()) return -1;
    for (std::size_t k = 0; k < builtin->parameters.size(); ++k)
        if (builtin->parameters[k].name() == builtin->position) return static_cast<int>(k);
    return -1;
}

/// Pairs of two of these columns, in the order of the columns: ascending.
std::vector<int> pairs_among(FitPlan const& plan, std::vector<int> const& columns)
{
    auto const holds = [&](int c) { return std::find(columns.begin(), columns.end(), c) != columns.end(); };
    std::vector<int> found;
    for (std::size_t p = 0; p < plan.pairs.size(); ++p)
        if (holds(plan.pairs[p].first) && holds(plan.pairs[p].second)) found.push_back(static_cast<int>(p));
    return found;
}

}  // namespace

PeakOrder::PeakOrder(FitPlan const& plan, std::vector<unsigned char> const& given)
    : plan_(plan)
{
    auto const slot = [&](program::Term const& term, int k) -> program::Slot const& {
        return plan.slots[static_cast<std::size_t>(term.first_slot + k)];
    };
    auto const type_of = [&](program::Term const& term) -> std::string const& {
        return plan.term_types[static_cast<std::size_t>(&term - plan.terms.data())];
    };
    auto const variant_of = [&](program::Term const& term) -> std::string const& {
        return plan.term_variants[static_cast<std::size_t>(&term - plan.terms.data())];
    };
    auto const is_plain = [&](program::Term const& term) {
        for (program::Twin const& twin : plan.twins)
            for (int const s : {twin.slot, twin.parent})
                if (s >= term.first_slot && s < term.first_slot + term.num_slots) return false;
        int const position = position_of_peak(type_of(term));
        return position >= 0 && term.active_bit < 0 && slot(term, position).kind == SlotKind::free;
    };
    auto const are_alike = [&](program::Term const& a, program::Term const& b) {
        if (type_of(a) != type_of(b) || variant_of(a) != variant_of(b) || a.convolved != b.convolved) return false;
        for (int k = 0; k < a.num_slots; ++k) {
            program::Slot const& u = slot(a, k);
            program::Slot const& v = slot(b, k);
            bool const same =
                u.kind == v.kind && (u.kind == SlotKind::free || (u.kind == SlotKind::fixed && u.value == v.value));
            if (!same) return false;
        }
        return true;
    };

    std::vector<unsigned char> taken(plan.terms.size(), 0);
    for (std::size_t i = 0; i < plan.terms.size(); ++i) {
        if (taken[i] || !is_plain(plan.terms[i])) continue;
        std::vector<program::Term const*> alike;
        for (std::size_t j = i; j < plan.terms.size(); ++j)
            if (is_plain(plan.terms[j]) && are_alike(plan.terms[i], plan.terms[j])) {
                alike.push_back(&plan.terms[j]);
                taken[j] = 1;
            }
        if (alike.size() < 2) continue;
        int const position = position_of_peak(type_of(plan.terms[i]));
        auto const is_given = [&](program::Term const* t) {
            return given[static_cast<std::size_t>(t->first_slot + position)] != 0;
        };
        auto const num_given = std::count_if(alike.begin(), alike.end(), is_given);
        if (num_given != 0 && num_given != static_cast<std::ptrdiff_t>(alike.size())) continue;
        auto const start = [&](program::Term const* t) {
            return plan.start[static_cast<std::size_t>(slot(*t, position).index)];
        };
        if (num_given != 0)
            std::stable_sort(alike.begin(), alike.end(), [&](auto a, auto b) { return start(a) < start(b); });
        Group group;
        for (program::Term const* t : alike) {
            Peak peak{slot(*t, position).index, {}, {}};
            for (int k = 0; k < t->num_slots; ++k)
                if (slot(*t, k).kind == SlotKind::free) peak.columns.push_back(slot(*t, k).index);
            peak.pairs = pairs_among(plan, peak.columns);
            group.push_back(std::move(peak));
        }
        groups_.push_back(std::move(group));
    }
}

bool PeakOrder::fits(Peak const& place, Peak const& from, double const* values) const
{
    if (!plan_.options.bounded) return true;
    for (std::size_t k = 0; k < place.columns.size(); ++k) {
        double const v = values[from.columns[k]];
        auto const column = static_cast<std::size_t>(place.columns[k]);
        if (v < plan_.bmin[column] || v > plan_.bmax[column]) return false;
    }
    return true;
}

/// Each peak of the group takes the entries of the one that `order` names.
void PeakOrder::exchange(Group const& group, std::vector<std::size_t> const& order, std::vector<int> Peak::*entries,
                         double* row)
{
    std::vector<double> taken;
    for (std::size_t const from : order)
        for (int const i : group[from].*entries) taken.push_back(row[i]);
    auto at = taken.begin();
    for (Peak const& place : group)
        for (int const i : place.*entries) row[i] = *at++;
}

void PeakOrder::apply(double* values, double* errors, double* correlations) const
{
    for (Group const& group : groups_) {
        std::vector<std::size_t> order(group.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return values[group[a].position] < values[group[b].position];
        });
        if (std::is_sorted(order.begin(), order.end())) continue;
        bool allowed = true;
        for (std::size_t i = 0; i < group.size(); ++i) allowed = allowed && fits(group[i], group[order[i]], values);
        if (!allowed) continue;
        exchange(group, order, &Peak::columns, values);
        exchange(group, order, &Peak::pairs, correlations);
        exchange(group, order, &Peak::columns, errors);
    }
}

}  // namespace warpfit
