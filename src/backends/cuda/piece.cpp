#include "src/backends/cuda/piece.hpp"

#include <cstring>

namespace warpfit::cuda {

namespace {

std::size_t bytes(Index n)
{
    return static_cast<std::size_t>(n);
}

/// Room for n bytes at the end of a block of `size`.
std::size_t take(std::size_t& size, std::size_t n)
{
    std::size_t const at = (size + 15) / 16 * 16;
    size = at + n;
    return at;
}

template<class T>
T const* shifted(T const* array, std::byte const* at, std::size_t offset)
{
    return array ? reinterpret_cast<T const*>(at + offset) : nullptr;
}

}  // namespace

PieceLayout::PieceLayout(program::Plan const& plan, program::PixelBatch const& batch, Index count)
    : count_(count)
    , num_free_(plan.num_free)
    , num_pixel_values_(plan.num_pixel_values)
    , num_channels_(plan.num_channels)
    , stored_channels_(plan.stored_channels)
    , num_pairs_(plan.num_pairs)
    , num_low_loss_(plan.convolution && batch.low_loss.data ? plan.convolution->num_low_loss : 0)
{
    std::size_t const n = bytes(count);
    std::size_t const P = bytes(num_free_);
    if (batch.signal.data) signal_ = take(input_size_, raw_size(batch.signal, stored_channels_));
    if (batch.variance.data) variance_ = take(input_size_, raw_size(batch.variance, stored_channels_));
    if (num_low_loss_ > 0) low_loss_ = take(input_size_, raw_size(batch.low_loss, num_low_loss_));
    if (batch.variance_channel) variance_channel_ = take(input_size_, bytes(num_channels_) * sizeof(double));
    if (batch.start) start_ = take(input_size_, n * P * sizeof(double));
    if (batch.pixel_values) pixel_values_ = take(input_size_, n * bytes(num_pixel_values_) * sizeof(double));
    if (batch.active) active_ = take(input_size_, n * sizeof *batch.active);
    if (batch.masked) masked_ = take(input_size_, n);

    parameters_ = take(output_size_, n * P * sizeof(double));
    standard_errors_ = take(output_size_, n * P * sizeof(double));
    chisq_ = take(output_size_, n * sizeof(double));
    dof_ = take(output_size_, n * sizeof(int));
    iterations_ = take(output_size_, n * sizeof(int));
    status_ = take(output_size_, n * sizeof(program::Status));
    correlations_ = take(output_size_, n * bytes(num_pairs_) * sizeof(double));
}

/// Bytes of the pixels: the last ends where its channels end, not where the next one would begin.
std::size_t PieceLayout::raw_size(program::RawPixels const& raw, Index num_channels) const
{
    return bytes((count_ - 1) * raw.pixel_stride + num_channels * program::size_of(raw.type));
}

void PieceLayout::gather(program::PixelBatch const& batch, Index first, std::byte* to) const
{
    auto const copy = [&](void const* from, std::size_t size, std::size_t offset, Index start) {
        if (from == nullptr) return;
        std::memcpy(to + offset, static_cast<std::byte const*>(from) + bytes(start) * size, bytes(count_) * size);
    };
    auto const copy_raw = [&](program::RawPixels const& raw, Index num_channels, std::size_t offset) {
        if (raw.data == nullptr) return;
        std::memcpy(to + offset, static_cast<std::byte const*>(raw.data) + bytes(first * raw.pixel_stride),
                    raw_size(raw, num_channels));
    };
    copy_raw(batch.signal, stored_channels_, signal_);
    copy_raw(batch.variance, stored_channels_, variance_);
    if (num_low_loss_ > 0) copy_raw(batch.low_loss, num_low_loss_, low_loss_);
    copy(batch.start, bytes(num_free_) * sizeof(double), start_, first);
    copy(batch.pixel_values, bytes(num_pixel_values_) * sizeof(double), pixel_values_, first);
    copy(batch.active, sizeof *batch.active, active_, first);
    copy(batch.masked, sizeof *batch.masked, masked_, first);
    if (batch.variance_channel)
        std::memcpy(to + variance_channel_, batch.variance_channel, bytes(num_channels_) * sizeof(double));
}

program::PixelBatch PieceLayout::input_at(program::PixelBatch const& batch, std::byte const* at) const
{
    program::PixelBatch piece = batch;
    piece.count = count_;
    if (batch.signal.data) piece.signal.data = at + signal_;
    if (batch.variance.data) piece.variance.data = at + variance_;
    if (num_low_loss_ > 0) piece.low_loss.data = at + low_loss_;
    piece.variance_channel = shifted(batch.variance_channel, at, variance_channel_);
    piece.start = shifted(batch.start, at, start_);
    piece.pixel_values = shifted(batch.pixel_values, at, pixel_values_);
    piece.active = shifted(batch.active, at, active_);
    piece.masked = shifted(batch.masked, at, masked_);
    return piece;
}

program::BatchResults PieceLayout::output_at(std::byte* at) const
{
    return {reinterpret_cast<double*>(at + parameters_),
            reinterpret_cast<double*>(at + standard_errors_),
            reinterpret_cast<double*>(at + chisq_),
            reinterpret_cast<int*>(at + dof_),
            reinterpret_cast<int*>(at + iterations_),
            reinterpret_cast<program::Status*>(at + status_),
            num_pairs_ > 0 ? reinterpret_cast<double*>(at + correlations_) : nullptr};
}

void PieceLayout::scatter(std::byte const* from, Index first, program::BatchResults const& to) const
{
    auto const copy = [&](void* out, std::size_t size, std::size_t offset) {
        std::memcpy(static_cast<std::byte*>(out) + bytes(first) * size, from + offset, bytes(count_) * size);
    };
    copy(to.parameters, bytes(num_free_) * sizeof(double), parameters_);
    copy(to.standard_errors, bytes(num_free_) * sizeof(double), standard_errors_);
    copy(to.chisq, sizeof(double), chisq_);
    copy(to.dof, sizeof(int), dof_);
    copy(to.iterations, sizeof(int), iterations_);
    copy(to.status, sizeof(program::Status), status_);
    if (to.correlations) copy(to.correlations, bytes(num_pairs_) * sizeof(double), correlations_);
}

}  // namespace warpfit::cuda
