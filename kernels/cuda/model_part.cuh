#pragma once

#include "kernels/cuda/hardware_warp.cuh"
#include "kernels/cuda/linked_passes.cuh"

/// The model's part of a linked fit: its passes, which the solver calls; for each plan, at run time.
namespace warpfit::cuda {

/// A team whose sums are the solver's.
class LinkedTeam : public DeviceTeam
{
  public:
    __device__ LinkedTeam(int size, double* partials)
        : DeviceTeam(HardwareWarp{}, size, partials)
    {}

    __device__ void sum(float const* mine, int n, double* out) const
    {
        warpfit_sum_float(size(), partials(), mine, n, out);
    }
    __device__ void sum(double const* mine, int n, double* out) const
    {
        warpfit_sum_double(size(), partials(), mine, n, out);
    }
};

/// A ColumnProducts of the solver's.
template<class T>
class LinkedColumnProducts
{
  public:
    __device__ LinkedColumnProducts(T const& team, int num_columns, double* shared, double* total)
        : columns_{team.size(), team.partials(), shared, total, num_columns}
    {}

    __device__ void add(float const* column, bool is_first) const
    {
        warpfit_add_column_float(&columns_, column, is_first);
    }
    __device__ void add(double const* column, bool is_first) const
    {
        warpfit_add_column_double(&columns_, column, is_first);
    }
    __device__ void store() const { warpfit_store_columns(&columns_); }

  private:
    LinkedColumns columns_;
};

template<class Program>
__device__ void products_of(LinkedPass<typename Program::Real> const& pass, double* total)
{
    LinkedPass<typename Program::Real> const here = pass;
    Program program(*here.plan, *here.channels, nullptr, nullptr);
    solver::products<LinkedColumnProducts>(LinkedTeam(here.team, here.partials), program, here.in, here.memory, total);
}

template<class Program>
__device__ double chi2_of(LinkedPass<typename Program::Real> const& pass)
{
    LinkedPass<typename Program::Real> const here = pass;
    Program program(*here.plan, *here.channels, nullptr, nullptr);
    return solver::chi2(LinkedTeam(here.team, here.partials), program, here.in, here.memory);
}

}  // namespace warpfit::cuda
