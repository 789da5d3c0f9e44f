#include "tests/io/test_result_cases.hpp"

#include "warpfit/own_component.hpp"

#include <nlohmann/json.hpp>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace warpfit::test {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double pi = 3.14159265358979323846;

double gaussian(double x, Values const& p)
{
    double const u = (x - p.at("centre")) / p.at("sigma");
    return p.at("A") / (p.at("sigma") * std::sqrt(2 * pi)) * std::exp(-u * u / 2);
}

double lorentzian(double x, Values const& p)
{
    double const u = x - p.at("centre"), g = p.at("gamma");
    return p.at("A") / pi * g / (u * u + g * g);
}

/// Bytes of small integers as `type`.
template<class T>
std::vector<std::byte> counts(std::size_t n, bool swapped = false)
{
    std::vector<std::byte> bytes(n * sizeof(T));
    for (std::size_t i = 0; i < n; ++i) {
        auto const value = static_cast<T>((i * 37) % 200);
        std::byte* const at = bytes.data() + i * sizeof(T);
        std::memcpy(at, &value, sizeof(T));
        if (swapped) std::reverse(at, at + sizeof(T));
    }
    return bytes;
}

std::vector<double> doubles(std::size_t n)
{
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<double>((i * 37) % 200);
    return values;
}

void set(Component& component, Values const& values)
{
    for (auto const& [name, value] : values) component[name].set_value(value);
}

void all_channels(ResultCase& c)
{
    c.channel_switches.assign(c.signal.num_channels(), 1);
}

}  // namespace

Axis axis(std::string name, std::string units, std::size_t size, double offset, double scale)
{
    Axis a;
    a.name = std::move(name);
    a.units = std::move(units);
    a.size = size;
    a.offset = offset;
    a.scale = scale;
    return a;
}

FitResult make_result(ResultCase const& c, std::vector<std::size_t> const& failed)
{
    Model const& model = c.file.model;
    std::size_t const n = c.signal.num_pixels();
    FitResult r;
    r.shape = c.signal.navigation_shape();
    r.num_channels = static_cast<std::size_t>(std::count(c.channel_switches.begin(), c.channel_switches.end(), 1));
    r.device = "cpu";
    r.instructions = "avx2";
    r.precision = "float64";
    r.optimizer = "lm";
    r.loss = "ls";
    r.start = "auto";
    r.layout = "points";
    r.threads = 2;
    r.seconds = 0.125;
    r.notes = {"one choice", "another: \"quoted\", µ"};
    for (std::size_t i = 0; i < n; ++i) {
        bool const is_failed = std::find(failed.begin(), failed.end(), i) != failed.end();
        r.status.push_back(is_failed ? FitStatus::bad_input : static_cast<FitStatus>(i % 4));
        r.chisq.push_back(is_failed ? nan : 10.0 + 0.5 * static_cast<double>(i));
        r.dof.push_back(is_failed ? 0 : static_cast<int>(r.num_channels) - 3);
        r.red_chisq.push_back(is_failed ? nan : r.chisq[i] / r.dof[i]);
        r.iterations.push_back(is_failed ? 0 : 3 + static_cast<int>(i));
    }
    std::map<std::string, std::vector<double>> known;
    auto const is_known = [&](std::string const& path) { return known.contains(path); };
    for (Component const& component : model.components())
        for (Parameter const& parameter : component.parameters()) {
            std::string const path = component.name() + "." + parameter.name();
            if (model.is_twin(path)) continue;
            std::vector<double> values(n);
            for (std::size_t i = 0; i < n; ++i) {
                double const step = parameter.is_free() ? 0.01 * static_cast<double>(i % 7) : 0.0;
                values[i] = parameter.value() * (1 + step);
            }
            known[path] = values;
        }
    for (std::size_t round = 0; round < model.twins().size(); ++round)
        for (Twin const& twin : model.twins()) {
            if (is_known(twin.parameter) || !is_known(twin.to)) continue;
            std::vector<double> values = known[twin.to];
            auto const function = c.twin_functions.find(twin.parameter);
            if (function != c.twin_functions.end())
                for (double& v : values) v = function->second(v);
            known[twin.parameter] = values;
        }
    for (Component const& component : model.components())
        for (Parameter const& parameter : component.parameters()) {
            std::string const path = component.name() + "." + parameter.name();
            ParameterMap map;
            map.component = component.name();
            map.parameter = parameter.name();
            map.free = parameter.is_free() && !model.is_twin(path);
            map.values = known.at(path);
            for (std::size_t i = 0; i < n; ++i) {
                bool const has_error = parameter.is_free() || model.is_twin(path);
                map.standard_errors.push_back(has_error ? 0.25 + 0.125 * static_cast<double>(i) : 0.0);
                if (!has_values(r.status[i])) map.values[i] = map.standard_errors[i] = nan;
            }
            r.parameters.push_back(std::move(map));
        }
    return r;
}

