#pragma once

#include "kernels/core/portability.hpp"
#include "kernels/program/expression_code.hpp"

/// The waist of the house: everything a backend needs to fit pixels, as plain data. Views on arrays
/// owned by src/fit/fit_plan.hpp; nothing here allocates.
namespace warpfit::program {

enum class SlotKind : int {
    free,   ///< fitted; index = its column in [0, num_free)
    fixed,  ///< the same value in every pixel: `value`
    pixel,  ///< fixed, with its own value in every pixel; index = its column in PixelBatch::pixel_values
    twin    ///< a function of another slot; index = its entry in twins
};

/// One place in the concatenated parameter array of all terms (component by component, in the order
/// in which each component declares its parameters).
struct Slot
{
    SlotKind kind;
    int index;
    double value;
};

/// value(slot) = code(value(parent)). Twins are listed parents first.
struct Twin
{
    int slot;
    int parent;
    int code;  ///< scalar expression of one parameter in Plan::codes; -1: identity
};

/// One summand of the model.
struct Term
{
    int component;  ///< position in kernels/components/builtins.hpp; -1: expression or function
    int code;       ///< expression: entry of Plan::codes; else -1
    int first_slot;
    int num_slots;
    int tables;           ///< first column of Plan::tables that this term reads, -1: none
    int hoisted;          ///< 1: the component's Hoisted form (what depends on the channel alone is tabulated)
    int active_bit;       ///< bit of PixelBatch::active that switches this term off in a pixel; -1: always on
    int cumulative = -1;  ///< slot, counted from first_slot, of k: the term is f + k * sum of f over the used channels
                          ///< behind this one; -1: f alone
    int convolved = 0;    ///< 1: with the pixel's low loss; its tables are then columns of Convolution::tables
    int function = -1;    ///< function: entry of Plan::functions; else -1
    int onset = -1;       ///< expression: slot, counted from first_slot, below which, by more than `rise`, f is 0 for
    double rise = 0.0;    ///< whatever other parameters; -1: it has none
};

/// A component of the caller's own: compiled code for the CPU, the text of a functor for the GPU, or both.
struct Function
{
    /// f and df/dp at `count` channels, in double. y: null in 1D; value [count]; gradient [num_slots] rows of [count],
    /// null where not asked for; gradient null: none is. Called by several threads at once, with parts of the axis in
    /// any order. Throws nothing: a value that is not finite says that it failed. null: for the GPU alone.
    void (*evaluate)(void const* context, double const* x, double const* y, int count, double const* p, double* value,
                     double* const* gradient);
    void const* context;
    /// As a component's window(); null: everywhere.
    void (*window)(double const* p, double cutoff, double& lo, double& hi);
    char const* name;        ///< the component's, for messages
    char const* text;        ///< header that defines the functor (kernels/core/functor.hpp); null: for the CPU alone
    char const* file;        ///< what messages call it
    char const* type;        ///< the functor in it: "lab::MyPeak"
    char const* parameters;  ///< their names in order: "A,sigma,centre"
};

/// How the value of a term follows from its columns, which spares a convolution.
enum class TermForm : int {
    evaluated,  ///< not at all
    columns,    ///< it is the sum of value * column over its linear parameters, whatever the others are
    constant,   ///< its columns, twins' factors included, are the same in every pixel and pass; the value is theirs
                ///< times the free parameters, and what is left where these are 0
    products    ///< it is the sum of its Convolution::products
};

/// A column that is the same in every pixel and pass, times the values of some slots of its term.
struct Product
{
    int term;
    int first_factor;  ///< of its slots, in Convolution::factors
    int num_factors;
};

/// A model that is convolved with a spectrum of each pixel: model[i] = sum_d low_loss[zero + d] f(x_i - d step), f the
/// sum of the convolved terms. With the axis below that is numpy.convolve(low_loss, f(x), "valid").
struct Convolution
{
    int num_low_loss;      ///< channels of a low loss
    int first;             ///< stored channel that the first value of the convolution belongs to
    int num_values;        ///< values of the convolution: it reaches to the last used channel
    int num_x;             ///< num_values + num_low_loss - 1
    double const* x;       ///< [num_x] axis on which convolved terms are evaluated: begins
                           ///< (num_low_loss - 1 - zero) steps before channel `first` [axis unit]
    double const* tables;  ///< [num_tables, num_x]
    int num_tables;
    TermForm const* forms;  ///< [num_terms], convolved or not. Products aside, a free parameter, its twins included,
                            ///< belongs to constant terms alone or to none; likewise the linear ones of `columns`
    unsigned char const*
        linear;  ///< [num_free] 1: the value of terms of form columns is this parameter's column times it
    Product const* products;
    int num_products;
    int const* factors;  ///< [num_factors] slots of the products
    int num_factors;
    double const* product_columns;  ///< [num_products, num_x]
    int const* value_of;            ///< [num_channels] which value of the convolution each used channel is
    int const* moved;               ///< free parameters that convolved terms follow, ascending
    int num_moved;
};

enum class Precision : int {
    float32,  ///< channels and parameters in float, sums folded into double
    mixed,    ///< float32 until converged, then finished in float64
    float64
};

/// Run of used channels: [first, first + count) of the stored channels.
struct ChannelRun
{
    Index first;
    Index count;
};

struct Options
{
    Precision precision;
    int max_iterations;  ///< accepted and rejected steps together
    double tolerance;    ///< stop when the predicted decrease of chi2 <= tolerance * chi2
    int bounded;         ///< 0: bmin, bmax are ignored
    int scale_errors;    ///< 1: standard errors times sqrt(reduced chi2)
};

/// Two free parameters whose correlation is asked for.
struct Pair
{
    int first, second;
};

struct Plan
{
    int dimension;           ///< signal axes: 1 or 2
    int num_channels;        ///< used channels
    Index stored_channels;   ///< channels of a pixel as stored
    ChannelRun const* runs;  ///< the used ones, ascending
    int num_runs;

