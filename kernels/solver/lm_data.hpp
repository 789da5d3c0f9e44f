#pragma once

#include "kernels/solver/packed.hpp"

/// What a Levenberg-Marquardt fit of one pixel is given: its options and its memory.
namespace warpfit::solver {

struct LmOptions
{
    int max_iterations;
    double tolerance;  ///< relative predicted decrease that ends a fit
    double remainder;  ///< relative decrease that may be left after the last step, by the rate of the last two
    double noise;      ///< relative rounding of one residual: decreases below noise^2 sum(w y^2) cannot be seen
    double step;       ///< a step below step |p| in every parameter ends a fit
    double dependent;  ///< a pivot of the unit-diagonal matrix below this means: not determined by the data
    bool bounded;
    bool learns;  ///< slow fits learn the rest of the curvature; a float solver has no digits for it
};

/// Arrays of one pixel (or one group of lanes), all of it shared by the team.
template<class Real>
struct LmArrays
{
    Real* p;          ///< [P] accepted parameters
    Real* q;          ///< [P] trial, and at the end what is reported
    Real* sums;       ///< [sums_size(P)] at p
    Real* trial;      ///< [sums_size(P)] at q, written by the pass
    Real* matrix;     ///< [packed_size(P)]
    Real* inv_pivot;  ///< [P]
    Real* scale;      ///< [P] 1 / sqrt(diag(J'WJ)); 0 where the column vanishes
    Real* open;       ///< [P] 1: moves freely; 0: held at a bound (step[] says how far it is from it)
    Real* step;       ///< [P]
    Real* rhs;        ///< [P]
    Real* rest;       ///< [packed_size(P)] half the Hessian of chi2 less J'WJ, as learnt

    static WARPFIT_HD constexpr int size(int P) { return 2 * sums_size(P) + 2 * packed_size(P) + 7 * P; }

    WARPFIT_HD static LmArrays carve(Real* memory, int P)
    {
        LmArrays a;
        a.p = memory;
        a.q = a.p + P;
        a.sums = a.q + P;
        a.trial = a.sums + sums_size(P);
        a.matrix = a.trial + sums_size(P);
        a.inv_pivot = a.matrix + packed_size(P);
        a.scale = a.inv_pivot + P;
        a.open = a.scale + P;
        a.step = a.open + P;
        a.rhs = a.step + P;
        a.rest = a.rhs + P;
        return a;
    }
};

}  // namespace warpfit::solver
