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

/// Where products of columns go: added in the rows `ids` of the packed sums.
struct Rows
{
    int const* ids;

    template<class B>
    void put(B* sums, int i, int j, B const& product) const
    {
        B& to = sums[solver::packed(ids[i], ids[j])];
        to = to + product;
    }
};

/// Written as they are: all columns show, and this is the first strip.
struct AllRows
{
    template<class B>
    void put(B* sums, int i, int j, B const& product) const
    {
        sums[solver::packed(i, j)] = product;
    }
};

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

/// Rows of the triangle after `Cols` columns, those columns included: the k-th entry's row and column.
template<int Cols>
constexpr int row_after(int k)
{
    int i = 0;
    while (Cols * (i + 1) + solver::packed(i + 1, 0) <= k) ++i;
    return i;
}
template<int Cols>
constexpr int column_after(int k)
{
    return k - Cols * row_after<Cols>(k) - solver::packed(row_after<Cols>(k), 0);
}

/// Makes what follows read its columns from memory, not keep them in registers that the accumulators need.
template<bool Begin>
inline void begin_row()
{
    if constexpr (Begin) asm volatile("" ::: "memory");
}

/// Products of the `Rows` columns from `columns[Cols]` on with all columns up to themselves.
template<int Cols, class B, class Target, int... K, int... R>
void trapezoid(B const* const* columns, Target target, int size, B* sums, std::integer_sequence<int, K...>,
               std::integer_sequence<int, R...>)
{
    B const* const c[] = {columns[R]...};
    B acc[] = {(static_cast<void>(K), B(0))...};
    for (int s = 0; s < size; ++s) {
        ((begin_row<column_after<Cols>(K) == 0>(),
          acc[K] = math::fma(c[Cols + row_after<Cols>(K)][s], c[column_after<Cols>(K)][s], acc[K])),
         ...);
    }
    (target.put(sums, Cols + row_after<Cols>(K), column_after<Cols>(K), acc[K]), ...);
}

template<int Count, int Cols, class B, class Target>
void trapezoid(B const* const* columns, Target target, int size, B* sums)
{
    trapezoid<Cols>(columns, target, size, sums,
                    std::make_integer_sequence<int, Count * Cols + solver::packed_size(Count)>{},
                    std::make_integer_sequence<int, Cols + Count>{});
}

template<int Count, int Block, class B>
void block_row(B const* const* columns, int const* ids, int i, int size, B* sums)
{
    for (int j = 0; j < i; j += Block)
        off_diagonal<Block>(columns + i, columns + j, ids + i, ids + j, size, sums,
                            std::make_integer_sequence<int, Count * Block>{}, std::make_integer_sequence<int, Count>{},
                            std::make_integer_sequence<int, Block>{});
    trapezoid<Count, 0>(columns + i, Rows{ids + i}, size, sums);
}

/// Few columns: as many products in one go as there are registers. false: too many columns.
inline constexpr int most_few = 7;
template<int Block, class B, class Target>
bool put_few(B const* const* columns, Target target, int num_columns, int size, B* sums)
{
    switch (num_columns) {
    case 1:
        trapezoid<1, 0>(columns, target, size, sums);
        return true;
    case 2:
        trapezoid<2, 0>(columns, target, size, sums);
        return true;
    case 3:
        trapezoid<3, 0>(columns, target, size, sums);
        return true;
    case 4:
        trapezoid<4, 0>(columns, target, size, sums);
        return true;
    case 5:
        trapezoid<5, 0>(columns, target, size, sums);
        return true;
    case 6:
        if constexpr (Block >= 4) {
            trapezoid<6, 0>(columns, target, size, sums);
        } else {
            trapezoid<5, 0>(columns, target, size, sums);
            trapezoid<1, 5>(columns, target, size, sums);
        }
        return true;
    case 7:
        if constexpr (Block >= 4) {
            trapezoid<7, 0>(columns, target, size, sums);
        } else {
            trapezoid<5, 0>(columns, target, size, sums);
            trapezoid<2, 5>(columns, target, size, sums);
        }
        return true;
    default:
        return false;
    }
}

/// Rows [i, i + Count) with all columns up to themselves, where i need not be a multiple of Block.
template<int Count, int Block, class B>
void whole_rows(B const* const* columns, int const* ids, int i, int size, B* sums)
{
    int j = 0;
    for (; j + Block <= i; j += Block)
        off_diagonal<Block>(columns + i, columns + j, ids + i, ids + j, size, sums,
                            std::make_integer_sequence<int, Count * Block>{}, std::make_integer_sequence<int, Count>{},
                            std::make_integer_sequence<int, Block>{});
    for (; j < i; ++j)
        off_diagonal<1>(columns + i, columns + j, ids + i, ids + j, size, sums,
                        std::make_integer_sequence<int, Count>{}, std::make_integer_sequence<int, Count>{},
                        std::make_integer_sequence<int, 1>{});
    trapezoid<Count, 0>(columns + i, Rows{ids + i}, size, sums);
}

}  // namespace detail

/// Whether write_products() does so many columns.
constexpr bool writes_products(int num_columns)
{
    return num_columns <= detail::most_few;
}

/// sums = columns' columns, of num_columns columns that all show, each `size` packs.
template<int Block, class B>
void write_products(B const* const* columns, int num_columns, int size, B* sums)
{
    detail::put_few<Block>(columns, detail::AllRows{}, num_columns, size, sums);
}

/// columns [num_columns], each `size` packs; ids [num_columns] ascending: their rows in the packed sums.
template<int Block, class B>
void add_products(B const* const* columns, int const* ids, int num_columns, int size, B* sums)
{
    if (detail::put_few<Block>(columns, detail::Rows{ids}, num_columns, size, sums)) return;
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

/// As add_products() with ids 0, 1, ..., but of the rows from `first` on alone.
template<int Block, class B>
void add_rows(B const* const* columns, int const* ids, int first, int num_columns, int size, B* sums)
{
    int i = first;
    for (; i + Block <= num_columns; i += Block) detail::whole_rows<Block, Block>(columns, ids, i, size, sums);
    int const rows = num_columns - i;
    if (rows == 1) detail::whole_rows<1, Block>(columns, ids, i, size, sums);
    if (rows == 2) detail::whole_rows<2, Block>(columns, ids, i, size, sums);
    if constexpr (Block >= 4) {
        if (rows == 3) detail::whole_rows<3, Block>(columns, ids, i, size, sums);
    }
}

}  // namespace warpfit::cpu
