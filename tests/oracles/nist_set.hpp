#pragma once

#include "warpfit/model.hpp"

#include <string>
#include <vector>

namespace warpfit::testing {

/// One of NIST's Statistical Reference Datasets (StRD) for nonlinear regression.
///
/// Certified to 11 digits, from computations in 128 bits.
struct NistSet
{
    std::string name;
    std::string formula;  ///< HyperSpy's syntax in x (and y where there are two predictors)
    std::vector<std::string> parameters;
    std::vector<double> start1, start2;  ///< far, near
    std::vector<double> certified, certified_sd;
    double rss;

    std::vector<std::string> columns;       ///< response, then predictors
    std::vector<std::vector<double>> data;  ///< [columns][observations], the response transformed as the set says

    std::vector<double> const& start(int number) const { return number == 1 ? start1 : start2; }
    int dof() const { return static_cast<int>(data[0].size() - parameters.size()); }
    /// The formula as one Expression, named like the set.
    Model model(int start_number) const;
};

/// Throws std::runtime_error.
NistSet read_nist(std::string const& name);

/// Largest relative errors against the certificate.
struct NistErrors
{
    double parameter = 0.0;
    double sd = 0.0;
    double rss = 0.0;
};

/// What the tests hold a fit to.
NistErrors nist_tolerance(std::string const& name);

inline constexpr char const* nist_names[] = {
    "Bennett5", "BoxBOD",  "Chwirut1", "Chwirut2", "DanWood",  "ENSO",     "Eckerle4", "Gauss1", "Gauss2",
    "Gauss3",   "Hahn1",   "Kirby2",   "Lanczos1", "Lanczos2", "Lanczos3", "MGH09",    "MGH10",  "MGH17",
    "Misra1a",  "Misra1b", "Misra1c",  "Misra1d",  "Rat42",    "Rat43",    "Roszman1", "Thurber"};

}  // namespace warpfit::testing
