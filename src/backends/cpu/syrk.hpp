#pragma once

#include "kernels/core/math.hpp"
#include "kernels/solver/packed.hpp"

#include <utility>

/// Blocked symmetric rank-k update on a tile: sums += columns' columns, column by column of packs, register blocks of
/// Block x Block (3 fits 16 registers, 4 fits 32).
namespace warpfit::cpu {

namespace detail {

template<class B>
void add(B& to, B const& what)
{
    to = to + what;
}

// Accumulators are indexed by constants only (pack expansions, no loops), so that they stay in registers.

template<int Cols, class B, int... K, int... R, int... C>
void off_diagonal(B const* const* a, B const* const* b, int const* ia, int const* ib, int size, B* sums,
                  std::integer_sequence<int, K...>, std::integer_sequence<int, R...>, std::integer_sequence<int, C...>)
{
    B const* const pa[] = {a[R]...};
    B const* const pb[] = {b[C]...};
    B acc[] = {(static_cast<void>(K), B(0))...};
    for (int s = 0; s < size; ++s) {
        ((acc[K] = math::fma(pa[K / Cols][s], pb[K % Cols][s], acc[K])), ...);
    }
    (add(sums[solver::packed(ia[K / Cols], ib[K % Cols])], acc[K]), ...);
}

/// Row and column of the k-th entry of a packed lower triangle.
constexpr int row_of(int k)
{
    int i = 0;
    while (solver::packed(i + 1, 0) <= k) ++i;
    return i;
}
constexpr int column_of(int k)
{
    return k - solver::packed(row_of(k), 0);
}

template<class B, int... K, int... R>
void diagonal(B const* const* a, int const* ia, int size, B* sums, std::integer_sequence<int, K...>,
              std::integer_sequence<int, R...>)
{
    B const* const pa[] = {a[R]...};
    B acc[] = {(static_cast<void>(K), B(0))...};
    for (int s = 0; s < size; ++s) {
        ((acc[K] = math::fma(pa[row_of(K)][s], pa[column_of(K)][s], acc[K])), ...);
    }
    (add(sums[solver::packed(ia[row_of(K)], ia[column_of(K)])], acc[K]), ...);
}

template<int Rows, int Block, class B>
void block_row(B const* const* columns, int const* ids, int i, int size, B* sums)
{
    for (int j = 0; j < i; j += Block)
        off_diagonal<Block>(columns + i, columns + j, ids + i, ids + j, size, sums,
                            std::make_integer_sequence<int, Rows * Block>{}, std::make_integer_sequence<int, Rows>{},
                            std::make_integer_sequence<int, Block>{});
    diagonal(columns + i, ids + i, size, sums, std::make_integer_sequence<int, solver::packed_size(Rows)>{},
             std::make_integer_sequence<int, Rows>{});
}

}  // namespace detail

/// columns [num_columns], each `size` packs; ids [num_columns] ascending: their rows in the packed sums.
template<int Block, class B>
void add_products(B const* const* columns, int const* ids, int num_columns, int size, B* sums)
{
    for (int i = 0; i < num_columns; i += Block) {
        int const rows = num_columns - i;
        if constexpr (Block >= 4) {
            if (rows == 3) {
                detail::block_row<3, Block>(columns, ids, i, size, sums);
                break;
            }
        }
        if (rows == 1)
            detail::block_row<1, Block>(columns, ids, i, size, sums);
        else if (rows == 2)
            detail::block_row<2, Block>(columns, ids, i, size, sums);
        else
            detail::block_row<Block, Block>(columns, ids, i, size, sums);
    }
}

}  // namespace warpfit::cpu