std::string expectations_json(ResultCase const& c)
{
    using nlohmann::json;
    Model const& model = c.file.model;
    FitResult const& r = c.result;
    std::size_t const n = r.num_pixels();
    auto const number = [](double v) -> json { return std::isfinite(v) ? json(v) : json(nullptr); };
    auto const numbers = [&](std::vector<double> const& values) {
        json list = json::array();
        for (double const v : values) list.push_back(number(v));
        return list;
    };
    json j;
    j["title"] = c.signal.title;
    j["signal_type"] = c.signal.signal_type;
    j["dtype"] = name_of(c.signal.type());
    j["signal_dimension"] = c.signal.signal_axes().size();
    j["axes"] = json::array();
    bool const is_binned = c.file.data.binned.value_or(c.signal.is_binned());
    auto const add_axis = [&](Axis const& a, bool navigate) {
        std::vector<double> values;
        for (std::size_t i = 0; i < a.size; ++i) values.push_back(a.value(i));
        j["axes"].push_back({{"name", a.name},
                             {"units", a.units},
                             {"values", values},
                             {"navigate", navigate},
                             {"is_binned", navigate ? a.is_binned : is_binned}});
    };
    for (Axis const& a : c.signal.navigation_axes()) add_axis(a, true);
    for (Axis const& a : c.signal.signal_axes()) add_axis(a, false);
    j["data"] = json::array();
    for (std::size_t i = 0; i < n; ++i)
        for (double const v : c.signal.pixel(i)) j["data"].push_back(number(v));
    j["variance"] = c.variance;
    j["metadata"] = c.signal.metadata;
    j["channel_switches"] = c.channel_switches;
    j["chisq"] = numbers(r.chisq);

    std::vector<int> hyperspy_dof(n, 0);
    j["components"] = json::array();
    std::size_t map_index = 0, component_index = 0;
    for (Component const& component : model.components()) {
        json k{{"name", component.name()}, {"class", c.classes.at(component_index++)}};
        auto const is_active = [&](std::size_t i) {
            return component.active_map().empty() ? component.is_active() : component.active_map()[i] != 0;
        };
        k["active"] = json::array();
        for (std::size_t i = 0; i < n; ++i) k["active"].push_back(is_active(i));
        for (Parameter const& parameter : component.parameters()) {
            ParameterMap const& map = r.parameters.at(map_index++);
            std::string const path = component.name() + "." + parameter.name();
            bool const is_twin = model.is_twin(path);
            json p{{"name", parameter.name()}, {"free", map.free}, {"values", numbers(map.values)}};
            bool const has_error = map.free || is_twin;
            p["std"] = has_error ? numbers(map.standard_errors) : numbers(std::vector<double>(n, nan));
            p["is_set"] = json::array();
            for (std::size_t i = 0; i < n; ++i) {
                p["is_set"].push_back(has_values(r.status[i]));
                if (map.free && is_active(i) && has_values(r.status[i])) ++hyperspy_dof[i];
            }
            p["bmin"] = number(parameter.bmin());
            p["bmax"] = number(parameter.bmax());
            for (Twin const& twin : model.twins())
                if (twin.parameter == path) p["twin"] = {{"to", twin.to}};
            k["parameters"].push_back(p);
        }
        j["components"].push_back(k);
    }
    j["dof"] = hyperspy_dof;
    if (c.signal.signal_type.starts_with("EDS")) {
        j["xray_lines"] = c.xray_lines;
        j["background_components"] = c.background_components;
    }

    auto const& axes = c.signal.signal_axes();
    j["model_at"] = json::array();
    for (std::size_t const pixel : c.model_pixels) {
        std::vector<double> curve;
        Axis const& x_axis = axes.back();
        std::size_t const rows = axes.size() == 2 ? axes.front().size : 1;
        for (std::size_t row = 0; row < rows; ++row)
            for (std::size_t column = 0; column < x_axis.size; ++column) {
                double const y = axes.size() == 2 ? axes.front().value(row) : 0.0;
                double sum = 0.0;
                std::size_t at = 0, index = 0;
                for (Component const& component : model.components()) {
                    Values values;
                    for (std::size_t k = 0; k < component.parameters().size(); ++k, ++at)
                        values[r.parameters[at].parameter] = r.parameters[at].values[pixel];
                    bool const is_active =
                        component.active_map().empty() ? component.is_active() : component.active_map()[pixel] != 0;
                    if (is_active) sum += c.curves.at(index)(x_axis.value(column), y, values);
                    ++index;
                }
                curve.push_back(is_binned && axes.size() == 1 ? sum * std::abs(x_axis.scale) : sum);
            }
        j["model_at"].push_back({{"pixel", pixel}, {"values", curve}});
    }
    return j.dump();
}

