#include "warpfit/device_fit.hpp"

#include "tests/fit/maps.hpp"
#include "warpfit/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Maps in the memory of the fake plugin's device, which is the host's.
struct Maps
{
    explicit Maps(std::size_t count, std::size_t num_free)
        : values(count * num_free)
        , standard_errors(count * num_free)
        , chisq(count)
        , dof(count)
        , iterations(count)
        , status(count)
    {}
    DeviceMaps pointers()
    {
        return {values.data(), standard_errors.data(), chisq.data(), dof.data(), iterations.data(), status.data()};
    }

    std::vector<double> values, standard_errors, chisq;
    std::vector<int> dof, iterations;
    std::vector<FitStatus> status;
};

FitOptions options()
{
    FitOptions o;
    o.plugin = WARPFIT_FAKE_PLUGIN;
    o.device = "cuda";
    o.start = Start::model;
    return o;
}

void expect_maps(Maps const& maps, FitResult const& result)
{
    std::size_t column = 0;
    std::size_t const P = maps.values.size() / maps.chisq.size();
    for (ParameterMap const& map : result.parameters) {
        if (!map.free) continue;
        for (std::size_t i = 0; i < result.num_pixels(); ++i) {
            ASSERT_EQ(maps.values[i * P + column], map.values[i]) << map.component << '.' << map.parameter;
            ASSERT_EQ(maps.standard_errors[i * P + column], map.standard_errors[i]);
        }
        ++column;
    }
    ASSERT_EQ(column, P);
    EXPECT_EQ(maps.chisq, result.chisq);
    EXPECT_EQ(maps.dof, result.dof);
    EXPECT_EQ(maps.iterations, result.iterations);
    EXPECT_EQ(maps.status, result.status);
}

template<class Wanted, class F>
std::string error_of(F const& f)
{
    try {
        f();
    } catch (Wanted const& error) {
        return error.what();
    }
    ADD_FAILURE() << "no error";
    return "";
}

TEST(DeviceFit, FitsAsMultifitDoes)
{
    PeakMap const map(12);
    Model const model = PeakMap::model();
    DeviceFit fit(model, {map.axis}, options());
    EXPECT_THAT(fit.parameters(), ElementsAre("Offset.offset", "peak.A", "peak.sigma", "peak.centre"));
    EXPECT_EQ(fit.num_channels(), map.num_channels);

    Maps maps(map.num_pixels, fit.num_free());
    fit.run(map.num_pixels, {map.data.data(), DataType::f64}, maps.pointers());
    DataOptions unweighted;
    unweighted.variance = "none";
    expect_maps(maps, multifit(model, map.signal(), options(), unweighted));
}

TEST(DeviceFit, TakesAVarianceForEachPixelOrOneForAll)
{
    PeakMap const map(6);
    Model const model = PeakMap::model();
    DeviceFit fit(model, {map.axis}, options());
    std::vector<double> variance(map.data.size());
    for (std::size_t i = 0; i < variance.size(); ++i) variance[i] = 1.0 + static_cast<double>(i % map.num_channels);

    Maps each(map.num_pixels, fit.num_free());
    fit.run(map.num_pixels, {map.data.data(), DataType::f64}, each.pointers(), {variance.data(), DataType::f64});
    expect_maps(each, multifit(model, map.signal(variance), options()));
    Maps common(map.num_pixels, fit.num_free());
    fit.run(map.num_pixels, {map.data.data(), DataType::f64}, common.pointers(), {variance.data(), DataType::f64, 0});
    EXPECT_EQ(common.values, each.values);
}

TEST(DeviceFit, TakesStartsAndGapsBetweenPixels)
{
    PeakMap const map(5);
    Model const model = PeakMap::model();
    DeviceFit fit(model, {map.axis}, options());
    std::size_t const P = fit.num_free();
    Maps first(map.num_pixels, P);
    fit.run(map.num_pixels, {map.data.data(), DataType::f64}, first.pointers());

    // Every second pixel, from where they ended: nothing is left to do.
    Maps again(3, P);
    std::vector<double> start;
    for (std::size_t i : {0, 2, 4})
        for (std::size_t k = 0; k < P; ++k) start.push_back(first.values[i * P + k]);
    fit.run(3, {map.data.data(), DataType::f64, 2 * map.num_channels * sizeof(double)}, again.pointers(), {},
            start.data());
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_LE(again.iterations[i], 1);
        EXPECT_NEAR(again.chisq[i], first.chisq[2 * i], 1e-9 * first.chisq[2 * i]);
    }
}

TEST(DeviceFit, SaysWhatIsMissing)
{
    PeakMap const map(2);
    Model model = PeakMap::model();
    DeviceFit fit(model, {map.axis}, options());
    Maps maps(2, fit.num_free());
    DevicePixels const data{map.data.data(), DataType::f64};
    EXPECT_THAT(error_of<InvalidArgument>([&] { fit.run(2, {}, maps.pointers()); }), HasSubstr("the signal is null"));
    DeviceMaps some = maps.pointers();
    some.dof = nullptr;
    EXPECT_THAT(error_of<InvalidArgument>([&] { fit.run(2, data, some); }), HasSubstr("maps.dof is null"));
    EXPECT_THAT(error_of<InvalidArgument>([&] {
                    fit.run(2, {data.data, DataType::f64, 12}, maps.pointers());
                }),
                HasSubstr("pixel_stride of the signal is 12 bytes (a multiple of 8"));
    int other = 0;
    EXPECT_THAT(error_of<DeviceError>([&] { fit.run(2, data, maps.pointers(), {}, nullptr, &other); }),
                HasSubstr("stream"));
    EXPECT_THAT(error_of<DeviceError>([&] { DeviceFit(model, {map.axis}, options(), {}, 1); }),
                HasSubstr("there is no GPU 1 (found: 1"));
    FitOptions nowhere = options();
    nowhere.plugin = "/nowhere/plugin.so";
    EXPECT_THAT(error_of<DeviceError>([&] { DeviceFit(model, {map.axis}, nowhere); }), HasSubstr("/nowhere/plugin.so"));

    model.parameter("peak.sigma").set_map({4.0, 4.1});
    EXPECT_THAT(error_of<InvalidArgument>([&] { DeviceFit(model, {map.axis}, options()); }),
                HasSubstr("'peak.sigma' has a map"));
}

}  // namespace
}  // namespace warpfit::testing
