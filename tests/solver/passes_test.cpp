#include "kernels/solver/passes.hpp"
#include "tests/support/thread_team.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

/// Small integers, so that every order of additions gives the same sums.
int derivative(int channel, int i)
{
    return (channel * 7 + i * i * 3) % 5 - 2;
}

template<class RealType, int NumFree>
struct FixedModel
{
    using Real = RealType;

    static constexpr int num_free() { return NumFree; }
    template<Team T>
    void prepare(T const&, double const*, program::PixelInputs const&)
    {}
    Real evaluate(int channel, Real* grad) const
    {
        for (int i = 0; i < NumFree; ++i) grad[i] = static_cast<Real>(derivative(channel, i));
        return value(channel);
    }
    Real value(int channel) const { return static_cast<Real>(channel % 3); }
};

/// The same, its number of parameters not known to the compiler.
template<class RealType, int NumFree>
struct RunTimeModel : FixedModel<RealType, NumFree>
{
    int num_free() const { return NumFree; }
};

static_assert(solver::FixedProgram<FixedModel<float, 3>>);
static_assert(!solver::FixedProgram<RunTimeModel<float, 3>>);

/// Columns 1 and 2 are zero from channel 60 on, and column 4 before channel 90.
template<class Real>
struct PeaksModel : FixedModel<Real, 5>
{
    static constexpr int window_of(int i) { return i == 1 || i == 2 ? 0 : i == 4 ? 1 : -1; }
    bool shows(int window, int channel) const { return window == 0 ? channel < 60 : channel >= 90; }
    Real evaluate(int channel, Real* grad) const
    {
        Real const f = FixedModel<Real, 5>::evaluate(channel, grad);
        for (int i = 0; i < 5; ++i)
            if (window_of(i) >= 0 && !shows(window_of(i), channel)) grad[i] = Real(0);
        return f;
    }
};

/// The same, but says so of none: all products are added.
template<class Real>
struct PlainPeaksModel : FixedModel<Real, 5>
{
    Real evaluate(int channel, Real* grad) const { return PeaksModel<Real>().evaluate(channel, grad); }
};

/// Its columns are no zeros where it says that they are.
template<class Real>
struct WrongPeaksModel : PeaksModel<Real>
{
    Real evaluate(int channel, Real* grad) const { return FixedModel<Real, 5>::evaluate(channel, grad); }
};

static_assert(solver::WindowedProgram<PeaksModel<float>>);
static_assert(!solver::WindowedProgram<PlainPeaksModel<float>>);

constexpr double unset = -1234.5;

template<class Model>
std::vector<double> sums_of(int num_channels, int members)
{
    using Real = typename Model::Real;
    int const num_free = Model().num_free();
    std::vector<Real> y, weight;
    for (int c = 0; c < num_channels; ++c) {
        y.push_back(static_cast<Real>(c % 7));
        weight.push_back(static_cast<Real>(1 + c % 2));
    }
    auto const size = [](int n) { return static_cast<std::size_t>(n); };
    std::vector<double> total(size(solver::sums_size(num_free)), unset);
    std::vector<double> part(size(solver::PassMemory::part_size(num_free)));
    std::vector<double> columns(size(solver::ColumnProducts<SerialTeam>::size(num_free + 1, members)), unset);
    solver::PassInput<Real> const in{nullptr, {nullptr, ~0ull}, num_channels, y.data(), weight.data()};
    auto const member = [&](auto const& team) {
        std::vector<double> mine(size(num_free + 1));
        solver::PassMemory const memory{part.data(), columns.data(), mine.data()};
        Model model;
        for (int pass = 0; pass < 2; ++pass) solver::products(team, model, in, memory, total.data());
        EXPECT_EQ(solver::chi2(team, model, in, memory), total.back());
    };
    if (members == 1)
        member(SerialTeam{});
    else
        run_team(members, solver::PassMemory::part_size(num_free), member);
    return total;
}

