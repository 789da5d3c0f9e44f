#include "src/physics/gos_table.hpp"

#include "warpfit/error.hpp"

#include <cmath>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numbers>
#include <utility>

namespace warpfit::physics {
namespace {

/// A table of gos(q [1/m]) that is the same at all energies; num_q points between 1e8 and 1e12 1/m.
GosTable table_of(std::size_t num_q, std::function<double(double)> const& gos)
{
    GosTable table{"test", 500.0, 1.0, {0.0, 10.0, 30.0, 60.0}};
    for (std::size_t j = 0; j < num_q; ++j)
        table.q.push_back(1e8 * std::pow(1e4, static_cast<double>(j) / static_cast<double>(num_q - 1)));
    for (std::size_t i = 0; i < table.energies.size(); ++i)
        for (double const q : table.q) table.values.push_back(gos(q));
    return table;
}

/// 4 pi a0^2 R^2 / (E T) in barn
double prefactor(double energy, Scattering const& scattering)
{
    return 4.0e28 * std::numbers::pi * std::pow(5.29177210903e-11 * 13.605693122994, 2) /
           (energy * scattering.incident_energy());
}

TEST(TabulatedGos, OfAConstantIsItsLogarithm)
{
    Scattering const scattering(200.0, 30.0);
    for (std::size_t const num_q : {2U, 3U, 8U, 9U, 40U, 41U}) {
        TabulatedGos const gos(table_of(num_q, [](double) { return 0.25; }));
        for (std::size_t i = 0; i < 4; ++i) {
            double const energy = 500.0 + gos.energies()[i];
            TransferRange const range = scattering.transfers(energy);
            double const expected = prefactor(energy, scattering) * 0.25 * std::log(range.high / range.low);
            EXPECT_NEAR(gos.cross_section(i, 500.0, scattering), expected, 1e-13 * expected) << num_q << " " << i;
        }
    }
}

TEST(TabulatedGos, ConvergesToTheIntegralOfASmoothGos)
{
    // int dt / (1 + b e^t)^3 = F(b e^t), F(u) = ln(u / (1 + u)) + 1 / (1 + u) + 1 / (2 (1 + u)^2)
    double const b = 0.4;
    auto const primitive = [&](double u) {
        return std::log(u / (1.0 + u)) + 1.0 / (1.0 + u) + 0.5 / ((1.0 + u) * (1.0 + u));
    };
    Scattering const scattering(200.0, 60.0);
    TransferRange const range = scattering.transfers(500.0);
    double const expected = prefactor(500.0, scattering) * (primitive(b * range.high) - primitive(b * range.low));
    auto const error = [&](std::size_t num_q) {
        TabulatedGos const gos(
            table_of(num_q, [&](double q) { return std::pow(1.0 + b * std::pow(5.29177210903e-11 * q, 2), -3.0); }));
        return std::abs(gos.cross_section(0, 500.0, scattering) / expected - 1.0);
    };
    EXPECT_LT(error(41), 2e-3);
    EXPECT_LT(error(401), 2e-6);
    EXPECT_LT(error(4001), 2e-9);
}

TEST(TabulatedGos, KeepsItsDigitsWhereARangeEndsAtATablePoint)
{
    // Ends that fall next to a table point by any distance: the integral moves by no more than they do.
    auto const gos_of_q = [](double q) { return 1.0 / (1.0 + 1e-11 * q); };
    GosTable table = table_of(30, gos_of_q);
    Scattering const scattering(200.0, 30.0);
    double const q_low = std::sqrt(scattering.transfers(500.0).low) / bohr_radius;
    std::size_t j = 0;
    while (table.q[j] < q_low) ++j;
    auto const value_with_point_at = [&](double relative) {
        table.q[j] = q_low * (1.0 + relative);
        for (std::size_t i = 0; i < 4; ++i) table.values[i * 30 + j] = gos_of_q(table.q[j]);
        return TabulatedGos(table).cross_section(0, 500.0, scattering);
    };
    double const at = value_with_point_at(1e-15);
    for (double const relative : {1e-14, 1e-13, 1e-12, 1e-11, 1e-10})
        EXPECT_NEAR(value_with_point_at(relative), at, 1e-9 * at) << relative;
}

TEST(TabulatedGos, GoesOnAsAPowerLawBeyondItsTable)
{
    // gos = (q / 1e10)^-2.5 of a table that ends anywhere: int gos d ln q^2 = (2 / 2.5) (gos(low) - gos(high))
    Scattering const scattering(200.0, 30.0);
    TransferRange const range = scattering.transfers(500.0);
    double const low = std::sqrt(range.low) / bohr_radius;
    double const high = std::sqrt(range.high) / bohr_radius;
    auto const gos_of_q = [](double q) { return std::pow(q / 1e10, -2.5); };
    double const expected = prefactor(500.0, scattering) * 0.8 * (gos_of_q(low) - gos_of_q(high));
    for (double const end : {0.5 * low, 2.0 * low, 0.5 * high}) {
        GosTable table = table_of(401, [](double) { return 1.0; });
        for (double& q : table.q) q *= end / 1e12;
        for (std::size_t k = 0; k < table.values.size(); ++k) table.values[k] = gos_of_q(table.q[k % 401]);
        // The range begins within an interval of 0.046 in ln q^2, where the line lies above the curve by 6e-4 at most.
        EXPECT_NEAR(TabulatedGos(table).cross_section(0, 500.0, scattering), expected, 3e-5 * expected) << end;
    }
}

TEST(TabulatedGos, GoesOnLevelBeyondATableThatEndsOnARise)
{
    Scattering const scattering(200.0, 30.0);
    TransferRange const range = scattering.transfers(500.0);
    GosTable table = table_of(2, [](double) { return 1.0; });
    table.q = {1e7, 2e7};
    for (std::size_t k = 0; k < 8; ++k) table.values[k] = k % 2 == 0 ? 0.5 : 1.5;
    double const expected = prefactor(500.0, scattering) * 1.5 * std::log(range.high / range.low);
    EXPECT_NEAR(TabulatedGos(table).cross_section(0, 500.0, scattering), expected, 1e-13 * expected);
}

TEST(TabulatedGos, IsNotNegative)
{
    // A row that has fallen to nothing, and one whose line to smaller q crosses 0.
    Scattering const scattering(200.0, 200.0);
    double const q_low = std::sqrt(scattering.transfers(500.0).low) / bohr_radius;
    GosTable table = table_of(3, [](double) { return 0.0; });
    table.q = {2.0 * q_low, 3.0 * q_low, 4.0 * q_low};
    for (std::size_t k = 0; k < 12; ++k) table.values[k] = k % 3 == 0 ? 1.0 : 0.0;
    EXPECT_GT(TabulatedGos(table).cross_section(0, 500.0, scattering), 0.0);
    for (std::size_t k = 0; k < 12; ++k) table.values[k] = k % 3 == 1 ? 10.0 : -1.0;
    double const value = TabulatedGos(table).cross_section(0, 500.0, scattering);
    EXPECT_GT(value, 0.0);
    EXPECT_LT(value, prefactor(500.0, scattering) * 10.0 * std::log(16.0));
}

TEST(TabulatedGos, RefusesWhatIsNoTable)
{
    using ::testing::HasSubstr;
    auto const error_of = [](auto change) {
        GosTable table = table_of(5, [](double) { return 1.0; });
        change(table);
        try {
            TabulatedGos const gos(std::move(table));
        } catch (InputError const& error) {
            return std::string(error.what());
        }
        return std::string("none");
    };
    EXPECT_EQ(error_of([](GosTable&) {}), "none");
    EXPECT_THAT(error_of([](GosTable& t) { t.values.pop_back(); }), HasSubstr("test: GOS table has 19 values"));
    EXPECT_THAT(error_of([](GosTable& t) { t.q.resize(1); }), HasSubstr("too small"));
    EXPECT_THAT(error_of([](GosTable& t) { t.q[1] = t.q[0]; }), HasSubstr("ascend"));
    EXPECT_THAT(error_of([](GosTable& t) { t.energies[0] = 1.0; }), HasSubstr("from 0 on"));
    EXPECT_THAT(error_of([](GosTable& t) { t.values[3] = std::nan(""); }), HasSubstr("no number"));
}

}  // namespace
}  // namespace warpfit::physics
