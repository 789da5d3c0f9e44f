// Estimates by a team on host threads, to be run under ThreadSanitizer.
//   (no argument)   models of every kind with 4, 8 and 32 threads, no sync removed
//   --list          names the syncs that they pass
//   --drop NAME [SEED]   all models with that sync removed; SEED: of pauses
#include "kernels/components/formulas.hpp"
#include "kernels/estimate/estimate_pixel.hpp"
#include "tests/support/plan_builder.hpp"
#include "tests/support/thread_team.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string_view>

using namespace warpfit;
using namespace warpfit::testing;
using namespace warpfit::components;
using estimate::Kind;

namespace {

std::size_t size(Index n)
{
    return static_cast<std::size_t>(n);
}

/// A model, what is estimated of it, and data of two pixels.
class Problem
{
  public:
    explicit Problem(char const* text, bool is_image = false)
        : name(text)
    {
        if (is_image)
            builder_.grid(9, 9, 1.0, 0.5);
        else
            builder_.line(61, 3.0, 0.25);
        builder_.low_loss(5, 2);
    }

    char const* name;

    template<class C>
    Problem& add(Kind kind, std::vector<SlotSpec> const& slots, bool convolved = false)
    {
        builder_.add<C>(slots);
        return take(kind, convolved);
    }

    Problem& add_expression(Kind kind, std::string const& text, std::vector<std::string> const& names,
                            std::vector<SlotSpec> const& slots)
    {
        builder_.add_expression(text, names, slots);
        return take(kind, false);
    }

    /// The last parameter's value follows from those of its component.
    void give()
    {
        program::Plan const model = builder_.view();
        given_.push_back({model.terms[model.num_terms - 1].first_slot, model.num_slots - 1, model.num_codes - 1});
        keeps_of_given_ = model.num_slots - 1;
    }

    /// The estimates of both pixels, one after the other in the same memory.
    std::vector<double> run(int members, DroppedSync const& dropped = {}, std::set<SyncSite>* syncs = nullptr)
    {
        estimate::Plan const plan = view();
        program::Plan const& model = plan.model;
        std::vector<double> data, low_loss{0.5, 4.0, 90.0, 3.0, 0.5};
        for (int pixel = 0; pixel < 2; ++pixel)
            for (int c = 0; c < model.num_channels; ++c) {
                double const u = (model.x[c] - 9.0 - pixel) / 1.3, w = model.y ? (model.y[c] - 3.0) / 1.1 : 0.0;
                data.push_back(20.0 + 90.0 / model.x[c] + 60.0 * std::exp(-0.5 * (u * u + w * w)) + std::sin(7.0 * c));
            }
        program::PixelBatch batch{};
        batch.count = 2;
        batch.signal = {data.data(), program::Type::f64, 0, model.num_channels * 8};
        batch.low_loss = {low_loss.data(), program::Type::f64, 0, 0};
        std::vector<double> values(size(2 * model.num_free));
        unsigned char is_estimated[2];
        std::vector<double> shared(size(estimate::Memory::shared_size(plan, members)));
        std::vector<double> channels(size(estimate::Memory::channels_size(plan)));
        auto const member = [&](auto const& team) {
            std::vector<double> mine(size(estimate::Memory::private_size(plan)));
            estimate::Memory const memory(plan, members, shared.data(), channels.data(), mine.data());
            for (int pixel = 0; pixel < 2; ++pixel)
                estimate::estimate_pixel(team, plan, memory, batch, {values.data(), is_estimated}, pixel);
        };
        if (members == 1) {
            member(SerialTeam{});
        } else {
            std::set<SyncSite> const passed = run_team(members, estimate::Memory::num_sums, member, dropped);
            if (syncs) syncs->insert(passed.begin(), passed.end());
        }
        return values;
    }

  private:
    Problem& take(Kind kind, bool convolved)
    {
        auto& list = kind <= Kind::level  ? backgrounds_
                     : kind < Kind::edge  ? peaks_
                     : kind == Kind::edge ? edges_
                                          : spots_;
        list.push_back({num_terms_++, kind, convolved ? 1 : 0});
        return *this;
    }

    estimate::Plan view()
    {
        estimate::Plan plan{};
        plan.model = builder_.view();
        plan.model.convolution = nullptr;
        plan.num_low_loss = 5;
        plan.backgrounds = backgrounds_.data();
        plan.num_backgrounds = static_cast<int>(backgrounds_.size());
        plan.edges = edges_.data();
        plan.num_edges = static_cast<int>(edges_.size());
        plan.peaks = peaks_.data();
        plan.num_peaks = static_cast<int>(peaks_.size());
        plan.spots = spots_.data();
        plan.num_spots = static_cast<int>(spots_.size());
        keeps_.clear();
        for (int s = 0; s < plan.model.num_slots; ++s)
            keeps_.push_back(plan.model.slots[s].kind != program::SlotKind::free || s == keeps_of_given_);
        plan.keeps = keeps_.data();
        plan.given = given_.data();
        plan.num_given = static_cast<int>(given_.size());
        plan.start = builder_.start.data();
        plan.x_low = builder_.x.front();
        plan.x_high = builder_.x.back();
        return plan;
    }

