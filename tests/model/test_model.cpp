#include "tests/model/expect_error.hpp"
#include "warpfit/model.hpp"

namespace warpfit {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using warpfit::testing::error_of;

std::vector<std::string> names(Model const& model)
{
    std::vector<std::string> all;
    for (Component const& c : model.components()) all.push_back(c.name());
    return all;
}

// HyperSpy 1.7.3: three Gaussians, Gaussian_0 removed, one appended: the free number is used again.
TEST(Model, DefaultNamesAreNumberedAsInHyperSpy)
{
    Model m;
    for (int i = 0; i < 3; ++i) m.append("Gaussian");
    EXPECT_THAT(names(m), ElementsAre("Gaussian", "Gaussian_0", "Gaussian_1"));
    m.remove("Gaussian_0");
    m.append("Gaussian");
    EXPECT_THAT(names(m), ElementsAre("Gaussian", "Gaussian_1", "Gaussian_0"));
}

TEST(Model, AGivenNameIsTakenOnce)
{
    Model m;
    m.append("Gaussian", "peak");
    EXPECT_THAT(error_of([&] { m.append("Lorentzian", "peak"); }), HasSubstr("'peak' is given twice"));
    m.append("Lorentzian", "Gaussian");
    m.append("Gaussian");
    EXPECT_THAT(names(m), ElementsAre("peak", "Gaussian", "Gaussian_0"));
    EXPECT_THROW(m.append("Gaussian", "Gaussian_0"), InvalidArgument);
    EXPECT_EQ(m.size(), 3U);
}

TEST(Model, DimensionsDoNotMix)
{
    Model m;
    m.append("Gaussian2D");
    EXPECT_EQ(m.dimension(), 2);
    EXPECT_THAT(error_of([&] { m.append("Gaussian"); }), HasSubstr("has 1 axes (the model's components have 2)"));
}

TEST(Model, PathsAreSplitAtTheLastDot)
{
    Model m;
    m.append("Gaussian", "Ti.L3");
    m.parameter("Ti.L3.centre").set_value(456.0);
    EXPECT_EQ(m["Ti.L3"]["centre"].value(), 456.0);
    EXPECT_THAT(error_of([&] { m.parameter("Ti.L2.centre"); }),
                AllOf(HasSubstr("unknown component 'Ti.L2'"), HasSubstr("did you mean 'Ti.L3'?")));
    EXPECT_THAT(error_of([&] { m.parameter("Ti.L3.center"); }), HasSubstr("did you mean 'centre'?"));
    EXPECT_THAT(error_of([&] { m.parameter("centre"); }), HasSubstr("write component.parameter"));
    EXPECT_THROW(m.parameter("Ti.L3."), InvalidArgument);
}

class Twins : public ::testing::Test
{
  protected:
    Twins()
    {
        for (char const* name : {"N", "H", "C"}) m.append("Gaussian", name);
        m.parameter("N.A").set_value(3.0);
    }
    Model m;
};

TEST_F(Twins, ChainsAreFollowed)
{
    m.set_twin({"C.A", "H.A", "2*v + 1", ""});
    m.set_twin({"H.A", "N.A", "x**2", "sqrt(abs(x))"});
    EXPECT_TRUE(m.is_twin("H.A"));
    EXPECT_FALSE(m.is_twin("N.A"));
    EXPECT_EQ(m.value("H.A"), 9.0);
    EXPECT_EQ(m.value("C.A"), 19.0);
}

TEST_F(Twins, SettingATwinSetsItsParent)
{
    m.set_twin({"H.A", "N.A", "x**2", "sqrt(abs(x))"});
    m.set_value("H.A", 16.0);
    EXPECT_DOUBLE_EQ(m.parameter("N.A").value(), 4.0);
    m.set_twin({"C.A", "H.A", "2*v + 1", ""});  // linear: inverted without being told
    m.set_value("C.A", 19.0);
    EXPECT_DOUBLE_EQ(m.value("N.A"), 3.0);
    m.set_twin({"C.sigma", "H.sigma", "", ""});
    m.set_value("C.sigma", 0.5);
    EXPECT_EQ(m.value("H.sigma"), 0.5);
}

TEST_F(Twins, WithoutAnInverseCannotBeSet)
{
    m.set_twin({"H.A", "N.A", "x**2", ""});
    EXPECT_THAT(error_of([&] { m.set_value("H.A", 16.0); }), HasSubstr("has no inverse"));
    EXPECT_EQ(m.value("N.A"), 3.0);
}

TEST_F(Twins, CyclesAreRefused)
{
    m.set_twin({"H.A", "N.A", "", ""});
    m.set_twin({"C.A", "H.A", "", ""});
    EXPECT_THAT(error_of([&] {
                    m.set_twin({"N.A", "C.A", "", ""});
                }),
                HasSubstr("cycle ('N.A' -> 'C.A' -> 'H.A' -> 'N.A')"));
    EXPECT_THROW(m.set_twin({"N.A", "N.A", "", ""}), InvalidArgument);
    EXPECT_EQ(m.twins().size(), 2U);
}

TEST_F(Twins, BadOnesAreRefused)
{
    m.set_twin({"H.A", "N.A", "", ""});
    EXPECT_THAT(error_of([&] { m.set_twin({"H.A", "C.A", "", ""}); }), HasSubstr("is a twin already (of 'N.A')"));
    EXPECT_THAT(error_of([&] { m.set_twin({"C.A", "N.A", "a*x", ""}); }), HasSubstr("2 free symbols (a, x)"));
    EXPECT_THAT(error_of([&] { m.set_twin({"C.A", "N.A", "3", ""}); }), HasSubstr("0 free symbols"));
    EXPECT_THAT(error_of([&] { m.set_twin({"C.A", "N.A", "x", "x*y"}); }), HasSubstr("2 free symbols"));
    EXPECT_THAT(error_of([&] { m.set_twin({"C.B", "N.A", "", ""}); }), HasSubstr("unknown parameter 'B'"));
    EXPECT_EQ(m.twins().size(), 1U);
}

TEST_F(Twins, ARemovedTwinKeepsItsLastValue)
{
    m.set_twin({"H.A", "N.A", "x**2", ""});
    m.remove_twin("H.A");
    EXPECT_EQ(m.value("H.A"), 9.0);
    EXPECT_THROW(m.remove_twin("H.A"), InvalidArgument);
    m.set_twin({"H.A", "N.A", "2*x", ""});
    m.remove("N");
    EXPECT_EQ(m.value("H.A"), 6.0);
    EXPECT_TRUE(m.twins().empty());
    EXPECT_EQ(m.size(), 2U);
}

TEST(ModelLinearity, IsProvedJointlyInTheFreeParameters)
{
    Model m;
    m.append("Gaussian", "g");
    m.append("PowerLaw", "p");
    EXPECT_FALSE(m.is_linear());
    m.parameter("g.sigma").set_free(false);
    m.parameter("g.centre").set_free(false);
    EXPECT_FALSE(m.is_linear());
    m.parameter("p.r").set_free(false);
    EXPECT_TRUE(m.is_linear());

    // a*b*x: linear in each alone, where HyperSpy takes it for linear.
    m.append(Component::expression("a*b*x", "product"));
    EXPECT_FALSE(m.is_linear());
    m.parameter("product.b").set_free(false);
    EXPECT_TRUE(m.is_linear());
    m["product"].set_active(false);
    m.parameter("product.b").set_free(true);
    EXPECT_TRUE(m.is_linear());
}

TEST(ModelLinearity, GoesThroughTwins)
{
    Model m;
    for (char const* name : {"a", "b"}) {
        m.append("Gaussian", name);
        m[name]["sigma"].set_free(false);
        m[name]["centre"].set_free(false);
    }
    m.set_twin({"b.A", "a.A", "2*x", ""});
    EXPECT_TRUE(m.is_linear());
    m.remove_twin("b.A");
    m.set_twin({"b.A", "a.A", "x**2", ""});
    EXPECT_FALSE(m.is_linear());
    m.parameter("a.A").set_free(false);
    EXPECT_TRUE(m.is_linear());  // nothing free at all
    m.remove_twin("b.A");
    m.parameter("a.A").set_free(true);
    m.set_twin({"b.sigma", "a.A", "", ""});
    EXPECT_FALSE(m.is_linear());
}

}  // namespace
}  // namespace warpfit
