#pragma once

#include "kernels/core/team.hpp"
#include "kernels/solver/packed.hpp"

namespace warpfit::solver {

/// The sums of one pass for any number of columns, by the team together: its members lay their columns side by side in
/// shared memory, then each multiplies some blocks of 4 x 4 columns, so that the sums at work stay in registers. Where
/// there are more members than blocks, slices of the team share the channels of a block and are added up at the end.
///
///   add(column, is_first) for every channel of the member, equally often in all members; store()
///
/// A strip is every num_strips-th column: neighbours in the team, whose blocks are mostly neighbours too, read
/// neighbouring columns, which lie in different banks, and so do their sums.
template<Team T>
class ColumnProducts
{
  public:
    /// Shared memory in doubles. num_columns: free parameters and the residual.
    WARPFIT_HD static constexpr int size(int num_columns, int team_size)
    {
        return num_rows(team_size) * row_size(num_columns) +
               (num_slices(num_columns, team_size) - 1) * packed_size(num_columns);
    }

    /// total [sums_size(num_columns - 1)], shared: untouched until all members have come to the first add().
    WARPFIT_HD ColumnProducts(T const& team, int num_columns, double* shared, double* total)
        : team_(team)
        , num_columns_(num_columns)
        , tile_(shared)
        , others_(shared + num_rows(team.size()) * row_size(num_columns))
        , total_(total)
    {}

    /// column [num_columns] of one channel; zeros where the member has none. is_first: nothing was added before. Ends
    /// with a sync.
    template<class Real>
    WARPFIT_HD void add(Real const* column, bool is_first) const
    {
        Real* const tile = reinterpret_cast<Real*>(tile_);
        int const rows = num_rows(team_.size());
        for (int first = 0; first < team_.size(); first += rows) {
            int const row = team_.rank() - first;
            if (row >= 0 && row < rows) lay(column, tile + row * row_size(num_columns_));
            team_.sync();
            multiply(tile, rows < team_.size() - first ? rows : team_.size() - first, is_first && first == 0);
            team_.sync();
        }
    }

    /// Ends with a sync.
    WARPFIT_HD void store() const
    {
        int const n = packed_size(num_columns_);
        int const slices = num_slices(num_columns_, team_.size());
        if (slices == 1) return;  // add() ended with one
        for (int k = team_.rank(); k < n; k += team_.size()) {
            double sum = total_[k];
            for (int slice = 1; slice < slices; ++slice) sum += others_[(slice - 1) * n + k];
            total_[k] = sum;
        }
        team_.sync();
    }

  private:
    static constexpr int width = 4;
    static constexpr int block_size = width * width;
    static constexpr int most_rows = 64;      // of the tile: the rest of a larger team waits its turn
    static constexpr int most_at_work = 128;  // members, unless there are more blocks

    /// Two strips, by their first columns; row >= column.
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
        int row = 0;
        while (packed_size(row + 1) <= k) ++row;
        return {row, k - packed_size(row)};
    }

    template<class Real>
    WARPFIT_HD void lay(Real const* column, Real* row) const
    {
        for (int i = 0; i < num_columns_; ++i) row[i] = column[i];
        for (int i = num_columns_; i < num_strips(num_columns_) * width; ++i) row[i] = Real(0);
    }

    template<class Real>
    WARPFIT_HD void multiply(Real const* tile, int rows, bool is_first) const
    {
        int const strips = num_strips(num_columns_);
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
                for (int e = 0; e < block_size; ++e) sums[e] = sums[e] + a[e / width * strips] * b[e % width * strips];
            }
            double* const out = slice == 0 ? total_ : others_ + (slice - 1) * packed_size(num_columns_);
            WARPFIT_UNROLL
            for (int e = 0; e < block_size; ++e) {
                int const i = at.row + e / width * strips;
                int const j = at.column + e % width * strips;
                // A block of a strip with itself has each pair twice.
                if (i >= num_columns_ || j >= num_columns_ || (at.row == at.column && j > i)) continue;
                double& sum = out[packed_symmetric(i, j)];
                sum = is_first ? static_cast<double>(sums[e]) : sum + static_cast<double>(sums[e]);
            }
        }
    }

    T team_;
    int num_columns_;
    double* tile_;    // [num_rows, row_size], of Real
    double* others_;  // [num_slices - 1, packed_size(num_columns)] sums of all slices but the first
    double* total_;   // those of the first
};

}  // namespace warpfit::solver