    PlanBuilder builder_;
    int num_terms_ = 0;
    int keeps_of_given_ = -1;
    std::vector<estimate::Subject> backgrounds_, edges_, peaks_, spots_;
    std::vector<estimate::Given> given_;
    std::vector<unsigned char> keeps_;
};

/// Together they pass every sync.
std::vector<std::unique_ptr<Problem>> problems()
{
    std::vector<SlotSpec> const peak{free_slot(1.0, 0.0, 1e9), free_slot(1.0, 0.01, 1e3), free_slot(9.0, 4.0, 17.0)};
    std::vector<SlotSpec> const spot{free_slot(1.0), free_slot(1.0), free_slot(1.0), free_slot(2.0), free_slot(2.0)};
    std::vector<SlotSpec> const law{free_slot(1e6, 0.0, 1e12), free_slot(3.0, 1.0, 5.0), fixed_slot(0.0),
                                    fixed_slot(0.0)};
    std::vector<std::unique_ptr<Problem>> all;
    auto const make = [&](char const* name, bool is_image = false) -> Problem& {
        return *all.emplace_back(std::make_unique<Problem>(name, is_image));
    };
    make("convolved peaks on a power law")
        .add<PowerLaw>(Kind::power_law, law, true)
        .add<Gaussian>(Kind::gaussian, peak, true)
        .add<Lorentzian>(Kind::lorentzian, {free_slot(1.0), twin_slot(5, "x / 2"), free_slot(6.0)});
    make("level under peaks").add<Offset>(Kind::offset, {free_slot(0.0)}).add<Gaussian>(Kind::gaussian, peak);
    make("line under peaks")
        .add<Polynomial>(Kind::polynomial, {free_slot(0.0), free_slot(0.0), free_slot(0.0)})
        .add<GaussianHF>(Kind::gaussian_hf, peak)
        .add<Gaussian>(Kind::gaussian, peak);
    make("polynomial").add<Polynomial>(Kind::polynomial, {free_slot(0.0), free_slot(0.0), free_slot(0.0)});
    make("exponential").add<Exponential>(Kind::exponential, {free_slot(1.0), free_slot(1.0)});
    make("quarters").add<Lorentzian>(Kind::lorentzian, peak);
    make("three moments")
        .add_expression(Kind::skew_normal, "A*exp(-(x - x0)**2 / scale**2) * (1 + erf(shape*(x - x0)))",
                        {"x0", "A", "scale", "shape"},
                        {free_slot(9.0), free_slot(1.0), free_slot(1.0), free_slot(0.0)});
    std::vector<std::string> const edge{"intensity", "onset", "angle"};
    std::string const text = "intensity * heaviside(x - onset, 0) * exp(-x / 30)";
    make("edges")
        .add<PowerLaw>(Kind::power_law, law)
        .add_expression(Kind::edge, text, edge, {free_slot(1.0), fixed_slot(12.0), fixed_slot(1.0)})
        .add_expression(Kind::edge, text, edge, {free_slot(1.0), fixed_slot(7.0), fixed_slot(1.0)})
        .add<Gaussian>(Kind::gaussian, peak);
    make("spots", true)
        .add<Offset>(Kind::level, {free_slot(0.0)})
        .add<Gaussian2D>(Kind::gaussian_2d, spot)
        .add<Gaussian2D>(Kind::gaussian_2d, spot);
    return all;
}

bool agree(std::vector<double> const& a, std::vector<double> const& b)
{
    bool fine = a.size() == b.size();
    for (std::size_t i = 0; fine && i < a.size(); ++i) fine = std::abs(a[i] - b[i]) <= 1e-9 * std::abs(a[i]) + 1e-12;
    return fine;
}

/// The syncs by name: "best_of.1" is the first one in best_of().
std::map<std::string, SyncSite> named_syncs()
{
    std::set<SyncSite> syncs;
    for (auto const& problem : problems()) problem->run(4, {}, &syncs);
    std::map<std::string, SyncSite> names;
    std::map<std::string, int> count;
    for (SyncSite const& site : syncs) names[site.first + "." + std::to_string(++count[site.first])] = site;
    return names;
}

}  // namespace

int main(int argc, char** argv)
{
    std::string_view const mode = argc > 1 ? argv[1] : "";
    if (mode == "--list") {
        for (auto const& [name, site] : named_syncs()) std::printf("%s\n", name.c_str());
        return 0;
    }
    if (mode == "--drop") {
        DroppedSync const dropped{named_syncs().at(argc >= 3 ? argv[2] : ""),
                                  argc == 4 ? static_cast<unsigned>(std::atoi(argv[3])) : 0U};
        for (auto const& problem : problems()) problem->run(4, dropped);
        return 0;
    }
    int failures = 0;
    for (auto const& problem : problems()) {
        std::vector<double> const alone = problem->run(1);
        for (int const members : {4, 8, 32}) {
            bool const fine = agree(alone, problem->run(members));
            std::printf("%s, %d members: %s\n", problem->name, members, fine ? "fine" : "differs");
            failures += !fine;
        }
    }
    return failures;
}
