#include "kernels/program/interpreter.hpp"
#include "src/model/builtin.hpp"
#include "src/model/fit_plan.hpp"
#include "tests/model/expect_error.hpp"

#include <cmath>
#include <map>

namespace warpfit {
namespace {

using program::SlotKind;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using warpfit::testing::error_of;

Axis uniform(std::size_t size, double offset, double scale, std::string units = "eV")
{
    Axis axis;
    axis.size = size;
    axis.offset = offset;
    axis.scale = scale;
    axis.units = std::move(units);
    return axis;
}

Signal signal_on(std::vector<Axis> navigation, std::vector<Axis> axes)
{
    std::size_t size = 1;
    for (Axis const& axis : navigation) size *= axis.size;
    for (Axis const& axis : axes) size *= axis.size;
    return Signal(std::move(navigation), std::move(axes), std::vector<double>(size, 1.0));
}

/// 500, 502, ... 518 eV.
Signal spectrum(std::size_t pixels = 1)
{
    std::vector<Axis> navigation;
    if (pixels > 1) navigation.push_back(uniform(pixels, 0.0, 1.0));
    return signal_on(navigation, {uniform(10, 500.0, 2.0)});
}

std::vector<SlotKind> kinds(FitPlan const& plan)
{
    std::vector<SlotKind> all;
    for (program::Slot const& slot : plan.slots) all.push_back(slot.kind);
    return all;
}

std::vector<std::size_t> channels(DataOptions const& data)
{
    return used_channels(spectrum(), data);
}

TEST(UsedChannels, EndsAreTheNearestChannelsAndIncluded)
{
    DataOptions data;
    EXPECT_EQ(channels(data).size(), 10U);
    data.range = {{503.5, 508.9}};  // 504 .. 508
    EXPECT_THAT(channels(data), ElementsAre(2, 3, 4));
    data.range = {{-1e9, 501.1}, {514.0, unbounded}};  // 500, 502; 514 .. 518
    EXPECT_THAT(channels(data), ElementsAre(0, 1, 7, 8, 9));
    data.exclude = {{501.5, 502.5}, {518.2, 900.0}, {2000.0, 3000.0}};
    EXPECT_THAT(channels(data), ElementsAre(0, 7, 8));
    data.channel_mask = {0, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    EXPECT_THAT(channels(data), ElementsAre(7, 8));
}

TEST(UsedChannels, FollowAnAxisThatRunsDown)
{
    DataOptions data;
    data.range = {{503.5, 508.9}};
    EXPECT_THAT(used_channels(signal_on({}, {uniform(10, 518.0, -2.0)}), data), ElementsAre(5, 6, 7));
}

TEST(UsedChannels, AnUnsortedAxisIsComparedByValue)
{
    Axis axis;
    axis.values = {3.0, 1.0, 2.0, 2.0, 5.0};
    axis.size = 5;
    DataOptions data;
    data.range = {{0.0, 2.1}};
    EXPECT_THAT(used_channels(signal_on({}, {axis}), data), ElementsAre(1, 2, 3));
    data.range = {};
    data.exclude = {{1.9, 2.4}};
    EXPECT_THAT(used_channels(signal_on({}, {axis}), data), ElementsAre(0, 1, 4));
}

TEST(UsedChannels, ImpossibleOnesAreRefused)
{
    DataOptions data;
    data.range = {{800.0, 900.0}};
    EXPECT_THAT(error_of([&] { channels(data); }),
                HasSubstr("range [800, 900] holds no channel (the signal axis runs from 500 to 518 eV)"));
    data.range = {};
    data.exclude = {{0.0, 1000.0}};
    EXPECT_THAT(error_of([&] { channels(data); }), HasSubstr("no channel is left"));
    data.exclude = {};
    data.channel_mask = {1, 1};
    EXPECT_THAT(error_of([&] { channels(data); }), HasSubstr("channel_mask has 2 channels (signal has 10)"));
    Signal const image = signal_on({}, {uniform(2, 0, 1), uniform(3, 0, 1)});
    data.channel_mask = {};
    data.range = {{0.0, 1.0}};
    EXPECT_THAT(error_of([&] { used_channels(image, data); }), HasSubstr("give a channel_mask"));
}

TEST(Lower, SlotsOfAPowerLawAndAPeak)
{
    Model m;
    m.append("PowerLaw", "background");
    m.append("Gaussian", "peak");
    m.parameter("background.A").set_value(5e5);
    m.parameter("peak.centre").set_value(510.0);
    m.parameter("background.origin").set_value(10.0);
    DataOptions data;
    data.range = {{500.0, 502.0}, {510.0, 510.0}};
    FitOptions options;
    options.tolerance = 1e-7;
    options.max_iterations = 17;
    options.precision = Precision::mixed;
    FitPlan const plan = lower(m, spectrum(), options, data);

    EXPECT_THAT(plan.slot_paths, ElementsAre("background.A", "background.r", "background.origin",
                                             "background.left_cutoff", "peak.A", "peak.sigma", "peak.centre"));
    EXPECT_THAT(kinds(plan), ElementsAre(SlotKind::free, SlotKind::free, SlotKind::fixed, SlotKind::fixed,
                                         SlotKind::free, SlotKind::free, SlotKind::free));
    EXPECT_THAT(plan.free_slots, ElementsAre(0, 1, 4, 5, 6));
    EXPECT_THAT(plan.start, ElementsAre(5e5, 3.0, 1.0, 1.0, 510.0));
    EXPECT_THAT(plan.bmin, ElementsAre(0.0, 1.0, 0.0, 0.0, -unbounded));
    EXPECT_THAT(plan.bmax, ElementsAre(unbounded, 5.0, unbounded, unbounded, unbounded));
    EXPECT_EQ(plan.slots[4].index, 2);
    EXPECT_EQ(plan.slots[2].value, 10.0);
    EXPECT_FALSE(plan.is_linear);

    EXPECT_THAT(plan.x, ElementsAre(500.0, 502.0, 510.0));
    EXPECT_THAT(plan.y, IsEmpty());
    EXPECT_THAT(plan.width, IsEmpty());
    EXPECT_EQ(plan.stored_channels, 10);
    ASSERT_EQ(plan.runs.size(), 2U);
    EXPECT_EQ(plan.runs[0].first, 0);
    EXPECT_EQ(plan.runs[0].count, 2);
    EXPECT_EQ(plan.runs[1].first, 5);
    EXPECT_EQ(plan.runs[1].count, 1);

    ASSERT_EQ(plan.terms.size(), 2U);
    EXPECT_EQ(plan.terms[0].component, find_builtin("PowerLaw")->index);
    EXPECT_EQ(plan.terms[0].code, -1);
    EXPECT_EQ(plan.terms[0].num_slots, 4);
    EXPECT_EQ(plan.terms[0].active_bit, -1);
    EXPECT_EQ(plan.terms[1].component, find_builtin("Gaussian")->index);
    EXPECT_EQ(plan.terms[1].first_slot, 4);
    EXPECT_EQ(plan.terms[1].hoisted, 0);
    EXPECT_EQ(plan.terms[1].tables, -1);

    // log(x - 10) in the first table (mpmath), inside the cutoff in the second.
    EXPECT_EQ(plan.terms[0].hoisted, 1);
    EXPECT_EQ(plan.terms[0].tables, 0);
    ASSERT_EQ(plan.num_tables, 2);
    ASSERT_EQ(plan.tables.size(), 6U);
    EXPECT_DOUBLE_EQ(plan.tables[0], 6.1944053911046722942);
    EXPECT_DOUBLE_EQ(plan.tables[1], 6.1984787164923081141);
    EXPECT_DOUBLE_EQ(plan.tables[2], 6.2146080984221917426);
    EXPECT_EQ(plan.tables[5], 1.0);

    EXPECT_EQ(plan.options.precision, program::Precision::mixed);
    EXPECT_EQ(plan.options.max_iterations, 17);
    EXPECT_EQ(plan.options.tolerance, 1e-7);
    EXPECT_EQ(plan.options.bounded, 1);
    EXPECT_EQ(plan.options.scale_errors, 1);
}

TEST(Lower, AFreeOriginIsNotHoisted)
{
    Model m;
    m.append("PowerLaw");
    m.parameter("PowerLaw.origin").set_free(true);
    FitPlan const plan = lower(m, spectrum(), {}, {});
    EXPECT_EQ(plan.terms[0].hoisted, 0);
    EXPECT_EQ(plan.num_tables, 0);

    m.parameter("PowerLaw.origin").set_free(false);
    m.parameter("PowerLaw.origin").set_map({1.0, 2.0});
    EXPECT_EQ(lower(m, spectrum(2), {}, {}).terms[0].hoisted, 0);
}

TEST(Lower, PinnedParametersAreFixedUnlessUnbounded)
{
    Model m;
    m.append("Gaussian");
    m.parameter("Gaussian.centre").set_bounds({505.0, 505.0});
    EXPECT_THAT(kinds(lower(m, spectrum(), {}, {})), ElementsAre(SlotKind::free, SlotKind::free, SlotKind::fixed));
    EXPECT_EQ(lower(m, spectrum(), {}, {}).slots[2].value, 505.0);
    FitOptions options;
    options.bounded = false;
    FitPlan const plan = lower(m, spectrum(), options, {});
    EXPECT_EQ(plan.options.bounded, 0);
    EXPECT_EQ(plan.slots[2].kind, SlotKind::free);
}

TEST(Lower, PerPixelValuesGetAColumn)
{
    Model m;
    m.append("Gaussian", "g");
    m.append("Offset", "o");
    m.parameter("g.centre").set_free(false);
    m.parameter("g.centre").set_map({505.0, 506.0, 507.0});
    m.parameter("g.sigma").set_map({1.0, 1.0, 2.0});  // free: where the fit starts
    FitPlan const plan = lower(m, spectrum(3), {}, {});
    EXPECT_THAT(kinds(plan), ElementsAre(SlotKind::free, SlotKind::free, SlotKind::pixel, SlotKind::free));
    EXPECT_EQ(plan.num_pixel_values, 1);
    EXPECT_THAT(plan.pixel_slots, ElementsAre(2));
    EXPECT_EQ(plan.slots[2].index, 0);
    EXPECT_THAT(error_of([&] { lower(m, spectrum(2), {}, {}); }),
                HasSubstr("the map of 'g.sigma' has 3 values (the signal has 2 pixels)"));
}

TEST(Lower, TwinsComeParentsFirst)
{
    Model m;
    for (char const* name : {"a", "b", "c", "d"}) m.append("Offset", name);
    m.parameter("c.offset").set_value(3.0);
    m.parameter("d.offset").set_free(false);
    m.set_twin({"a.offset", "b.offset", "2*v + 1", ""});
    m.set_twin({"b.offset", "c.offset", "", ""});
    FitPlan const plan = lower(m, spectrum(), {}, {});
    EXPECT_THAT(kinds(plan), ElementsAre(SlotKind::twin, SlotKind::twin, SlotKind::free, SlotKind::fixed));
    ASSERT_EQ(plan.twins.size(), 2U);
    EXPECT_EQ(plan.twins[0].slot, 1);
    EXPECT_EQ(plan.twins[0].parent, 2);
    EXPECT_EQ(plan.twins[0].code, -1);
    EXPECT_EQ(plan.twins[1].slot, 0);
    EXPECT_EQ(plan.twins[1].parent, 1);
    EXPECT_EQ(plan.slots[0].index, 1);
    EXPECT_EQ(plan.slots[1].index, 0);
    EXPECT_EQ(plan.slots[0].value, 7.0);
    EXPECT_TRUE(plan.is_linear);

    ASSERT_EQ(plan.expressions.size(), 1U);
    ASSERT_EQ(plan.twins[1].code, 0);
    program::ExpressionCode const code = plan.view().codes[0];
    std::vector<double> registers(static_cast<std::size_t>(code.num_pixel_registers) + 1, 0.0);
    registers[0] = 5.0;
    program::run_pixel(code, registers.data());
    EXPECT_EQ(program::read<double>(code, code.value, registers.data(), nullptr, nullptr), 11.0);
    EXPECT_EQ(program::read<double>(code, code.gradient[0], registers.data(), nullptr, nullptr), 2.0);
}

TEST(Lower, ATwinMayFollowAComponentThatIsLeftOut)
{
    Model m;
    m.append("Gaussian", "a");
    m.append("Gaussian", "off");
    m["off"].set_active(false);
    m.parameter("off.sigma").set_value(2.5);
    m.set_twin({"a.sigma", "off.centre", "x + 1", ""});
    m.set_twin({"off.centre", "off.sigma", "", ""});
    FitPlan const plan = lower(m, spectrum(), {}, {});
    EXPECT_EQ(plan.terms.size(), 1U);
    EXPECT_EQ(plan.terms[0].num_slots, 3);
    EXPECT_THAT(plan.slot_paths, ElementsAre("a.A", "a.sigma", "a.centre", "off.centre", "off.sigma"));
    EXPECT_THAT(kinds(plan),
                ElementsAre(SlotKind::free, SlotKind::twin, SlotKind::free, SlotKind::twin, SlotKind::fixed));
    EXPECT_EQ(plan.twins[0].slot, 3);
    EXPECT_EQ(plan.twins[1].slot, 1);
    EXPECT_EQ(plan.slots[1].value, 3.5);
}

TEST(Lower, TermsOfOneFormulaShareItsTables)
{
    Model m;
    for (char const* name : {"first", "second"})
        m.append(Component::expression("a * exp(-k * x) * (x / 500)**-3", name));
    m.append(Component::expression("a * exp(-k * x) * (x / 500)**-5", "other"));
    FitPlan const plan = lower(m, spectrum(), {}, {});
    EXPECT_EQ(plan.terms[0].tables, 0);
    EXPECT_EQ(plan.terms[1].tables, 0);
    EXPECT_EQ(plan.terms[2].tables, 2);
    ASSERT_EQ(plan.num_tables, 4);
    ASSERT_EQ(plan.tables.size(), 40U);
    // In whatever order: the power of x, and x times that in the derivative by k, at 510.
    EXPECT_NEAR(plan.tables[5] * plan.tables[15] * std::pow(510.0, 5), 1.0, 1e-14);
    EXPECT_NEAR(plan.tables[25] * plan.tables[35] * std::pow(510.0, 9), 1.0, 1e-14);
}

TEST(Lower, FixedParametersOfAnExpressionFold)
{
    Model m;
    m.append(Component::expression("a*exp(-((x - x0)/w)**2) + 0*unused", "e", {{"a", 2.0}, {"x0", 504.0}, {"w", 3.0}}));
    for (char const* name : {"x0", "w"}) m["e"][name].set_free(false);
    m.append("Offset");
    FitPlan const plan = lower(m, spectrum(), {}, {});
    ASSERT_EQ(plan.terms[0].code, 0);
    EXPECT_EQ(plan.terms[0].component, -1);
    EXPECT_EQ(plan.terms[0].tables, 0);
    ASSERT_GE(plan.num_tables, 1);
    EXPECT_TRUE(plan.is_linear);
    program::ExpressionCode const code = plan.view().codes[0];
    EXPECT_EQ(code.num_channel_registers, 2 + plan.num_tables);

    // exp(-((x - 504)/3)^2) depends on the channel alone: some table holds it.
    bool found = false;
    for (int t = 0; t < plan.num_tables; ++t) {
        bool same = true;
        for (std::size_t i = 0; i < plan.x.size(); ++i) {
            double const u = (500.0 + 2.0 * static_cast<double>(i) - 504.0) / 3.0;
            same = same &&
                   std::abs(plan.tables[static_cast<std::size_t>(t) * plan.x.size() + i] - std::exp(-u * u)) < 1e-14;
        }
        found = found || same;
    }
    EXPECT_TRUE(found);

    // Value and gradient of the lowered code at channel 3 (x = 506): 2 exp(-4/9), exp(-4/9).
    std::vector<double> pixel(static_cast<std::size_t>(code.num_pixel_registers) + 1, 0.0);
    std::vector<double> channel(static_cast<std::size_t>(code.num_channel_registers) + 1, 0.0);
    std::vector<double> local(static_cast<std::size_t>(code.num_local_registers) + 1, 0.0);
    pixel[0] = 2.0;  // a
    channel[0] = 506.0;
    for (int t = 0; t < plan.num_tables; ++t)
        channel[static_cast<std::size_t>(2 + t)] = plan.tables[static_cast<std::size_t>(t) * plan.x.size() + 3];
    program::run_pixel(code, pixel.data());
    program::run_local(code, pixel.data(), channel.data(), local.data());
    EXPECT_NEAR(program::read(code, code.value, pixel.data(), channel.data(), local.data()), 2.0 * std::exp(-4.0 / 9.0),
                1e-15);
    EXPECT_NEAR(program::read(code, code.gradient[0], pixel.data(), channel.data(), local.data()), std::exp(-4.0 / 9.0),
                1e-15);
    EXPECT_EQ(program::read(code, code.gradient[2], pixel.data(), channel.data(), local.data()), 0.0);
}

TEST(Lower, ATwinOfAFreeParameterWantsItsGradient)
{
    Model m;
    m.append(Component::expression("a*x + b*x**2", "e", {{"a", 2.0}, {"b", 1.0}}));
    m.set_twin({"e.b", "e.a", "", ""});
    FitPlan const plan = lower(m, spectrum(), {}, {});
    program::ExpressionCode const code = plan.view().codes[plan.terms[0].code];
    auto const gradient = [&](int slot) {
        std::vector<double> pixel(static_cast<std::size_t>(code.num_pixel_registers) + 1, 0.0);
        std::vector<double> channel(static_cast<std::size_t>(code.num_channel_registers) + 1, 0.0);
        std::vector<double> local(static_cast<std::size_t>(code.num_local_registers) + 1, 0.0);
        pixel[0] = pixel[1] = 2.0;
        program::run_channel(code, 3.0, 0.0, channel.data());
        program::run_pixel(code, pixel.data());
        program::run_local(code, pixel.data(), channel.data(), local.data());
        return program::read(code, code.gradient[slot], pixel.data(), channel.data(), local.data());
    };
    EXPECT_EQ(gradient(0), 3.0);
    EXPECT_EQ(gradient(1), 9.0);
}

TEST(Lower, ARotatedGaussian2DIsAnExpression)
{
    ComponentOptions rotation;
    rotation.add_rotation = true;
    Model m;
    m.append("Gaussian2D");
    m.append(Component("Gaussian2D", "turned", rotation));
    FitPlan const plan = lower(m, signal_on({}, {uniform(2, 10.0, 5.0), uniform(3, 1.0, 0.5)}), {}, {});
    EXPECT_EQ(plan.dimension, 2);
    EXPECT_THAT(plan.x, ElementsAre(1.0, 1.5, 2.0, 1.0, 1.5, 2.0));
    EXPECT_THAT(plan.y, ElementsAre(10.0, 10.0, 10.0, 15.0, 15.0, 15.0));
    EXPECT_EQ(plan.terms[0].component, find_builtin("Gaussian2D")->index);
    EXPECT_EQ(plan.terms[1].component, -1);
    EXPECT_EQ(plan.terms[1].num_slots, 6);
    EXPECT_EQ(plan.terms[1].code, 0);
}

TEST(Lower, BinnedWidthsFollowTheAxis)
{
    Axis axis;
    axis.values = {0.0, 1.0, 3.0, 7.0, 8.0};
    axis.size = 5;
    axis.is_binned = true;
    Model m;
    m.append("Offset");
    DataOptions data;
    data.range = {{1.0, 8.0}};
    // np.gradient([0, 1, 3, 7, 8]) = 1, 1.5, 3, 2.5, 1: taken before the range, not after.
    EXPECT_THAT(lower(m, signal_on({}, {axis}), {}, data).width, ElementsAre(1.5, 3.0, 2.5, 1.0));
    data.binned = false;
    EXPECT_THAT(lower(m, signal_on({}, {axis}), {}, data).width, IsEmpty());
    data = {};
    data.binned = true;
    EXPECT_THAT(lower(m, signal_on({}, {uniform(3, 0.0, -0.25)}), {}, data).width, ElementsAre(0.25, 0.25, 0.25));
}

TEST(Lower, BinnedImagesUseTheProductAndTheMask)
{
    Model m;
    m.append("Gaussian2D");
    DataOptions data;
    data.binned = true;
    data.channel_mask = {0, 1, 1, 0, 0, 1};
    FitPlan const plan = lower(m, signal_on({}, {uniform(2, 10.0, 5.0), uniform(3, 1.0, 0.5)}), {}, data);
    EXPECT_THAT(plan.x, ElementsAre(1.5, 2.0, 2.0));
    EXPECT_THAT(plan.y, ElementsAre(10.0, 10.0, 15.0));
    EXPECT_THAT(plan.width, ElementsAre(2.5, 2.5, 2.5));
    ASSERT_EQ(plan.runs.size(), 2U);
    EXPECT_EQ(plan.runs[0].first, 1);
    EXPECT_EQ(plan.runs[0].count, 2);
    EXPECT_EQ(plan.runs[1].first, 5);
}

TEST(Lower, InactiveComponentsAreLeftOutAndSwitchedOnesGetABit)
{
    Model m;
    for (char const* name : {"a", "b", "c", "d"}) m.append("Offset", name);
    m["b"].set_active(false);
    m["c"].set_active(false);
    m["c"].set_active_map({1, 0});
    m["d"].set_active_map({0, 1});
    FitPlan const plan = lower(m, spectrum(2), {}, {});
    EXPECT_THAT(plan.slot_paths, ElementsAre("a.offset", "c.offset", "d.offset"));
    EXPECT_EQ(plan.terms[0].active_bit, -1);
    EXPECT_EQ(plan.terms[1].active_bit, 0);
    EXPECT_EQ(plan.terms[2].active_bit, 1);
    EXPECT_THAT(error_of([&] { lower(m, spectrum(3), {}, {}); }),
                HasSubstr("the active map of component 'c' has 2 values"));

    Model many;
    for (int i = 0; i < 65; ++i) many.append("Offset").set_active_map({1, 1});
    EXPECT_THAT(error_of([&] { lower(many, spectrum(2), {}, {}); }), HasSubstr("more than 64 components"));
}

TEST(Lower, WhatCannotBeFittedIsRefused)
{
    auto const error = [](Model const& model, FitOptions const& options = {}) {
        return error_of([&] { lower(model, spectrum(), options, {}); });
    };
    Model m;
    EXPECT_THAT(error(m), HasSubstr("no active component"));
    m.append("Offset");
    m["Offset"].set_active(false);
    EXPECT_THAT(error(m), HasSubstr("no active component"));
    m["Offset"].set_active(true);
    m.parameter("Offset.offset").set_free(false);
    EXPECT_THAT(error(m), HasSubstr("no parameter of an active component is free"));
    m.parameter("Offset.offset").set_free(true);

    FitOptions options;
    options.loss = "ML-poisson";
    EXPECT_THAT(error(m, options), AllOf(HasSubstr("loss 'ML-poisson' does not exist yet"), HasSubstr("known: ls")));
    options = {};
    options.optimizer = "trf";
    EXPECT_THAT(error(m, options), AllOf(HasSubstr("optimizer 'trf' does not exist yet"), HasSubstr("known: lm")));
    options = {};
    options.max_iterations = 0;
    EXPECT_THAT(error(m, options), HasSubstr("max_iterations is 0"));
    options = {};
    options.tolerance = std::nan("");
    EXPECT_THAT(error(m, options), HasSubstr("tolerance is nan"));

    Model image;
    image.append("Gaussian2D");
    EXPECT_THAT(error(image), HasSubstr("the model has 2 axes (the signal has 1 signal axes)"));
}

TEST(FitPlan, ViewsStayValidWhenMoved)
{
    Model m;
    m.append(Component::expression("a*exp(-x/500)", "e", {{"a", 1.0}}));
    FitPlan plan = lower(m, spectrum(), {}, {});
    program::Plan const before = plan.view();
    FitPlan const moved = std::move(plan);
    program::Plan const after = moved.view();
    EXPECT_EQ(before.codes, after.codes);
    EXPECT_EQ(before.codes[0].local_code, after.codes[0].local_code);
    EXPECT_EQ(before.x, after.x);
    EXPECT_EQ(before.terms, after.terms);
    EXPECT_EQ(after.num_channels, 10);
    EXPECT_EQ(after.num_free, 1);
    EXPECT_EQ(after.y, nullptr);
    EXPECT_EQ(after.width, nullptr);
}

/// 10 channels with a low loss of 5, whose third lies at 0.
Signal with_low_loss()
{
    Signal s = spectrum();
    s.set_low_loss(Signal({}, {uniform(5, -4.0, 2.0)}, std::vector<double>(5, 1.0)));
    return s;
}

Component line(std::string const& name, std::string const& formula)
{
    return Component::expression(formula, name, {});
}

TEST(LowerConvolution, AxisOfTheConvolvedTerms)
{
    Model m;
    m.append("Gaussian");
    DataOptions data;
    data.exclude = {{500.0, 502.0}, {518.0, 530.0}};  // 504 ... 516 are left
    FitPlan const plan = lower(m, with_low_loss(), {}, data);
    program::Convolution const& convolution = *plan.view().convolution;
    EXPECT_EQ(convolution.num_low_loss, 5);
    EXPECT_EQ(convolution.first, 2);
    EXPECT_EQ(convolution.num_values, 7);
    // k = n_ll - index(0) - 1 = 2 channels before the first, as many behind the last
    EXPECT_THAT(plan.convolved.x, ElementsAre(500, 502, 504, 506, 508, 510, 512, 514, 516, 518, 520));
    for (Component& c : m.components()) c.set_convolved(false);
    EXPECT_EQ(lower(m, with_low_loss(), {}, {}).view().convolution, nullptr);
    EXPECT_EQ(lower(m, spectrum(), {}, {}).view().convolution, nullptr);
}

TEST(LowerConvolution, FormsAreProved)
{
    using program::TermForm;
    Model m;
    m.append(line("constant", "a * x**2 + b + 3"));  // linear, with a rest that is the same everywhere
    m.append(line("columns", "a * exp(-x / t)"));    // value = a times its column
    m.append(line("bent", "a**2 + exp(-x / t)"));    // neither
    m.append(line("shared", "a * x"));               // constant, but for its twin below; then a product
    m.append(line("other", "a * sin(w * x)"));       // follows shared.a
    m.append(line("outside", "a * x"))["a"].set_map({2.0});
    m["outside"].set_convolved(false);
    m["outside"]["a"].set_free(false);                     // a value of each pixel
    m.set_twin({"other.a", "shared.a", "2 * x + 1", ""});  // not in proportion
    FitPlan const plan = lower(m, with_low_loss(), {}, {});
    EXPECT_THAT(plan.convolved.forms, ElementsAre(TermForm::constant, TermForm::columns, TermForm::evaluated,
                                                  TermForm::products, TermForm::evaluated, TermForm::evaluated));
    // constant.a, .b, columns.a, .t, bent.a, .t, shared.a, other.w
    EXPECT_THAT(plan.convolved.linear, ElementsAre(0, 0, 1, 0, 0, 0, 0, 0));
    EXPECT_THAT(plan.convolved.moved, ElementsAre(2, 3, 4, 5, 6, 7));  // the constant's columns are kept
}

TEST(LowerConvolution, ProductsAreTakenApart)
{
    using program::TermForm;
    Model m;
    m.append(line("edge", "a * (x + b*x**2 + c*x**3) + a*c + 7"));
    m.append(line("fixed", "a * b * x"))["b"].set_value(3.0);
    m["fixed"]["b"].set_free(false);
    m["fixed"]["b"].set_map({2.0});                // a value of each pixel
    m.append(line("bent", "a * (x + b**2 * x)"));  // a square
    m.append(line("step", "a * b * (x > c)"));     // slope 0 by c almost everywhere, and yet it moves
    m.append(line("kink", "a * b * x + 0 * x + abs(b) * x"));
    m.append(line("many", "(1 + a)*(1 + b)*(1 + c)*(1 + d)*(1 + e)*x"));  // 32 columns of 5 parameters
    m.append(line("outside", "a * b * x")).set_convolved(false);
    FitPlan const plan = lower(m, with_low_loss(), {}, {});
    EXPECT_THAT(plan.convolved.forms,
                ElementsAre(TermForm::products, TermForm::products, TermForm::columns, TermForm::columns,
                            TermForm::evaluated, TermForm::evaluated, TermForm::evaluated));
    // x, x**2, x**3 and 1, times a and one of b, c; 7; and x times both parameters
    std::vector<std::vector<int>> factors;
    std::map<std::vector<int>, double> at_second;
    for (program::Product const& product : plan.convolved.products) {
        std::vector<int> slots(plan.convolved.factors.begin() + product.first_factor,
                               plan.convolved.factors.begin() + product.first_factor + product.num_factors);
        at_second[slots] = plan.convolved.product_columns[factors.size() * plan.convolved.x.size() + 1];
        factors.push_back(slots);
    }
    double const x = plan.convolved.x[1];
    std::map<std::vector<int>, double> const expected{
        {{0}, x}, {{0, 1}, x * x}, {{0, 2}, x * x * x + 1.0}, {{}, 7.0}, {{3, 4}, x}};
    EXPECT_EQ(at_second.size(), expected.size());
    for (auto const& [slots, value] : expected) EXPECT_DOUBLE_EQ(at_second[slots], value);
}

}  // namespace
}  // namespace warpfit
