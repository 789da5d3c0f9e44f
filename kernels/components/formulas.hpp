#pragma once

#include "kernels/components/asymmetric_lorentzian.hpp"
#include "kernels/components/biexponential_gaussian.hpp"
#include "kernels/components/bleasdale.hpp"
#include "kernels/components/builtins.hpp"
#include "kernels/components/disk2d.hpp"
#include "kernels/components/doniach.hpp"
#include "kernels/components/double_power_law.hpp"
#include "kernels/components/eels_arctan.hpp"
#include "kernels/components/eels_cl_edge.hpp"
#include "kernels/components/exponential_gaussian.hpp"
#include "kernels/components/fano.hpp"
#include "kernels/components/gaussian_ring2d.hpp"
#include "kernels/components/heaviside_step.hpp"
#include "kernels/components/logistic.hpp"
#include "kernels/components/lorentzian2d.hpp"
#include "kernels/components/pes_core_line_shape.hpp"
#include "kernels/components/pes_voigt.hpp"
#include "kernels/components/plane.hpp"
#include "kernels/components/polynomial2d.hpp"
#include "kernels/components/pseudo_voigt.hpp"
#include "kernels/components/rc.hpp"
#include "kernels/components/scalable_fixed_pattern.hpp"
#include "kernels/components/see.hpp"
#include "kernels/components/skew_normal.hpp"
#include "kernels/components/split_voigt.hpp"
#include "kernels/components/vignetting.hpp"
#include "kernels/components/volume_plasmon_drude.hpp"

namespace warpfit::components {

/// Components without a hand-written functor: the expression compiler makes value and gradient from their formula, on
/// the CPU and on the GPU. A formula that is worth more moves to Builtins with an `evaluate` of its own.
using Formulas = TypeList<AsymmetricLorentzian, BiexponentialGaussian, Bleasdale, Disk2D, Doniach, DoublePowerLaw,
                          EELSArctan, EELSCLEdge, ExponentialGaussian, Fano, GaussianRing2D, HeavisideStep, Logistic,
                          Lorentzian2D, PESCoreLineShape, PESVoigt, Plane, Polynomial2D, PseudoVoigt, RC,
                          ScalableFixedPattern, SEE, SkewNormal, SplitVoigt, Vignetting, VolumePlasmonDrude>;

}  // namespace warpfit::components