ResultCase eels_case()
{
    ResultCase c;
    c.name = "eels";
    Axis energy = axis("Energy loss", "eV", 64, 400.0, 2.0);
    energy.is_binned = true;
    std::vector<Axis> const navigation = {axis("y", "nm", 3, 0.0, 0.5), axis("x", "nm", 4, -1.0, 0.25)};
    std::size_t const n = 12 * 64;
    c.signal = Signal(navigation, {energy}, DataType::u16, counts<std::uint16_t>(n));
    c.signal.title = "an EELS map";
    c.signal.signal_type = "EELS";
    c.signal.metadata = {{"Acquisition_instrument.TEM.beam_energy", "200.0"},
                         {"Acquisition_instrument.TEM.Detector.EELS.collection_angle", "26.5"},
                         {"Acquisition_instrument.TEM.microscope", "none"},
                         {"General.notes", "5 times"},
                         {"General.count", "42"},
                         {"General.flag", "True"}};
    Variance variance;
    variance.kind = Variance::Kind::stored;
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = 1.0 + 0.125 * static_cast<double>(i % 50);
    variance.stored = Signal(navigation, {energy}, std::span<double const>(values)).data();
    c.signal.set_variance(variance);
    c.variance = values;

    Model& model = c.file.model;
    set(model.append("PowerLaw", "background"), {{"A", 2e9}, {"r", 2.75}});
    set(model.append("Gaussian", "N K"), {{"A", 120.0}, {"sigma", 3.5}, {"centre", 430.0}});
    Component& oxygen = model.append("Gaussian", "oxygen");
    set(oxygen, {{"A", 60.0}, {"sigma", 3.5}, {"centre", 490.0}});
    oxygen["centre"].set_bounds({480.0, 520.0});
    oxygen["A"].set_bounds({-unbounded, unbounded});
    model.set_twin({"oxygen.sigma", "N K.sigma", "", ""});
    model.set_twin({"oxygen.A", "N K.A", "0.5*q**2 + 1", "sqrt(2*abs(q - 1))"});
    c.twin_functions = {{"oxygen.A", [](double q) { return 0.5 * q * q + 1; }}};
    oxygen.set_active_map({1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 1});
    c.classes = {"PowerLaw", "Gaussian", "Gaussian"};
    c.curves = {[](double x, double, Values const& p) { return p.at("A") * std::pow(x - p.at("origin"), -p.at("r")); },
                [](double x, double, Values const& p) { return gaussian(x, p); },
                [](double x, double, Values const& p) { return gaussian(x, p); }};
    c.file.data.range = {{410.0, 440.0}, {460.0, 500.0}};
    c.channel_switches.assign(64, 0);
    for (std::size_t i = 0; i < 64; ++i) {
        double const x = 400.0 + 2.0 * static_cast<double>(i);
        c.channel_switches[i] = (x >= 410 && x <= 440) || (x >= 460 && x <= 500);
    }
    c.model_pixels = {0, 2, 6, 11};
    c.result = make_result(c, {5});
    return c;
}

