#pragma once

#include "kernels/core/team.hpp"
#include "kernels/solver/packed.hpp"

namespace warpfit::solver {

/// The sums of one pass for any number of columns, by the team together: its members lay their columns side by side in
/// shared memory, then each multiplies some blocks of 4 x 4 columns, so that the sums at work stay in registers. Slices
/// of the team that share a block's channels are added up at the end.
///
///   clear(); add(column) for every channel of the member, equally often in all members; store(total)
template<Team T>
class ColumnProducts
{
  public:
    /// Shared memory in doubles. num_columns: free parameters and the residual.
    WARPFIT_HD static constexpr int size(int num_columns, int team_size)
    {
        return num_rows(team_size) * row_size(num_columns) +
               num_slices(num_columns, team_size) * num_blocks(num_columns) * block_size;
    }

    WARPFIT_HD ColumnProducts(T const& team, int num_columns, double* shared)
        : team_(team)
        , num_columns_(num_columns)
        , tile_(shared)
        , partial_(shared + num_rows(team.size()) * row_size(num_columns))
    {}

    WARPFIT_HD void clear() const
    {
        int const n = num_slices(num_columns_, team_.size()) * num_blocks(num_columns_) * block_size;
        for (int k = team_.rank(); k < n; k += team_.size()) partial_[k] = 0.0;
    }

    /// column [num_columns] of one channel; zeros where the member has none. Ends with a sync.
    template<class Real>
    WARPFIT_HD void add(Real const* column) const
    {
        Real* const tile = reinterpret_cast<Real*>(tile_);
        int const rows = num_rows(team_.size());
        for (int first = 0; first < team_.size(); first += rows) {
            int const row = team_.rank() - first;
            if (row >= 0 && row < rows) lay(column, tile + row * row_size(num_columns_));
            team_.sync();
            multiply(tile, rows < team_.size() - first ? rows : team_.size() - first);
            team_.sync();
        }
    }

    /// total [sums_size(num_columns - 1)]. Ends with a sync.
    WARPFIT_HD void store(double* total) const
    {
        int const blocks = num_blocks(num_columns_);
        int const slices = num_slices(num_columns_, team_.size());
        for (int k = team_.rank(); k < blocks * block_size; k += team_.size()) {
            Block const at = block(k % blocks);
            int const i = at.row + k / blocks / width;
            int const j = at.column + k / blocks % width;
            if (i >= num_columns_ || j > i) continue;
            double sum = 0.0;
            for (int slice = 0; slice < slices; ++slice) sum += partial_[slice * blocks * block_size + k];
            total[packed(i, j)] = sum;
        }
        team_.sync();
    }

  private:
    static constexpr int width = 4;
    static constexpr int block_size = width * width;
    static constexpr int most_rows = 64;      // of the tile: the rest of a larger team waits its turn
    static constexpr int most_at_work = 128;  // members, unless there are more blocks

    /// First row and column of a block of the lower triangle.
    struct Block
    {
        int row, column;
    };

    WARPFIT_HD static constexpr int num_rows(int team_size) { return team_size < most_rows ? team_size : most_rows; }
    WARPFIT_HD static constexpr int num_strips(int num_columns)
    {
        return static_cast<int>(static_cast<unsigned>(num_columns + width - 1) / width);
    }
    /// Odd, so that members write their rows to different banks.
    WARPFIT_HD static constexpr int row_size(int num_columns) { return num_strips(num_columns) * width + 1; }
    WARPFIT_HD static constexpr int num_blocks(int num_columns) { return packed_size(num_strips(num_columns)); }
    WARPFIT_HD static constexpr int num_slices(int num_columns, int team_size)
    {
        int const at_work = team_size < most_at_work ? team_size : most_at_work;
        return at_work > num_blocks(num_columns) ? at_work / num_blocks(num_columns) : 1;
    }

    WARPFIT_HD static Block block(int k)
    {
        int strip = 0;
        while (packed_size(strip + 1) <= k) ++strip;
        return {strip * width, (k - packed_size(strip)) * width};
    }

    template<class Real>
    WARPFIT_HD void lay(Real const* column, Real* row) const
    {
        for (int i = 0; i < num_columns_; ++i) row[i] = column[i];
        for (int i = num_columns_; i < num_strips(num_columns_) * width; ++i) row[i] = Real(0);
    }

    template<class Real>
    WARPFIT_HD void multiply(Real const* tile, int rows) const
    {
        int const blocks = num_blocks(num_columns_);
        int const slices = num_slices(num_columns_, team_.size());
        int const stride = row_size(num_columns_);
        for (int task = team_.rank(); task < slices * blocks; task += team_.size()) {
            int const slice = task / blocks;
            Block const at = block(task % blocks);
            Real sums[block_size] = {};
            for (int r = slice; r < rows; r += slices) {
                Real const* const a = tile + r * stride + at.row;
                Real const* const b = tile + r * stride + at.column;
                WARPFIT_UNROLL
                for (int e = 0; e < block_size; ++e) sums[e] = sums[e] + a[e / width] * b[e % width];
            }
            double* const out = partial_ + slice * blocks * block_size + task % blocks;
            WARPFIT_UNROLL
            for (int e = 0; e < block_size; ++e) out[e * blocks] += static_cast<double>(sums[e]);
        }
    }

    T team_;
    int num_columns_;
    double* tile_;     // [num_rows, row_size], of Real
    double* partial_;  // [num_slices, block_size, num_blocks]
};

}  // namespace warpfit::solver
