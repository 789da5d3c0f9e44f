#include "tests/oracles/hyperspy_fixture.hpp"

#include "warpfit/io.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace warpfit::testing {
namespace {

using nlohmann::json;

std::vector<double> numbers(json const& list)
{
    std::vector<double> out;
    for (auto const& v : list) out.push_back(v.is_null() ? NAN : v.get<double>());
    return out;
}

Component component_of(json const& given)
{
    std::string const type = given.at("type");
    std::string const name = given.at("name");
    ComponentOptions options;
    if (type == "Polynomial") options.order = static_cast<int>(given.at("parameters").size()) - 1;
    if (type == "Expression") options.expression = given.at("expression");
    Component component(type, name, options);
    for (auto const& p : given.at("parameters")) {
        Parameter& parameter = component[p.at("name").get<std::string>()];
        auto const& bounds = p.at("bounds");
        parameter.set_bounds({bounds[0].is_null() ? -unbounded : bounds[0].get<double>(),
                              bounds[1].is_null() ? unbounded : bounds[1].get<double>()});
        parameter.set_value(p.at("start"));
        // Twins are not free in HyperSpy; the model's twin says so here.
        if (!p.contains("twin")) parameter.set_free(p.at("free"));
        if (p.contains("map")) parameter.set_map(numbers(p.at("map")));
    }
    if (given.contains("active_map"))
        component.set_active_map(given.at("active_map").get<std::vector<unsigned char>>());
    return component;
}

}  // namespace

HyperspyFixture::HyperspyFixture(std::string const& name)
{
    std::string const tests = WARPFIT_TEST_DIR;
    std::string path = tests + "/oracles/hyperspy/" + name + ".hspy";
    if (!std::filesystem::exists(path)) path = tests + "/io/data/" + name + ".hspy";
    signal = io::load(path);

    std::ifstream file(tests + "/oracles/hyperspy/" + name + ".json");
    json const given = json::parse(file);
    for (auto const& c : given.at("components")) model.append(component_of(c));
    for (auto const& c : given.at("components")) {
        for (auto const& p : c.at("parameters")) {
            if (!p.contains("twin")) continue;
            model.set_twin({c.at("name").get<std::string>() + "." + p.at("name").get<std::string>(),
                            p.at("twin").at("to"), p.at("twin").at("expression"), ""});
        }
    }
    num_channels = given.at("num_channels");
    if (!given.at("channels").is_null()) {
        Axis const& axis = signal.signal_axes().at(0);
        for (auto const& run : given.at("channels"))
            data.range.emplace_back(axis.value(run[0].get<std::size_t>()), axis.value(run[1].get<std::size_t>()));
    }
    auto const& optimum = given.at("optimum");
    for (auto const& [parameter, map] : optimum.at("values").items()) values[parameter] = numbers(map);
    for (auto const& [parameter, map] : optimum.at("std").items()) standard_errors[parameter] = numbers(map);
    chisq = numbers(optimum.at("chisq"));
}

void HyperspyFixture::start_from_previous_pixel()
{
    auto const shape = signal.navigation_shape();
    std::size_t const columns = shape.at(1);
    auto const pixel_of_step = [&](std::size_t step) {
        std::size_t const row = step / columns, column = step % columns;
        return row * columns + (row % 2 ? columns - 1 - column : column);
    };
    for (auto const& [path, optimum] : values) {
        Parameter& parameter = model.parameter(path);
        std::vector<double> map(optimum.size(), NAN);
        for (std::size_t step = 1; step < map.size(); ++step)
            map[pixel_of_step(step)] = optimum[pixel_of_step(step - 1)];
        parameter.set_map(map);
    }
}

}  // namespace warpfit::testing