namespace {

ResultCase expression_case()
{
    ResultCase c;
    c.name = "expression";
    Axis x = axis("x", "", 40, 0, 1);
    for (std::size_t i = 0; i < x.size; ++i)
        x.values.push_back(0.5 * static_cast<double>(i) + 0.01 * static_cast<double>(i * i));
    std::vector<std::byte> half(5 * 40 * 2);  // IEEE half: 1.5 = 0x3e00 up by one ulp each
    for (std::size_t i = 0; i < 200; ++i) {
        auto const bits = static_cast<std::uint16_t>(0x3e00 + i);
        std::memcpy(half.data() + 2 * i, &bits, 2);
    }
    c.signal = Signal({axis("position", "", 5, 0, 1)}, {x}, DataType::f16, std::move(half));
    c.signal.title = "half precision";
    ComponentOptions options;
    options.expression = "height*core*(1 + asym*tanh(beta)); core = exp(-beta**2/2); beta = (x - x0)/w_i";
    options.position = {"x0"};
    options.rename_parameters = {{"w_i", "width"}};
    Model& model = c.file.model;
    set(model.append(Component("Expression", "tilted", options)),
        {{"height", 20.0}, {"asym", 0.25}, {"x0", 8.0}, {"width", 3.0}});
    set(model.append(Component::expression("gamma + shape*arctan(x)*1e-1 + Min(x, 3.0) + maximum(x, 1) + log10(x + 1)",
                                           "reserved")),
        {{"gamma", 2.0}, {"shape", 4.0}});
    set(model.append(Component::expression("a*erf((x - b)/2)", "step")), {{"a", 3.0}, {"b", 10.0}});
    model["tilted"]["width"].set_bounds({0.01, unbounded});
    c.classes = {"Expression", "Expression", "Expression"};
    c.curves = {[](double v, double, Values const& p) {
                    double const t = (v - p.at("x0")) / p.at("width");
                    return p.at("height") * std::exp(-t * t / 2) * (1 + p.at("asym") * std::tanh(t));
                },
                [](double v, double, Values const& p) {
                    return p.at("gamma") + p.at("shape") * std::atan(v) * 0.1 + std::min(v, 3.0) + std::max(v, 1.0) +
                           std::log10(v + 1);
                },
                [](double v, double, Values const& p) { return p.at("a") * std::erf((v - p.at("b")) / 2); }};
    all_channels(c);
    c.model_pixels = {0, 4};
    c.result = make_result(c, {});
    return c;
}

ResultCase twelve_case()
{
    ResultCase c;
    c.name = "twelve";
    c.signal = Signal({axis("", "", 6, 0, 1)}, {axis("", "", 50, -1.0, 0.04)}, DataType::f32, counts<float>(300));
    c.signal.title = "";
    c.file.data.variance = "poisson";
    c.file.data.gain = 2.0;
    c.file.data.offset = 0.5;
    for (std::size_t i = 0; i < 300; ++i)
        c.variance.push_back(2.0 * std::max(static_cast<double>((i * 37) % 200), 1.0) + 0.5);
    Model& model = c.file.model;
    ComponentOptions order4;
    order4.order = 4;
    set(model.append(Component("Polynomial", "poly", order4)),
        {{"a0", 1.0}, {"a1", -2.0}, {"a2", 3.0}, {"a3", 0.5}, {"a4", -0.25}});
    c.classes = {"Expression"};
    c.curves = {[](double x, double, Values const& p) {
        return p.at("a0") + p.at("a1") * x + p.at("a2") * x * x + p.at("a3") * x * x * x + p.at("a4") * x * x * x * x;
    }};
    for (int i = 0; i < 11; ++i) {
        set(model.append("Lorentzian"), {{"A", 1.0 + i}, {"gamma", 0.1}, {"centre", -0.9 + 0.16 * i}});
        c.classes.push_back("Lorentzian");
        c.curves.push_back([](double x, double, Values const& p) { return lorentzian(x, p); });
    }
    model.components().back().set_active(false);
    all_channels(c);
    c.model_pixels = {0, 5};
    c.result = make_result(c, {2});
    return c;
}

ResultCase image_case()
{
    ResultCase c;
    c.name = "images";
    c.signal = Signal({axis("a", "", 2, 0, 1), axis("b", "", 3, 0, 1)},
                      {axis("y", "um", 12, 1.0, 0.5), axis("x", "um", 14, -2.0, 0.25)}, DataType::f64, [] {
                          auto const values = doubles(6 * 12 * 14);
                          auto const bytes = std::as_bytes(std::span(values));
                          return std::vector<std::byte>(bytes.begin(), bytes.end());
                      }());
    c.signal.title = "images";
    Variance variance;
    variance.kind = Variance::Kind::channel;
    for (std::size_t i = 0; i < 168; ++i) variance.channel.push_back(1.0 + 0.5 * static_cast<double>(i));
    c.signal.set_variance(variance);
    for (std::size_t pixel = 0; pixel < 6; ++pixel)
        c.variance.insert(c.variance.end(), variance.channel.begin(), variance.channel.end());
    Model& model = c.file.model;
    Values const spot = {{"A", 30.0}, {"sigma_x", 0.4}, {"sigma_y", 1.1}, {"centre_x", -0.5}, {"centre_y", 4.0}};
    set(model.append("Gaussian2D", "spot"), spot);
    ComponentOptions rotation;
    rotation.add_rotation = true;
    set(model.append(Component("Gaussian2D", "turned", rotation)), spot);
    model["turned"]["rotation_angle"].set_value(0.6);
    ComponentOptions plane;
    plane.expression = "b0 + bx*(x - x0) + by*(y - y0)";
    plane.position = {"x0", "y0"};
    set(model.append(Component("Expression", "plane", plane)),
        {{"b0", 2.0}, {"bx", 0.5}, {"by", -0.25}, {"x0", 0.125}, {"y0", 3.0}});
    c.classes = {"Gaussian2D", "Expression", "Expression"};
    auto const elliptic = [](double dx, double dy, Values const& p) {
        double const u = dx / p.at("sigma_x"), v = dy / p.at("sigma_y");
        return p.at("A") / (2 * pi * p.at("sigma_x") * p.at("sigma_y")) * std::exp(-u * u / 2 - v * v / 2);
    };
    c.curves = {
        [=](double x, double y, Values const& p) { return elliptic(x - p.at("centre_x"), y - p.at("centre_y"), p); },
        [=](double x, double y, Values const& p) {
            double const dx = x - p.at("centre_x"), dy = y - p.at("centre_y");
            double const co = std::cos(p.at("rotation_angle")), si = std::sin(p.at("rotation_angle"));
            return elliptic(dx * co - dy * si, dx * si + dy * co, p);
        },
        [](double x, double y, Values const& p) {
            return p.at("b0") + p.at("bx") * (x - p.at("x0")) + p.at("by") * (y - p.at("y0"));
        }};
    for (std::size_t i = 0; i < 168; ++i) c.file.data.channel_mask.push_back(i % 5 != 0);
    c.channel_switches = c.file.data.channel_mask;
    c.model_pixels = {0, 5};
    c.result = make_result(c, {3});
    return c;
}

ResultCase three_axes_case()
{
    ResultCase c;
    c.name = "three_axes";
    c.signal = Signal({axis("t", "s", 2, 0, 1), axis("y", "", 3, 0, 1), axis("x", "", 4, 0, 1)},
                      {axis("E", "eV", 30, 1.0, 0.1)}, DataType::i32, counts<std::int32_t>(24 * 30));
    c.signal.title = "three/axes";
    c.file.data.variance = "2.5";
    c.variance = {2.5};
    Model& model = c.file.model;
    set(model.append("Arctan"), {{"A", 2.0}, {"k", 3.0}, {"x0", 2.0}});
    set(model.append("Erf"), {{"A", 2.0}, {"sigma", 0.3}, {"origin", 3.0}});
    set(model.append("Exponential"), {{"A", 5.0}, {"tau", 2.0}});
    set(model.append("GaussianHF"), {{"height", 4.0}, {"fwhm", 0.5}, {"centre", 2.5}});
    set(model.append("Offset"), {{"offset", 1.5}});
    set(model.append("Gaussian"), {{"A", 4.0}, {"sigma", 0.5}, {"centre", 2.5}});
    model["Offset"]["offset"].set_free(false);
    model.set_twin({"GaussianHF.centre", "Erf.origin", "x - 0.5", ""});
    model.set_twin({"Gaussian.centre", "GaussianHF.centre", "pi*beta", ""});
    c.twin_functions = {{"GaussianHF.centre", [](double x) { return x - 0.5; }},
                        {"Gaussian.centre", [](double x) { return pi * x; }}};
    c.classes = {"Arctan", "Erf", "Exponential", "GaussianHF", "Offset", "Gaussian"};
    c.curves = {[](double x, double, Values const& p) { return p.at("A") * std::atan(p.at("k") * (x - p.at("x0"))); },
                [](double x, double, Values const& p) {
                    return p.at("A") / 2 * std::erf((x - p.at("origin")) / (std::sqrt(2.0) * p.at("sigma")));
                },
                [](double x, double, Values const& p) { return p.at("A") * std::exp(-x / p.at("tau")); },
                [](double x, double, Values const& p) {
                    double const u = (x - p.at("centre")) / p.at("fwhm");
                    return p.at("height") * std::exp(-4 * std::log(2.0) * u * u);
                },
                [](double, double, Values const& p) { return p.at("offset"); },
                [](double x, double, Values const& p) { return gaussian(x, p); }};
    all_channels(c);
    c.model_pixels = {0, 13, 23};
    c.result = make_result(c, {0, 7});
    c.model_pixels = {1, 13, 23};
    return c;
}

ResultCase single_case()
{
    ResultCase c;
    c.name = "single";
    Axis x = axis("", "", 32, 10.0, -0.25);
    x.is_binned = false;
    c.signal = Signal({}, {x}, DataType::f32, counts<float>(32, true), true);
    c.signal.title = "one spectrum";
    c.signal.signal_type = "EELS";
    c.file.data.binned = true;
    set(c.file.model.append("Gaussian"), {{"A", 4.0}, {"sigma", 1.5}, {"centre", 5.0}});
    c.classes = {"Gaussian"};
    c.curves = {[](double v, double, Values const& p) { return gaussian(v, p); }};
    all_channels(c);
    c.result = make_result(c, {});
    return c;
}

}  // namespace

