#include "kernels/cuda/fit_queue.hpp"
#include "kernels/cuda/hardware_warp.cuh"
#include "kernels/cuda/linked_passes.cuh"

/// The solver's part of a linked fit, as relocatable device code.
namespace warpfit::cuda {

namespace {

using Columns = solver::ColumnProducts<DeviceTeam>;

__device__ Columns opened(LinkedColumns const& columns)
{
    return Columns(DeviceTeam(HardwareWarp{}, columns.team, columns.partials), columns.num_columns, columns.shared,
                   columns.total);
}

/// The passes of the model that is linked to this.
class LinkedPasses
{
  public:
    static constexpr bool has_narrow = true;

    __device__ LinkedPasses(BatchArguments const& arguments, TeamMemory const& memory)
        : arguments_(arguments)
        , memory_(memory)
    {}

    __device__ void products(solver::PassInput<float> const& in, double* total) const
    {
        LinkedPass<float> const pass = pass_of(arguments_.narrow, in);
        warpfit_products_float(&pass, total);
    }
    __device__ void products(solver::PassInput<double> const& in, double* total) const
    {
        LinkedPass<double> const pass = pass_of(arguments_.wide, in);
        warpfit_products_double(&pass, total);
    }
    __device__ double chi2(solver::PassInput<float> const& in) const
    {
        LinkedPass<float> const pass = pass_of(arguments_.narrow, in);
        return warpfit_chi2_float(&pass);
    }
    __device__ double chi2(solver::PassInput<double> const& in) const
    {
        LinkedPass<double> const pass = pass_of(arguments_.wide, in);
        return warpfit_chi2_double(&pass);
    }

  private:
    template<class Real>
    __device__ LinkedPass<Real> pass_of(program::ChannelData<Real> const& channels,
                                        solver::PassInput<Real> const& in) const
    {
        return {&arguments_.plan, &channels, in, memory_.fit.pass, arguments_.team, memory_.partials};
    }

    BatchArguments const& arguments_;
    // A copy: what the passes see is out of the compiler's sight, and with it that pointers are to shared memory.
    TeamMemory memory_;
};

}  // namespace

extern "C" {

__device__ void warpfit_sum_float(int team, double* partials, float const* mine, int n, double* out)
{
    sum_over_team(HardwareWarp{}, team, partials, mine, n, out);
}
__device__ void warpfit_sum_double(int team, double* partials, double const* mine, int n, double* out)
{
    sum_over_team(HardwareWarp{}, team, partials, mine, n, out);
}
__device__ void warpfit_add_column_float(LinkedColumns const* columns, float const* column, bool is_first)
{
    opened(*columns).add(column, is_first);
}
__device__ void warpfit_add_column_double(LinkedColumns const* columns, double const* column, bool is_first)
{
    opened(*columns).add(column, is_first);
}
__device__ void warpfit_store_columns(LinkedColumns const* columns)
{
    opened(*columns).store();
}

__global__ void warpfit_fit(__grid_constant__ BatchArguments const arguments)
{
    extern __shared__ double shared[];
    HardwareWarp const warp;
    TeamMemory const memory(warp, arguments, shared);
    fit_queue(warp, arguments, memory, DeviceTeam(warp, arguments.team, memory.partials),
              LinkedPasses(arguments, memory));
}
}

}  // namespace warpfit::cuda