    double const* x;       ///< [num_channels] axis value of each used channel [axis unit]
    double const* y;       ///< [num_channels] second axis (slow one); null in 1D
    double const* width;   ///< [num_channels] channel widths of a binned signal; null: not binned
    double const* tables;  ///< [num_tables, num_channels] values that depend on the channel alone
    int num_tables;

    Term const* terms;
    int num_terms;
    Slot const* slots;
    int num_slots;
    Twin const* twins;
    int num_twins;
    ExpressionCode const* codes;
    int num_codes;
    Function const* functions;  ///< host memory, also for a device
    int num_functions;

    int num_free;
    double const* bmin;           ///< [num_free]
    double const* bmax;           ///< [num_free]
    unsigned char const* linear;  ///< [num_free] 1: the model is proved linear in all of these jointly
    int num_pixel_values;         ///< columns of PixelBatch::pixel_values

    Convolution const* convolution;  ///< null: no term is convolved

    Pair const* pairs;  ///< ascending by `first`
    int num_pairs;

    Options options;
};

/// Element type of stored data. Order is part of the journal and the backend's C table.
enum class Type : int { u8, i8, u16, i16, u32, i32, u64, i64, f16, f32, f64 };

WARPFIT_HD constexpr int size_of(Type type)
{
    switch (type) {
    case Type::u8:
    case Type::i8:
        return 1;
    case Type::u16:
    case Type::i16:
    case Type::f16:
        return 2;
    case Type::u32:
    case Type::i32:
    case Type::f32:
        return 4;
    default:
        return 8;
    }
}

/// How the variance of each channel is known. Weights are 1 / variance.
enum class VarianceKind : int {
    none,     ///< unweighted
    number,   ///< one number for all
    channel,  ///< [num_channels] doubles, the same in every pixel
    stored,   ///< raw values shaped like the data
    poisson   ///< gain * max(counts, 1) + offset, from the data themselves
};

/// Raw values of consecutive pixels.
struct RawPixels
{
    void const* data;  ///< null: none
    Type type;
    int swapped;         ///< 1: the other byte order
    Index pixel_stride;  ///< bytes from one pixel to the next
};

struct PixelBatch
{
    Index count;
    RawPixels signal;
    VarianceKind variance_kind;
    double variance_number;            ///< number; poisson: gain
    double variance_offset;            ///< poisson: offset
    double const* variance_channel;    ///< channel: [num_channels]
    RawPixels variance;                ///< stored
    double const* start;               ///< [count, num_free]; a pixel whose start is not finite ends as bad_start
    double const* pixel_values;        ///< [count, num_pixel_values]
    unsigned long long const* active;  ///< [count] bit per term; null: all on
    unsigned char const* masked;       ///< [count] 1: skip this pixel; null: fit all
    RawPixels low_loss;  ///< [count, num_low_loss] of the plan's convolution; stride 0: one for all pixels
};

/// Where each pixel ends: INTERFACE.md's table.
enum class Status : unsigned char {
    converged,           ///< predicted decrease <= tolerance * chi2, or a step below the precision of the parameters
    converged_at_bound,  ///< the same, with at least one parameter held at a bound
    max_iterations,      ///< neither after Options::max_iterations steps
    singular,            ///< converged, but J'WJ is singular to working precision at the end
    bad_input,           ///< NaN or infinite data or low loss, no channel with a finite positive variance, no low loss
    too_few_channels,    ///< fewer channels with weight than free parameters
    bad_start,           ///< the model is not finite at the start values
    masked,
    cancelled,
    device_error,
    not_run
};

struct BatchResults
{
    double* parameters;              ///< [count, num_free]; NaN where the status has no values
    double* standard_errors;         ///< [count, num_free]
    double* chisq;                   ///< [count]
    int* dof;                        ///< [count] channels - free parameters not held at a bound
    int* iterations;                 ///< [count]
    Status* status;                  ///< [count]
    double* correlations = nullptr;  ///< [count, num_pairs] 0 where one of the two is held or undetermined; null: not
                                     ///< wanted
};

}  // namespace warpfit::program
