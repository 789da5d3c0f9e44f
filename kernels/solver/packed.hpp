#pragma once

#include "kernels/core/portability.hpp"

namespace warpfit::solver {

/// Lower triangle, row by row: (0,0) (1,0) (1,1) (2,0) ...; i >= j.
WARPFIT_HD constexpr int packed(int i, int j)
{
    return static_cast<int>(static_cast<unsigned>(i * (i + 1)) / 2u) + j;
}
WARPFIT_HD constexpr int packed_symmetric(int i, int j)
{
    return i >= j ? packed(i, j) : packed(j, i);
}
WARPFIT_HD constexpr int packed_size(int n)
{
    return static_cast<int>(static_cast<unsigned>(n * (n + 1)) / 2u);
}

/// A number that the compiler knows, where an int may stand as well: loops up to it unroll.
template<int N>
struct Fixed
{
    WARPFIT_HD constexpr operator int() const { return N; }
};

/// The sums of one pass over the channels, for P free parameters: the packed lower triangle of the symmetric matrix of
/// order P + 1 whose columns are the weighted gradient columns and, last, the weighted residual data - model:
///   (i, j < P) J'WJ    (P, j) J'Wr    (P, P) chi2
WARPFIT_HD constexpr int sums_size(int num_free)
{
    return packed_size(num_free + 1);
}

}  // namespace warpfit::solver
