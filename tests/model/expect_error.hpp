#pragma once

#include "warpfit/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

namespace warpfit::testing {

/// The text of the InvalidArgument that call throws; a failure if it throws none.
template<class F>
std::string error_of(F&& call)
{
    try {
        call();
    } catch (InvalidArgument const& error) {
        return error.what();
    }
    ADD_FAILURE() << "expected InvalidArgument";
    return {};
}

}  // namespace warpfit::testing