/// The EELS map with a low loss of one channel at 0, a pixel or for all: the model stays what it is.
ResultCase convolved_case(bool is_common)
{
    ResultCase c = eels_case();
    c.name = is_common ? "one_low_loss" : "low_loss";
    std::vector<double> values(8 * (is_common ? 1 : c.signal.num_pixels()), 0.0);
    for (std::size_t i = 3; i < values.size(); i += 8) values[i] = 1.0;
    Axis const energy = axis("Energy loss", "eV", 8, -6.0, 2.0);
    c.signal.set_low_loss(Signal(is_common ? std::vector<Axis>{} : c.signal.navigation_axes(), {energy},
                                 std::span<double const>(values)));
    return c;
}

/// Components of a program's own, one named as functions of SymPy and ours are: HyperSpy gets their parameters and
/// maps, and not a number for their values.
ResultCase own_case()
{
    ResultCase c;
    c.name = "own";
    Axis const x = axis("x", "eV", 16, 1.0, 0.5);
    c.signal = Signal({axis("y", "nm", 6, 0.0, 1.0)}, {x}, DataType::f64, counts<double>(6 * 16));
    c.signal.title = "fitted with a function";
    Model& model = c.file.model;
    auto const f = [](double, std::span<double const> p) { return p[0]; };
    model.append(host_component(pointwise("Lab",
                                          {{.name = "height", .units = "y", .value = 3.0, .linear = true},
                                           {.name = "power", .value = 1.5, .bounds = {0.5, 2.0}},
                                           {.name = "gamma", .value = 0.25, .free = false}},
                                          f),
                                "star"));
    set(model.append("Gaussian", "line"), {{"A", 5.0}, {"sigma", 0.75}, {"centre", 4.0}});
    c.classes = {"Expression", "Gaussian"};
    c.curves = {[](double, double, Values const&) { return nan; },
                [](double at, double, Values const& p) { return gaussian(at, p); }};
    all_channels(c);
    c.model_pixels = {1};
    c.result = make_result(c, {3});
    return c;
}