std::vector<double> expected_sums(int num_free, int num_channels)
{
    std::vector<double> total;
    for (int i = 0; i <= num_free; ++i)
        for (int j = 0; j <= i; ++j) {
            double sum = 0.0;
            for (int c = 0; c < num_channels; ++c) {
                int const w = 1 + c % 2;
                auto const column = [&](int k) { return k < num_free ? derivative(c, k) * w : c % 7 - c % 3 * w; };
                sum += column(i) * column(j);
            }
            total.push_back(sum);
        }
    return total;
}

template<class Real, int NumFree>
void expect_sums()
{
    // 70: more members than rows of the tile. 3: fewer than blocks. 150 channels: no multiple of any.
    for (int members : {1, 3, 32, 70})
        for (int channels : {1, 150}) {
            SCOPED_TRACE(::testing::Message() << NumFree << " free, " << members << " members, " << channels);
            std::vector<double> const expected = expected_sums(NumFree, channels);
            EXPECT_EQ((sums_of<FixedModel<Real, NumFree>>(channels, members)), expected);
            EXPECT_EQ((sums_of<RunTimeModel<Real, NumFree>>(channels, members)), expected);
        }
}

TEST(Passes, SumInRegistersAndAsColumnsAlike)
{
    expect_sums<double, 0>();
    expect_sums<double, 1>();
    expect_sums<float, 3>();
    expect_sums<double, 7>();
    expect_sums<float, solver::most_in_registers<float>>();
    expect_sums<double, solver::most_in_registers<double>>();
    expect_sums<double, solver::most_in_registers<double> + 1>();
    expect_sums<float, 19>();
    expect_sums<double, 33>();
}

TEST(Passes, LeaveOutProductsOutsideAWindow)
{
    for (int members : {1, 3, 32}) {
        EXPECT_EQ(sums_of<PeaksModel<float>>(150, members), sums_of<PlainPeaksModel<float>>(150, members));
        EXPECT_EQ(sums_of<PeaksModel<double>>(150, members), sums_of<PlainPeaksModel<double>>(150, members));
    }
    // The rows of columns 1, 2 and 4 are left out, those of the others are not.
    std::vector<double> const wrong = sums_of<WrongPeaksModel<double>>(150, 3);
    std::vector<double> const all = sums_of<FixedModel<double, 5>>(150, 3);
    std::vector<double> const zeros = sums_of<PeaksModel<double>>(150, 3);
    for (int i = 0; i <= 5; ++i) {
        auto const k = static_cast<std::size_t>(solver::packed(i, i));
        bool const has_window = i < 5 && PeaksModel<double>::window_of(i) >= 0;
        EXPECT_EQ(wrong[k], has_window ? zeros[k] : all[k]) << i;
        EXPECT_EQ(zeros[k] != all[k], has_window) << i;
    }
}

// One float sum over all channels would be off by 1e-4.
TEST(Passes, FloatSumsAreFoldedIntoDouble)
{
    constexpr int channels = 100000;
    std::vector<float> const y(channels, 1.0F), weight(channels, 1.1F);
    solver::PassInput<float> const in{nullptr, {nullptr, ~0ull}, channels, y.data(), weight.data()};
    FixedModel<float, 1> registers;
    RunTimeModel<float, 1> columns;
    std::vector<double> a(3), b(3), part(10), shared(2000), mine(2);
    solver::PassMemory const memory{part.data(), shared.data(), mine.data()};
    solver::products(SerialTeam{}, registers, in, memory, a.data());
    solver::products(SerialTeam{}, columns, in, memory, b.data());
    double exact = 0.0;
    for (int c = 0; c < channels; ++c) exact += std::pow(static_cast<double>(1.1F) * derivative(c, 0), 2);
    EXPECT_NEAR(a[0], exact, 2e-6 * exact);
    EXPECT_NEAR(b[0], exact, 2e-6 * exact);
}

}  // namespace
}  // namespace warpfit::testing
