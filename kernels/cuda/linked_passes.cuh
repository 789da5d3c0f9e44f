#pragma once

#include "kernels/solver/passes.hpp"

/// A fit in two parts, compiled apart and linked: linked_fit.cu, the solver, once for all models; and the passes of one
/// model (model_part.cuh). Here is what each calls of the other, by names that the linker sees.
namespace warpfit::cuda {

/// A pass for the model's part.
template<class Real>
struct LinkedPass
{
    program::Plan const* plan;
    program::ChannelData<Real> const* channels;
    solver::PassInput<Real> in;
    solver::PassMemory memory;
    int team;          ///< its size
    double* partials;  ///< of the team
};

/// Where the columns of a pass are summed: the members of solver::ColumnProducts.
struct LinkedColumns
{
    int team;
    double* partials;
    double* shared;
    double* total;
    int num_columns;
};

extern "C" {
// Of the model; those in float do nothing if it is fitted in double.
__device__ void warpfit_products_float(LinkedPass<float> const* pass, double* total);
__device__ void warpfit_products_double(LinkedPass<double> const* pass, double* total);
__device__ double warpfit_chi2_float(LinkedPass<float> const* pass);
__device__ double warpfit_chi2_double(LinkedPass<double> const* pass);

// Of the solver.
__device__ void warpfit_sum_float(int team, double* partials, float const* mine, int n, double* out);
__device__ void warpfit_sum_double(int team, double* partials, double const* mine, int n, double* out);
__device__ void warpfit_add_column_float(LinkedColumns const* columns, float const* column, bool is_first);
__device__ void warpfit_add_column_double(LinkedColumns const* columns, double const* column, bool is_first);
__device__ void warpfit_store_columns(LinkedColumns const* columns);
}

}  // namespace warpfit::cuda