/// A pattern that is taken as it is, and a formula with names and functions that few have.
ResultCase pattern_case()
{
    ResultCase c;
    c.name = "pattern";
    Axis const x = axis("x", "eV", 16, 1.0, 0.5);
    c.signal = Signal({axis("y", "nm", 6, 0.0, 1.0)}, {x}, DataType::f64, counts<double>(6 * 16));
    c.signal.title = "fitted with a pattern";
    ComponentOptions options;
    options.pattern = {1.0, 0.5, {}, false};
    for (int i = 0; i < 16; ++i) options.pattern.values.push_back(3.0 + i % 5);
    options.interpolate = false;
    Model& model = c.file.model;
    set(model.append(Component("ScalableFixedPattern", "pattern", options)),
        {{"yscale", 2.0}, {"xscale", 1.5}, {"shift", 0.25}});
    set(model.append(Component::expression("α*gamma(größe*x/9 + 1) + arcsinh(αS*x) + S*gammaln(x)", "special")),
        {{"α", 3.0}, {"größe", 0.5}, {"αS", 0.75}, {"S", 0.125}});
    c.classes = {"ScalableFixedPattern", "Expression"};
    c.curves = {[values = options.pattern.values](double at, double, Values const& p) {
                    return p.at("yscale") * values[static_cast<std::size_t>(std::lround((at - 1.0) / 0.5))];
                },
                [](double at, double, Values const& p) {
                    return p.at("α") * std::tgamma(p.at("größe") * at / 9 + 1) + std::asinh(p.at("αS") * at) +
                           p.at("S") * std::lgamma(at);
                }};
    all_channels(c);
    c.model_pixels = {1, 5};
    c.result = make_result(c, {3});
    return c;
}

