#include "src/cli/json_output.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace warpfit::cli {
namespace {

std::string written(double v)
{
    JsonWriter json;
    json.value(v);
    return json.text();
}

TEST(JsonWriter, NumbersReadBackToTheSameDouble)
{
    for (double const v : {0.1, 1.0 / 3.0, 5e-324, 1.7976931348623157e308, -2.2250738585072014e-308, 123456789.0})
        EXPECT_EQ(nlohmann::json::parse(written(v)).get<double>(), v);
    EXPECT_EQ(written(0.1), "0.1");
}

TEST(JsonWriter, WhatIsNotFiniteIsNull)
{
    EXPECT_EQ(written(std::nan("")), "null");
    EXPECT_EQ(written(std::numeric_limits<double>::infinity()), "null");
    EXPECT_EQ(written(-std::numeric_limits<double>::infinity()), "null");
}

TEST(JsonWriter, NestsAndEscapes)
{
    JsonWriter json;
    json.begin_object();
    json.member("a\"b", "line\nend\\ \x01");
    json.member_array("empty", std::vector<double>());
    json.key("list");
    json.begin_array();
    json.begin_object();
    json.member("truth", true);
    json.end_object();
    json.value(std::size_t{7});
    json.value(std::string_view("\u03c3"));
    json.end_array();
    json.member_array("numbers", std::vector<double>{1.5, std::nan("")});
    json.end_object();
    nlohmann::json const expected = {{"a\"b", "line\nend\\ \x01"},
                                     {"empty", nlohmann::json::array()},
                                     {"list", {{{"truth", true}}, 7, "\u03c3"}},
                                     {"numbers", {1.5, nullptr}}};
    EXPECT_EQ(nlohmann::json::parse(json.text()), expected);
}

FitResult two_pixels()
{
    FitResult result;
    result.shape = {2};
    result.num_channels = 5;
    result.device = "cpu";
    result.seconds = 0.5;
    result.parameters.push_back({"Offset", "offset", true, {1.5, std::nan("")}, {0.25, std::nan("")}});
    result.chisq = {4.0, std::nan("")};
    result.red_chisq = {1.0, std::nan("")};
    result.dof = {4, 0};
    result.iterations = {3, 0};
    result.status = {FitStatus::converged, FitStatus::bad_input};
    return result;
}

TEST(ResultJson, HasTheFormOfTheInterface)
{
    Model model;
    model.append("Offset");
    nlohmann::json const json = nlohmann::json::parse(result_json(two_pixels(), model, true));
    EXPECT_EQ(json.at("shape"), nlohmann::json({2}));
    EXPECT_EQ(json.at("num_channels"), 5);
    EXPECT_EQ(json.at("pixels_per_second"), 4.0);
    EXPECT_EQ(json.at("status"), (nlohmann::json{{"converged", 1}, {"bad_input", 1}}));
    EXPECT_EQ(json.at("status_map"), nlohmann::json({0, 4}));
    EXPECT_EQ(json.at("dof"), nlohmann::json({4, 0}));
    nlohmann::json const& component = json.at("components").at(0);
    EXPECT_EQ(component.at("name"), "Offset");
    EXPECT_EQ(component.at("type"), "Offset");
    nlohmann::json const& parameter = component.at("parameters").at(0);
    EXPECT_EQ(parameter.at("values"), nlohmann::json({1.5, nullptr}));
    EXPECT_EQ(parameter.at("standard_errors"), nlohmann::json({0.25, nullptr}));
    EXPECT_EQ(parameter.at("free"), true);
}

TEST(ResultJson, LeavesMapsOutWhenAsked)
{
    Model model;
    model.append("Offset");
    nlohmann::json const json = nlohmann::json::parse(result_json(two_pixels(), model, false));
    EXPECT_FALSE(json.contains("chisq"));
    EXPECT_FALSE(json.contains("status_map"));
    EXPECT_FALSE(json.at("components").at(0).at("parameters").at(0).contains("values"));
}

}  // namespace
}  // namespace warpfit::cli
