#pragma once

#include "kernels/program/plan.hpp"

/// What start values are estimated from, as plain data; views on arrays that src/fit/estimators.hpp owns.
namespace warpfit::estimate {

/// How a term's parameters follow from the data.
enum class Kind : int {
    // What lies below everything else.
    offset,
    power_law,
    exponential,
    polynomial,
    level,  ///< of an image: its first parameter is the height of a plane
    // Peaks: peak_shape.hpp.
    gaussian,
    gaussian_hf,
    lorentzian,
    voigt,
    pes_voigt,
    pes_core_line_shape,
    pseudo_voigt,
    split_voigt,
    doniach,
    skew_normal,
    exponential_gaussian,
    biexponential_gaussian,
    fano,
    asymmetric_lorentzian,
    volume_plasmon_drude,
    // Of EELS.
    edge,
    // Peaks of images.
    gaussian_2d,
    lorentzian_2d,
    disk_2d,
    ring_2d
};

/// A term that is estimated.
struct Subject
{
    int term;  ///< of Plan::model
    Kind kind;
    int convolved;  ///< 1: the data show it times the sum of the low loss
};

/// A derived quantity that was given, and the parameter that follows from it where estimates move others.
struct Given
{
    int first_slot;  ///< of the component
    int slot;
    int code;  ///< of Plan::model: value of the slot, of the slots from first_slot on
};

struct Plan
{
    /// Every term as it shows without a low loss, on the axis of the used channels, tables too: nothing is convolved.
    program::Plan model;
    int num_low_loss;  ///< channels of a pixel's low loss; 0: nothing is convolved

    Subject const* backgrounds;  ///< in the model's order, as all of them
    int num_backgrounds;
    Subject const* edges;
    int num_edges;
    Subject const* peaks;
    int num_peaks;
    Subject const* spots;
    int num_spots;

    unsigned char const* keeps;  ///< [num_slots] 1: was given by somebody, is fixed or a twin, and stays
    Given const* given;
    int num_given;
    double const* start;   ///< [num_free] of a batch without starts
    double x_low, x_high;  ///< ends of the axis of the used channels
};

/// Where a batch's estimates go.
struct Results
{
    double* values;               ///< [count, num_free] the start, but what was estimated
    unsigned char* is_estimated;  ///< [count] 0: masked, or data that are not finite: values are the start
};

/// The one term of a model.
WARPFIT_HD inline bool is_alone(Plan const& plan)
{
    return plan.model.num_terms == 1;
}

/// Whether what only ever adds to a background is in the model.
WARPFIT_HD inline bool is_crowded(Plan const& plan)
{
    return plan.num_peaks > 0 || plan.num_edges > 0 || plan.num_spots > 0;
}

}  // namespace warpfit::estimate
