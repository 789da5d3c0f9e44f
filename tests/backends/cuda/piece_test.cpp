#include "src/backends/cuda/piece.hpp"

#include <cstring>
#include <gtest/gtest.h>
#include <numeric>
#include <vector>

namespace warpfit::cuda {
namespace {

constexpr Index num_pixels = 23;
constexpr int num_free = 3, num_channels = 5, num_values = 2, num_pairs = 2;
constexpr Index stride = 18;  // 7 stored channels of 2 bytes, then a gap

/// Every array that a batch may have, all elements different. The data end with the last pixel's last channel.
struct Full
{
    std::vector<unsigned char> signal = bytes((num_pixels - 1) * stride + 14, 1);
    std::vector<unsigned char> variance = bytes((num_pixels - 1) * stride + 14, 2);
    std::vector<double> channel = numbers(num_channels), start = numbers(num_pixels * num_free),
                        values = numbers(num_pixels * num_values);
    std::vector<unsigned long long> active = std::vector<unsigned long long>(num_pixels);
    std::vector<unsigned char> masked = bytes(num_pixels, 3);
    std::vector<unsigned char> low_loss = bytes((num_pixels - 1) * stride + 8, 4);
    program::Convolution convolution{};
    program::Plan plan{};
    program::PixelBatch batch{};

    Full()
    {
        std::iota(active.begin(), active.end(), 100ull);
        plan.num_free = num_free;
        plan.num_channels = num_channels;
        plan.stored_channels = 7;
        plan.num_pixel_values = num_values;
        batch.count = num_pixels;
        batch.signal = {signal.data(), program::Type::u16, 0, stride};
        batch.variance_kind = program::VarianceKind::stored;
        batch.variance = {variance.data(), program::Type::i16, 1, stride};
        batch.variance_channel = channel.data();
        batch.start = start.data();
        batch.pixel_values = values.data();
        batch.active = active.data();
        batch.masked = masked.data();
        convolution.num_low_loss = 4;
        plan.convolution = &convolution;
        batch.low_loss = {low_loss.data(), program::Type::u16, 1, stride};
    }

