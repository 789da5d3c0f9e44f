#include "kernels/cuda/reduce_scatter.hpp"

#include <array>
#include <gtest/gtest.h>
#include <random>

namespace warpfit::cuda {
namespace {

/// A warp on the host: one value of each lane.
struct Pack
{
    std::array<double, warp_size> lane;

    friend Pack operator+(Pack a, Pack const& b)
    {
        for (std::size_t l = 0; l < warp_size; ++l) a.lane[l] += b.lane[l];
        return a;
    }
};

struct EmulatedLanes
{
    using Value = Pack;

    int* exchanges;

    Pack pick(int h, Pack const& a, Pack const& b) const
    {
        Pack r{};
        for (std::size_t l = 0; l < warp_size; ++l) r.lane[l] = static_cast<int>(l) & h ? b.lane[l] : a.lane[l];
        return r;
    }
    Pack exchange(Pack const& a, int h) const
    {
        ++*exchanges;
        Pack r{};
        for (std::size_t l = 0; l < warp_size; ++l) r.lane[l] = a.lane[l ^ static_cast<std::size_t>(h)];
        return r;
    }
};

template<std::size_t N>
void expect_totals()
{
    std::mt19937 random(7);
    std::array<Pack, N> v{};
    Pack expected{};
    for (std::size_t k = 0; k < N; ++k)
        for (std::size_t l = 0; l < warp_size; ++l) {
            v[k].lane[l] = static_cast<double>(random() % 1000000);  // whole numbers: sums are exact
            expected.lane[l / N * N + k] += v[k].lane[l];
        }
    int exchanges = 0;
    reduce_scatter<N>(EmulatedLanes{&exchanges}, v.data());
    EXPECT_EQ(v[0].lane, expected.lane);
    EXPECT_EQ(exchanges, N - 1);
}

TEST(ReduceScatter, LaneLOfATeamHoldsTheTotalOfSumL)
{
    expect_totals<4>();
    expect_totals<8>();
    expect_totals<32>();
}

TEST(ReduceScatter, AddsInAFixedOrder)
{
    // 1 and 1e16 in lanes 0 and 16 meet first: the 1 is lost; -1e16 in lane 1 comes later.
    std::array<Pack, warp_size> v{};
    v[5].lane[0] = 1.0;
    v[5].lane[16] = 1e16;
    v[5].lane[1] = -1e16;
    int exchanges = 0;
    reduce_scatter<warp_size>(EmulatedLanes{&exchanges}, v.data());
    EXPECT_EQ(v[0].lane[5], 0.0);
}

}  // namespace
}  // namespace warpfit::cuda
