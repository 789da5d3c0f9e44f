#pragma once

#include "kernels/core/math.hpp"
#include "kernels/solver/packed.hpp"

/// Blocked symmetric rank-k update on a tile: sums += columns' columns, column by column of packs, register blocks of
/// Block x Block (3 fits 16 registers, 4 fits 32).
namespace warpfit::cpu {

namespace detail {

template<int Rows, int Cols, class B>
void off_diagonal(B const* const* a, B const* const* b, int const* ia, int const* ib, int size, B* sums)
{
    B acc[Rows][Cols];
    for (int i = 0; i < Rows; ++i)
        for (int j = 0; j < Cols; ++j) acc[i][j] = B(0);
    for (int s = 0; s < size; ++s) {
        B u[Rows], v[Cols];
        for (int i = 0; i < Rows; ++i) u[i] = a[i][s];
        for (int j = 0; j < Cols; ++j) v[j] = b[j][s];
        for (int i = 0; i < Rows; ++i)
            for (int j = 0; j < Cols; ++j) acc[i][j] = math::fma(u[i], v[j], acc[i][j]);
    }
    for (int i = 0; i < Rows; ++i)
        for (int j = 0; j < Cols; ++j) {
            B& out = sums[solver::packed(ia[i], ib[j])];
            out = out + acc[i][j];
        }
}

template<int Rows, class B>
void diagonal(B const* const* a, int const* ia, int size, B* sums)
{
    B acc[Rows][Rows];
    for (int i = 0; i < Rows; ++i)
        for (int j = 0; j <= i; ++j) acc[i][j] = B(0);
    for (int s = 0; s < size; ++s) {
        B u[Rows];
        for (int i = 0; i < Rows; ++i) u[i] = a[i][s];
        for (int i = 0; i < Rows; ++i)
            for (int j = 0; j <= i; ++j) acc[i][j] = math::fma(u[i], u[j], acc[i][j]);
    }
    for (int i = 0; i < Rows; ++i)
        for (int j = 0; j <= i; ++j) {
            B& out = sums[solver::packed(ia[i], ia[j])];
            out = out + acc[i][j];
        }
}

template<int Rows, int Block, class B>
void block_row(B const* const* columns, int const* ids, int i, int size, B* sums)
{
    for (int j = 0; j < i; j += Block)
        off_diagonal<Rows, Block>(columns + i, columns + j, ids + i, ids + j, size, sums);
    diagonal<Rows>(columns + i, ids + i, size, sums);
}

} // namespace detail

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

} // namespace warpfit::cpu
