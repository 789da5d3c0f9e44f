#pragma once

#include "src/fit/cuda_plugin.hpp"
#include "warpfit/fit.hpp"

#include <cstdlib>
#include <gtest/gtest.h>
#include <string>
#include <tuple>
#include <vector>

namespace warpfit::testing {

/// A fit test runs on every backend, by its parameter: "cuda", "cpu", or a layout of the CPU ("points", "pixels").
inline std::vector<std::string> all_backends()
{
    return {"cpu", "cuda"};
}

/// The plugin of fits on "cuda": the library's own, or what WARPFIT_TEST_PLUGIN names. With fake_cuda_plugin there, all
/// tests of the GPU run on the host.
inline std::string test_plugin()
{
    char const* const path = std::getenv("WARPFIT_TEST_PLUGIN");
    return path != nullptr ? path : "";
}

/// Why nothing can be fitted on a backend here, in the loader's words; empty: it can.
inline std::string missing(std::string const& backend, std::string const& plugin = test_plugin())
{
    return backend == "cuda" ? CudaPlugin(plugin).problem() : "";
}

inline FitOptions options_on(std::string const& backend)
{
    FitOptions options;
    options.device = backend == "cuda" ? "cuda" : "cpu";
    options.plugin = test_plugin();
    if (backend != "cuda" && backend != "cpu") options.layout = backend;
    return options;
}

inline std::string backend_of(std::string const& backend)
{
    return backend;
}

template<class Other>
std::string backend_of(std::tuple<Other, std::string> const& parameter)
{
    return std::get<1>(parameter);
}

/// What fit tests derive from: skips a backend that is not here. backend_of() of the parameter says which it is.
template<class Parameter>
class BackendTest : public ::testing::TestWithParam<Parameter>
{
  protected:
    void SetUp() override
    {
        if (std::string const why = missing(backend_of(this->GetParam())); !why.empty()) GTEST_SKIP() << why;
    }
};

}  // namespace warpfit::testing
