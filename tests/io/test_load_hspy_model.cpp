#include "src/io/hdf5.hpp"
#include "warpfit/error.hpp"
#include "warpfit/io.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ostream>

namespace warpfit::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string data(std::string const& name)
{
    return std::string(WARPFIT_TEST_DIR) + "/io/data/" + name;
}

/// The model at the values that HyperSpy had stored for a pixel.
Model at(StoredModel const& stored, std::size_t pixel)
{
    Model model = stored.model.model;
    for (Component& component : model.components()) {
        if (!component.active_map().empty()) component.set_active(component.active_map()[pixel] != 0);
        component.set_active_map({});
        for (Parameter& parameter : component.parameters()) {
            std::vector<double> const map = parameter.map();
            parameter.set_map({});
            parameter.set_bounds({});
            if (!map.empty() && std::isfinite(map[pixel])) parameter.set_value(map[pixel]);
        }
    }
    return model;
}

double chisq_of(StoredModel const& stored, std::size_t pixel)
{
    Signal const& signal = stored.signal;
    std::vector<double> const model = at(stored, pixel).evaluate(signal, pixel);
    std::vector<double> const values = signal.pixel(pixel), variance = signal.pixel_variance(pixel);
    std::vector<unsigned char> const& mask = stored.model.data.channel_mask;
    double sum = 0.0;
    for (std::size_t i = 0; i < model.size(); ++i) {
        if (!mask.empty() && mask[i] == 0) continue;
        double const width = signal.is_binned() ? signal.signal_axes().front().width(i) : 1.0;
        double const residual = values[i] - width * model[i];
        sum += residual * residual / (variance.empty() ? 1.0 : variance[i]);
    }
    return sum;
}

struct File
{
    std::string path, model;
    friend void PrintTo(File const& file, std::ostream* out) { *out << file.model; }
};

class HyperspyModel : public ::testing::TestWithParam<File>
{};

/// HyperSpy 1.7.3's own chi2 of every pixel, which it stores beside the model.
TEST_P(HyperspyModel, HasTheChi2ThatHyperSpyFound)
{
    StoredModel const stored = load_hyperspy_model(GetParam().path);
    std::vector<double> const expected = hdf5::open_file(GetParam().path)
                                             .group("Analysis")
                                             .group("models")
                                             .group(GetParam().model)
                                             .group("_dict")
                                             .dataset("chisq.data")
                                             .read_doubles(stored.signal.num_pixels());
    ASSERT_EQ(expected.size(), stored.signal.num_pixels());
    for (std::size_t pixel = 0; pixel < expected.size(); ++pixel) {
        if (!std::isfinite(expected[pixel])) continue;
        EXPECT_NEAR(chisq_of(stored, pixel), expected[pixel], 1e-7 * expected[pixel]) << pixel;
    }
}

std::vector<File> files()
{
    return {{data("model_polynomial_legacy_vector.hspy"), "poly"},
            {data("polynomial_hetero.hspy"), "poly"},
            {data("model_twins_expr.hspy"), "twins"},
            {data("model_active_multidim.hspy"), "act"},
            {data("model_expression_subs.hspy"), "expr"},
            {data("gaussian2d_stack.hspy"), "blob"},
            {data("nav3d_lorentzian.hspy"), "nav3"},
            {data("model_pattern_as_it_is.hspy"), "pattern"},
            {data("navigation_1d.hspy"), "m"},
            {data("poisson_ml.hspy"), "ml"},
            {std::string(WARPFIT_TEST_DIR) + "/oracles/hyperspy/eels_edges_lowloss.hspy", "edges"}};
}

INSTANTIATE_TEST_SUITE_P(Files, HyperspyModel, ::testing::ValuesIn(files()), [](auto const& file) {
    std::string name = file.param.path.substr(file.param.path.rfind('/') + 1);
    name.resize(name.find('.'));
    return name;
});

// HyperSpy's vector has the highest power first.
TEST(HyperspyModelReader, TurnsAVectorOfCoefficientsIntoParameters)
{
    StoredModel const stored = load_hyperspy_model(data("model_polynomial_legacy_vector.hspy"), "poly");
    Component const& polynomial = stored.model.model["Polynomial"];
    std::vector<std::string> names;
    for (Parameter const& p : polynomial.parameters()) names.push_back(p.name());
    EXPECT_THAT(names, ElementsAre("a0", "a1", "a2"));
    EXPECT_EQ(polynomial["a0"].map().size(), 9U);
    // The optimum of tests/oracles/hyperspy/polynomial_legacy_vector.json, to HyperSpy's tolerance.
    EXPECT_NEAR(polynomial["a0"].map()[0], 130.21751635807706, 1e-4);
    EXPECT_NEAR(polynomial["a1"].map()[0], 3.478588856052206, 1e-5);
    EXPECT_NEAR(polynomial["a2"].map()[0], -0.3175437772571379, 1e-6);
    FitResult const again = multifit(stored.model.model, stored.signal);
    EXPECT_NEAR(again.parameter("Polynomial.a2").values[0], -0.3175437772571379, 1e-8);
}

TEST(HyperspyModelReader, KeepsTwinsBoundsAndSwitches)
{
    Model const twins = load_hyperspy_model(data("model_twins_expr.hspy")).model.model;
    ASSERT_EQ(twins.twins().size(), 5U);
    EXPECT_TRUE(twins.is_twin("far.sigma"));
    EXPECT_EQ(twins.value("far.sigma"), 1.5 * twins.value("main.sigma") + 0.5);
    EXPECT_EQ(twins["main"]["A"].bmin(), 0.0);
    Model const active = load_hyperspy_model(data("model_active_multidim.hspy")).model.model;
    EXPECT_EQ(active["sometimes"].active_map().size(), 20U);
    EXPECT_TRUE(active["always"].active_map().empty());
    Model const formula = load_hyperspy_model(data("model_expression_subs.hspy")).model.model;
    EXPECT_EQ(formula["Tilted peak"].options().position, std::vector<std::string>{"x0"});
}

TEST(HyperspyModelReader, TakesAPatternAsItIs)
{
    Model const model = load_hyperspy_model(data("model_pattern_as_it_is.hspy")).model.model;
    Component const& pattern = model["ScalableFixedPattern"];
    EXPECT_FALSE(pattern.options().interpolate);
    EXPECT_TRUE(pattern["yscale"].is_free());
    EXPECT_FALSE(pattern["shift"].is_free() || pattern["xscale"].is_free());
}

TEST(HyperspyModelReader, SaysWhatItLacks)
{
    auto const error = [](std::string const& path, std::string const& name) -> std::string {
        try {
            load_hyperspy_model(path, name);
        } catch (InputError const& e) {
            return e.what();
        }
        return "no error";
    };
    EXPECT_THAT(error(data("model_twins_expr.hspy"), "twin"), HasSubstr("did you mean 'twins'?"));
    EXPECT_THAT(error(data("eels_lsmo_core.hspy"), ""), HasSubstr("holds no model"));
}

}  // namespace
}  // namespace warpfit::io
