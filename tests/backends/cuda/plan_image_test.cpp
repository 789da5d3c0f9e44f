#include "src/backends/cuda/plan_image.hpp"
#include "tests/backends/cuda/models.hpp"
#include "tests/support/team_fit.hpp"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

/// An image put where it was made for, as a device would hold it.
class Placed
{
  public:
    explicit Placed(program::Plan const& plan)
        : memory_(cuda::make_plan_image(plan, 0).bytes.size() / sizeof(double) + 2)
    {
        auto const at = (reinterpret_cast<std::uintptr_t>(memory_.data()) + 15) / 16 * 16;
        image = cuda::make_plan_image(plan, at);
        std::memcpy(reinterpret_cast<void*>(at), image.bytes.data(), image.bytes.size());
        begin_ = at;
        end_ = at + image.bytes.size();
    }

    bool holds(void const* p) const
    {
        auto const at = reinterpret_cast<std::uintptr_t>(p);
        return p == nullptr || (begin_ <= at && at < end_);
    }

    cuda::PlanImage image;

  private:
    std::vector<double> memory_;
    std::uintptr_t begin_ = 0, end_ = 0;
};

template<class Real>
void expect_same_channels(program::ChannelData<Real> const& is, program::ChannelData<Real> const& wanted, int tables)
{
    EXPECT_EQ(is.num_channels, wanted.num_channels);
    EXPECT_EQ(is.x_origin, wanted.x_origin);
    EXPECT_EQ(is.y_origin, wanted.y_origin);
    for (int i = 0; i < wanted.num_channels; ++i) {
        ASSERT_EQ(is.x[i], wanted.x[i]);
        ASSERT_EQ(is.x_absolute[i], wanted.x_absolute[i]);
        if (wanted.y) {
            ASSERT_EQ(is.y[i], wanted.y[i]);
        }
    }
    for (int i = 0; i < tables * wanted.num_channels; ++i) ASSERT_EQ(is.tables[i], wanted.tables[i]);
}

void expect_same_convolution(Placed const& placed, program::Plan const& plan)
{
    program::Convolution const& is = *placed.image.plan.convolution;
    program::Convolution const& wanted = *plan.convolution;
    EXPECT_TRUE(placed.holds(&is));
    EXPECT_TRUE(placed.holds(is.moved));
    EXPECT_TRUE(placed.holds(placed.image.narrow.extended));
    EXPECT_EQ(is.num_x, wanted.num_x);
    EXPECT_EQ(is.num_low_loss, wanted.num_low_loss);
    EXPECT_TRUE(std::equal(is.value_of, is.value_of + plan.num_channels, wanted.value_of));
    EXPECT_TRUE(std::equal(is.moved, is.moved + is.num_moved, wanted.moved, wanted.moved + wanted.num_moved));
    ChannelCopy<double> const wide(plan);
    expect_same_channels(*placed.image.wide.extended, *wide.data.extended, wanted.num_tables);
    ChannelCopy<float> const narrow(plan);
    expect_same_channels(*placed.image.narrow.extended, *narrow.data.extended, wanted.num_tables);
}

TEST(PlanImage, IsThePlanAtAnotherPlace)
{
    for (NamedModel& model : composite_models()) {
        SCOPED_TRACE(model.name);
        program::Plan const plan = model.builder.view();
        Placed placed(plan);
        program::Plan const& copy = placed.image.plan;
        for (void const* p : {static_cast<void const*>(copy.runs), static_cast<void const*>(copy.x),
                              static_cast<void const*>(copy.terms), static_cast<void const*>(copy.slots),
                              static_cast<void const*>(copy.twins), static_cast<void const*>(copy.codes),
                              static_cast<void const*>(copy.bmin), static_cast<void const*>(copy.bmax),
                              static_cast<void const*>(copy.linear), static_cast<void const*>(copy.tables),
                              static_cast<void const*>(placed.image.wide.x), static_cast<void const*>(copy.width)})
            EXPECT_TRUE(placed.holds(p));
        for (int c = 0; c < copy.num_codes; ++c) {
            EXPECT_TRUE(placed.holds(copy.codes[c].constants));
            EXPECT_TRUE(placed.holds(copy.codes[c].local_code));
            EXPECT_TRUE(placed.holds(copy.codes[c].gradient));
        }
        if (plan.convolution) expect_same_convolution(placed, plan);
        expect_same_channels(placed.image.wide, ChannelCopy<double>(plan).data, plan.num_tables);
        expect_same_channels(placed.image.narrow, ChannelCopy<float>(plan).data, plan.num_tables);
        std::vector<double> const values(static_cast<std::size_t>(plan.num_pixel_values), 1.25);
        program::PixelInputs const inputs{values.data(), ~0ull};
        program::Plan here = plan, there = copy;
        here.convolution = there.convolution = nullptr;  // what is not convolved
        EXPECT_EQ(TeamFit(there).model(model.builder.start, inputs), TeamFit(here).model(model.builder.start, inputs));
    }
}

}  // namespace
}  // namespace warpfit::testing
