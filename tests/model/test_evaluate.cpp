#include "tests/model/expect_error.hpp"
#include "warpfit/model.hpp"

#include <cmath>
#include <map>

// Values of whole models come from HyperSpy 1.7.3 (single components) and from mpmath with 30 digits (twins, rotation).
namespace warpfit {
namespace {

using ::testing::HasSubstr;
using warpfit::testing::error_of;

void expect_near(std::vector<double> const& found, std::vector<double> const& expected, double relative = 1e-12)
{
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i)
        EXPECT_NEAR(found[i], expected[i], relative * std::abs(expected[i])) << "at point " << i;
}

void set(Model& model, std::string const& component, std::map<std::string, double> const& values)
{
    for (auto const& [name, value] : values) model[component][name].set_value(value);
}

TEST(Evaluate, GaussianAsHyperSpy)
{
    Model m;
    m.append("Gaussian");
    set(m, "Gaussian", {{"A", 208.14371372136802}, {"centre", 3.1280753206802947}, {"sigma", 2.0279408758279116}});
    std::vector<double> const x{-8.412698412698413, -3.650793650793651, 0.4761904761904763, 2.6984126984126977};
    expect_near(m.evaluate(x), {3.798881459045686e-06, 0.15340567771811922, 17.413819621561704, 40.037822428686084});
    expect_near(m.gradient("Gaussian.A", x),
                {1.8251242812603344e-08, 0.0007370180678311335, 0.08366248161053158, 0.19235662568355436});
    expect_near(m.gradient("Gaussian.centre", x),
                {-1.0660561752254442e-05, -0.2528646354195406, -11.228923542185278, -4.182995964380804});
    expect_near(m.gradient("Gaussian.sigma", x),
                {5.8794736580156725e-05, 0.769613439875711, 6.096821010546876, -18.85683447160838});
}

// The same numbers, without a model.
TEST(Evaluate, AComponentByItself)
{
    Component gaussian("Gaussian");
    gaussian["A"].set_value(208.14371372136802);
    gaussian["centre"].set_value(3.1280753206802947);
    gaussian["sigma"].set_value(2.0279408758279116);
    gaussian.set_active(false);
    std::vector<double> const x{-8.412698412698413, -3.650793650793651, 0.4761904761904763, 2.6984126984126977};
    expect_near(gaussian.evaluate(x),
                {3.798881459045686e-06, 0.15340567771811922, 17.413819621561704, 40.037822428686084});
    expect_near(gaussian.gradient("A", x),
                {1.8251242812603344e-08, 0.0007370180678311335, 0.08366248161053158, 0.19235662568355436});

    Component plane("Plane");
    plane["slope_x"].set_value(2.0);
    plane["slope_y"].set_value(10.0);
    EXPECT_EQ(plane.evaluate_grid(std::vector{0.0, 1.0, 2.0}, std::vector{0.0, 1.0}),
              (std::vector{0.0, 2.0, 4.0, 10.0, 12.0, 14.0}));
    EXPECT_THAT(error_of([&] { plane.evaluate(x); }), HasSubstr("y has 0 values"));
}

TEST(Evaluate, PowerLawAsHyperSpy)
{
    Model m;
    m.append("PowerLaw");
    set(m, "PowerLaw",
        {{"A", 174927042.51154378},
         {"left_cutoff", 83.28317670364218},
         {"origin", 13.957974499050273},
         {"r", 2.8019552686259637}});
    std::vector<double> const x{110.77335158277609, 288.890515966488, 450.0137478312197};
    expect_near(m.evaluate(x), {476.7928600439771, 25.600850912896668, 7.030370702168241});
    expect_near(m.gradient("PowerLaw.r", x), {-2180.281172894639, -143.78783872799664, -42.72897723682615});
    expect_near(m.gradient("PowerLaw.origin", x), {13.798967751663389, 0.2609092350939273, 0.04517491897608288});
    expect_near(m.evaluate(std::vector<double>{83.0}), {0.0});
}

TEST(Evaluate, PolynomialAsHyperSpy)
{
    ComponentOptions options;
    options.order = 11;
    Model m;
    m.append(Component("Polynomial", "", options));
    std::vector<double> const a{-1.5717536407268158, -0.49726289438300864, -0.721321482721252,  2.883624401504517,
                                0.39127312855729546, 0.132221313036486,    1.950807027983526,   2.7469167552739213,
                                2.210253035979221,   -2.720287180215904,   -2.8946319923318677, -2.041178114231357};
    for (std::size_t j = 0; j < a.size(); ++j) m["Polynomial"].parameters()[j].set_value(a[j]);
    expect_near(m.evaluate(std::vector<double>{-1.7857142857142858}), {864.5431049445206});
    expect_near(m.gradient("Polynomial.a03", std::vector<double>{-2.0}), {-8.0});
}

TEST(Evaluate, ExpressionWithSubstitutionAsHyperSpy)
{
    Model m;
    m.append(Component::expression("h*exp(-t**2/2); t = (x - x0)/w", "e",
                                   {{"h", 0.5556003589226799}, {"w", 1.59377999945259}, {"x0", 2.0003417380566004}}));
    m.append(Component::expression("where(x > x0, a*(x - x0)**2, 0)", "step",
                                   {{"a", 0.716377430122908}, {"x0", 0.5581051590900082}}));
    std::vector<double> const x{-3.2727142857142857, -1.1298571428571433, 0.7272857142857144};
    std::vector<double> const peak{0.0023323834683707644, 0.08075200724587533, 0.40384709258579415};
    std::vector<double> const step{0.0, 0.0, 0.020504197971250835};
    expect_near(m.evaluate_component("e", x), peak);
    expect_near(m.evaluate_component("step", x), step);
    expect_near(m.evaluate(x), {peak[0], peak[1], peak[2] + step[2]});
    m["step"].set_active(false);
    expect_near(m.evaluate(x), peak);
    expect_near(m.evaluate_component("step", x), step);
    expect_near(m.gradient("step.a", x), {0.0, 0.0, 0.0});
}

TEST(Evaluate, RenamedExpressionUsesThePublicNames)
{
    ComponentOptions options;
    options.expression = "a*x + b";
    options.rename_parameters = {{"a", "b"}, {"b", "a"}};
    Model m;
    m.append(Component("Expression", "e", options));
    set(m, "e", {{"b", 10.0}, {"a", 1.0}});
    expect_near(m.evaluate(std::vector<double>{2.0}), {21.0});
    expect_near(m.gradient("e.b", std::vector<double>{2.0}), {2.0});
}

TEST(Evaluate, Gaussian2DAsHyperSpy)
{
    Model m;
    m.append("Gaussian2D");
    set(m, "Gaussian2D",
        {{"A", 384.92211889840274},
         {"centre_x", -1.518476446678236},
         {"centre_y", 0.9264381224654681},
         {"sigma_x", 1.7968404030400604},
         {"sigma_y", 1.3452986276700678}});
    std::vector<double> const x{1.0, -2.0, 2.0};
    std::vector<double> const y{-3.0, -0.7142857142857144, 0.4285714285714284};
    expect_near(m.evaluate(x, y), {0.134127685686426, 11.622009203816031, 3.4794366843348876});
    expect_near(m.gradient("Gaussian2D.centre_y", x, y),
                {-0.2909911564281108, -10.536085938762863, -0.9571601600075126});
    EXPECT_THAT(error_of([&] { m.evaluate(x); }), HasSubstr("y has 0 values (x has 3)"));
}

// mpmath: 5/(2 pi 2 0.7) exp(-(X - 1)^2/8 - (Y + 0.5)^2/0.98) with (X, Y) turned by 0.4 about (1, -0.5).
TEST(Evaluate, ARotationIsARotation)
{
    ComponentOptions options;
    options.add_rotation = true;
    ComponentOptions own = options;
    own.expression = "A/(2*pi*sigma_x*sigma_y)*exp(-((x-centre_x)/sigma_x)**2/2 - ((y-centre_y)/sigma_y)**2/2)";
    own.position = {"centre_x", "centre_y"};
    std::vector<double> const x{0.0, 2.5, -1.0};
    std::vector<double> const y{0.0, -1.0, 1.5};
    for (Component const& component : {Component("Gaussian2D", "g", options), Component("Expression", "g", own)}) {
        Model m;
        m.append(component);
        set(m, "g",
            {{"A", 5.0},
             {"sigma_x", 2.0},
             {"sigma_y", 0.7},
             {"centre_x", 1.0},
             {"centre_y", -0.5},
             {"rotation_angle", 0.4}});
        expect_near(m.evaluate(x, y), {0.483990783573255387, 0.41020844546361944, 0.0759835777243314048});
        expect_near(m.gradient("g.rotation_angle", x, y),
                    {0.0687712184831452941, -0.143120777847985526, 0.379210861401244348});
        expect_near(m.gradient("g.centre_x", x, y),
                    {-0.0969956435562367971, 0.189185543593483521, 0.0183508259889556631});
        expect_near(m.gradient("g.sigma_y", x, y),
                    {-0.684279802629719604, -0.567742573766290894, 0.141904456725532077});
    }
}

// N.A = 3, H.A = N.A^2, C.A = 2 H.A + 1; mpmath's value, derivative by N.A and by H.A.
TEST(Evaluate, GradientsGoThroughChainsOfTwins)
{
    Model m;
    for (char const* name : {"N", "H", "C"}) m.append("Gaussian", name);
    set(m, "N", {{"A", 3.0}, {"sigma", 1.5}, {"centre", -1.0}});
    set(m, "H", {{"sigma", 2.0}, {"centre", 0.5}});
    set(m, "C", {{"sigma", 1.2}, {"centre", 2.0}});
    m.set_twin({"C.A", "H.A", "2*h + 1", ""});
    m.set_twin({"H.A", "N.A", "x**2", "sqrt(abs(x))"});
    std::vector<double> const x{-2.0, 0.25, 1.75, 4.0};
    expect_near(m.evaluate(x), {1.48523631273657884, 4.52615298537011022, 7.8063307979837438, 1.96638719026373817});
    expect_near(m.gradient("N.A", x),
                {0.77633538314487825, 2.75296566476976187, 4.93780312076074364, 1.25463153040454877});
    expect_near(m.gradient("H.A", x),
                {0.0938950076883294628, 0.427504069082704472, 0.814710390842458042, 0.208933890734503562});

    double const step = 1e-5;
    m.set_value("N.A", 3.0 + step);
    std::vector<double> const above = m.evaluate(x);
    m.set_value("N.A", 3.0 - step);
    std::vector<double> const below = m.evaluate(x);
    m.set_value("N.A", 3.0);
    std::vector<double> const gradient = m.gradient("N.A", x);
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(gradient[i], (above[i] - below[i]) / (2 * step), 1e-8);
}

TEST(Evaluate, UnknownNamesAreRefused)
{
    Model m;
    m.append("Gaussian");
    std::vector<double> const x{0.0};
    EXPECT_THAT(error_of([&] { m.gradient("Gaussian.sigm", x); }), HasSubstr("did you mean 'sigma'?"));
    EXPECT_THAT(error_of([&] { m.evaluate_component("Gausian", x); }), HasSubstr("did you mean 'Gaussian'?"));
    EXPECT_THAT(error_of([&] { m.evaluate(x, x); }), HasSubstr("give x alone"));
}

TEST(Evaluate, APixelHasTheComponentsThatAreOnThere)
{
    Model model;
    for (auto const& [name, value] : {std::pair("a", 3.0), std::pair("b", 5.0), std::pair("c", 7.0)})
        model.append("Offset", name)["offset"].set_value(value);
    model["b"].set_active_map({1, 0});
    model["c"].set_active(false);
    Signal const signal({Axis{.size = 2}}, {Axis{.size = 1}}, std::vector<double>(2));
    EXPECT_EQ(model.evaluate(signal, 0), std::vector{8.0});
    EXPECT_EQ(model.evaluate(signal, 1), std::vector{3.0});
    EXPECT_EQ(model.evaluate(std::vector{0.0}), std::vector{8.0});  // of no pixel
}

}  // namespace
}  // namespace warpfit