/// Two lines, one of a family's others and one that is its master, on a constant; or the constant alone.
ResultCase eds_case(std::string const& type, bool has_lines)
{
    ResultCase c;
    c.name = type + (has_lines ? "" : "_background");
    Axis energy = axis("Energy", "keV", 80, 5.5, 0.05);
    energy.is_binned = true;
    c.signal = Signal({axis("x", "nm", 3, 0.0, 1.0)}, {energy}, DataType::u16, counts<std::uint16_t>(3 * 80));
    c.signal.title = "an EDS line scan";
    c.signal.signal_type = type;
    std::string const instrument = "Acquisition_instrument." + type.substr(type.size() - 3);
    c.signal.metadata = {{instrument + ".beam_energy", "20.0"}};
    Model& model = c.file.model;
    set(model.append("Offset", "constant"), {{"offset", 3.0}});
    c.classes = {"Offset"};
    c.curves = {[](double, double, Values const& p) { return p.at("offset"); }};
    c.background_components = {"constant"};
    if (has_lines) {
        set(model.append("Gaussian", "Fe_Kb"), {{"A", 16.0}, {"sigma", 0.0625}, {"centre", 7.058}});
        set(model.append("Gaussian", "Fe_Ka"), {{"A", 128.0}, {"sigma", 0.0625}, {"centre", 6.4039}});
        model.set_twin({"Fe_Kb.A", "Fe_Ka.A", "0.125 * x", "8 * x"});
        c.twin_functions = {{"Fe_Kb.A", [](double x) { return 0.125 * x; }}};
        for (int i = 0; i < 2; ++i) {
            c.classes.push_back("Gaussian");
            c.curves.push_back([](double x, double, Values const& p) { return gaussian(x, p); });
        }
        c.xray_lines = {"Fe_Ka"};
    }
    all_channels(c);
    c.model_pixels = {0, 2};
    c.result = make_result(c, {});
    return c;
}

std::vector<ResultCase> result_cases()
{
    std::vector<ResultCase> cases;
    cases.push_back(eels_case());
    cases.push_back(convolved_case(true));
    cases.push_back(convolved_case(false));
    cases.push_back(expression_case());
    cases.push_back(twelve_case());
    cases.push_back(image_case());
    cases.push_back(three_axes_case());
    cases.push_back(single_case());
    cases.push_back(own_case());
    cases.push_back(pattern_case());
    cases.push_back(eds_case("EDS_TEM", true));
    cases.push_back(eds_case("EDS_SEM", true));
    cases.push_back(eds_case("EDS_TEM", false));
    return cases;
}

}  // namespace warpfit::test