    static std::vector<unsigned char> bytes(Index n, unsigned char first)
    {
        std::vector<unsigned char> v(static_cast<std::size_t>(n));
        std::iota(v.begin(), v.end(), first);
        return v;
    }
    static std::vector<double> numbers(Index n)
    {
        std::vector<double> v(static_cast<std::size_t>(n));
        std::iota(v.begin(), v.end(), 0.5);
        return v;
    }
};

TEST(PieceLayout, TakesOneLowLossForAllPixelsOnce)
{
    Full full;
    PieceLayout const each(full.plan, full.batch, 9);
    full.batch.low_loss.pixel_stride = 0;
    PieceLayout const layout(full.plan, full.batch, 9);
    EXPECT_EQ(each.input_size() - layout.input_size(), static_cast<std::size_t>(8 * stride));
    std::vector<std::byte> block(layout.input_size());
    layout.gather(full.batch, 5, block.data());
    program::PixelBatch const piece = layout.input_at(full.batch, block.data());
    EXPECT_EQ(piece.low_loss.pixel_stride, 0);
    EXPECT_EQ(std::memcmp(piece.low_loss.data, full.low_loss.data(), 8), 0);
}

TEST(PieceLayout, MovesPixelsAndNothingElse)
{
    Full const full;
    for (auto const& [first, count] : {std::pair<Index, Index>{0, 1}, {0, num_pixels}, {7, 9}, {num_pixels - 1, 1}}) {
        PieceLayout const layout(full.plan, full.batch, count);
        std::vector<std::byte> block(layout.input_size());
        layout.gather(full.batch, first, block.data());
        program::PixelBatch const piece = layout.input_at(full.batch, block.data());
        EXPECT_EQ(piece.count, count);
        EXPECT_EQ(piece.variance.swapped, 1);
        for (Index i = 0; i < count; ++i) {
            auto const same = [&](program::RawPixels const& is, program::RawPixels const& was, std::size_t n = 14) {
                return std::memcmp(static_cast<unsigned char const*>(is.data) + i * stride,
                                   static_cast<unsigned char const*>(was.data) + (first + i) * stride, n) == 0;
            };
            EXPECT_TRUE(same(piece.low_loss, full.batch.low_loss, 8));
            EXPECT_TRUE(same(piece.signal, full.batch.signal));
            EXPECT_TRUE(same(piece.variance, full.batch.variance));
            for (int k = 0; k < num_free; ++k)
                EXPECT_EQ(piece.start[i * num_free + k], full.batch.start[(first + i) * num_free + k]);
            for (int k = 0; k < num_values; ++k)
                EXPECT_EQ(piece.pixel_values[i * num_values + k],
                          full.batch.pixel_values[(first + i) * num_values + k]);
            EXPECT_EQ(piece.active[i], full.batch.active[first + i]);
            EXPECT_EQ(piece.masked[i], full.batch.masked[first + i]);
        }
        for (int c = 0; c < num_channels; ++c)
            EXPECT_EQ(piece.variance_channel[c], full.channel[static_cast<std::size_t>(c)]);
    }
}

TEST(PieceLayout, WhatIsNotThereTakesNoRoom)
{
    Full full;
    full.batch.variance = {};
    full.batch.variance_channel = nullptr;
    full.batch.pixel_values = nullptr;
    full.batch.active = nullptr;
    full.batch.masked = nullptr;
    full.batch.low_loss = {};
    PieceLayout const layout(full.plan, full.batch, 2);
    EXPECT_LE(layout.input_size(), 48U + 2 * num_free * sizeof(double));
    program::PixelBatch const piece = layout.input_at(full.batch, nullptr);
    EXPECT_EQ(piece.variance.data, nullptr);
    EXPECT_EQ(piece.variance_channel, nullptr);
    EXPECT_EQ(piece.pixel_values, nullptr);
    EXPECT_EQ(piece.active, nullptr);
    EXPECT_EQ(piece.masked, nullptr);
    EXPECT_EQ(piece.low_loss.data, nullptr);
}

TEST(PieceLayout, BringsResultsToTheirPixels)
{
    Full full;
    full.plan.num_pairs = num_pairs;
    std::vector<double> parameters(num_pixels * num_free), errors(num_pixels * num_free), chisq(num_pixels);
    std::vector<double> correlations(num_pixels * num_pairs);
    std::vector<int> dof(num_pixels), iterations(num_pixels);
    std::vector<program::Status> status(num_pixels, program::Status::not_run);
    program::BatchResults const results{parameters.data(), errors.data(), chisq.data(),       dof.data(),
                                        iterations.data(), status.data(), correlations.data()};
    for (Index first = 0; first < num_pixels; first += 10) {
        Index const count = std::min<Index>(10, num_pixels - first);
        PieceLayout const layout(full.plan, full.batch, count);
        std::vector<std::byte> block(layout.output_size());
        program::BatchResults const out = layout.output_at(block.data());
        for (Index i = 0; i < count; ++i) {
            Index const pixel = first + i;
            for (int k = 0; k < num_free; ++k) {
                out.parameters[i * num_free + k] = static_cast<double>(10 * pixel + k);
                out.standard_errors[i * num_free + k] = static_cast<double>(-10 * pixel - k);
            }
            for (int k = 0; k < num_pairs; ++k)
                out.correlations[i * num_pairs + k] = static_cast<double>(100 * pixel + k);
            out.chisq[i] = static_cast<double>(pixel) + 0.25;
            out.dof[i] = static_cast<int>(pixel) + 1;
            out.iterations[i] = static_cast<int>(pixel) + 2;
            out.status[i] = static_cast<program::Status>(pixel % 4);
        }
        layout.scatter(block.data(), first, results);
    }
    for (Index pixel = 0; pixel < num_pixels; ++pixel) {
        auto const i = static_cast<std::size_t>(pixel);
        for (std::size_t k = 0; k < num_free; ++k) {
            EXPECT_EQ(parameters[i * num_free + k], static_cast<double>(10 * pixel) + static_cast<double>(k));
            EXPECT_EQ(errors[i * num_free + k], -parameters[i * num_free + k]);
        }
        for (std::size_t k = 0; k < num_pairs; ++k)
            EXPECT_EQ(correlations[i * num_pairs + k], static_cast<double>(100 * pixel) + static_cast<double>(k));
        EXPECT_EQ(chisq[i], static_cast<double>(pixel) + 0.25);
        EXPECT_EQ(dof[i], pixel + 1);
        EXPECT_EQ(iterations[i], pixel + 2);
        EXPECT_EQ(static_cast<int>(status[i]), pixel % 4);
    }
}

}  // namespace
}  // namespace warpfit::cuda
