#include "tests/backends/cuda/own_models.hpp"

#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

namespace warpfit::testing {

using namespace components;

std::string source_text(std::string const& path)
{
    std::ifstream file(std::string(WARPFIT_TEST_DIR "/../") + path);
    if (!file) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

program::Function own_function(std::string const& type)
{
    struct Known
    {
        std::string path, file, parameters, text{};
        decltype(program::Function::window) window = nullptr;
    };
    static std::map<std::string, Known> known{
        {"lab::Moffat", {"examples/components/moffat.hpp", "moffat.hpp", "height,centre,width,power"}},
        {"trial::HandPeak", {"tests/own/hand_peak.hpp", "hand_peak.hpp", "A,sigma,centre", "", &Gaussian::window}},
        {"trial::Ring", {"tests/own/ring.hpp", "ring.hpp", "A,radius,width,x0,y0"}}};
    auto const found = known.find(type);
    Known& own = found->second;
    if (own.text.empty()) own.text = source_text(own.path);
    return {nullptr,          nullptr,          own.window,           "own",
            own.text.c_str(), own.file.c_str(), found->first.c_str(), own.parameters.c_str()};
}

std::vector<OwnModel> own_models()
{
    std::vector<OwnModel> models;
    auto const add = [&](PlanBuilder& builder, PlanBuilder& reference, std::string const& type,
                         std::string const& formula, std::vector<std::string> const& names,
                         std::vector<SlotSpec> const& slots, int active_bit = -1) {
        builder.add_function(own_function(type), slots, active_bit);
        reference.add_expression(formula, names, slots, active_bit);
    };

    PlanBuilder line, formulas;
    for (PlanBuilder* builder : {&line, &formulas}) {
        builder->line(100, 0.5, 0.25);
        builder->add<Offset>({free_slot(1.0)});
    }
    std::string const moffat = "height * (1 + ((x - centre)/width)**2)**(-b)";
    std::vector<std::string> const of_moffat{"height", "centre", "width", "b"};
    add(line, formulas, "lab::Moffat", moffat, of_moffat,
        {free_slot(4.0), free_slot(7.0), free_slot(1.2), free_slot(1.7)});
    add(line, formulas, "lab::Moffat", moffat, of_moffat,
        {twin_slot(1, "x/2"), free_slot(12.0), twin_slot(3), pixel_slot()}, 0);
    add(line, formulas, "trial::HandPeak", "A/(sigma*sqrt(2*pi))*exp(-((x - centre)/sigma)**2/2)",
        {"A", "sigma", "centre"}, {free_slot(9.0), fixed_slot(1.5), free_slot(18.0)});
    for (PlanBuilder* builder : {&line, &formulas}) builder->add_expression("a*x", {"a"}, {free_slot(0.01)});
    models.push_back({"OwnPeaks", line, formulas});

    PlanBuilder image, image_formulas;
    for (PlanBuilder* builder : {&image, &image_formulas}) {
        builder->grid(12, 9, -3.0, 0.5);
        builder->add<Offset>({free_slot(0.1)});
    }
    add(image, image_formulas, "trial::Ring", "A*exp(-(sqrt((x - x0)**2 + (y - y0)**2) - radius)**2/(2*width**2))",
        {"A", "radius", "width", "x0", "y0"},
        {free_slot(5.0), free_slot(1.5), free_slot(0.8), free_slot(0.3), free_slot(-0.6)});
    models.push_back({"OwnRing", image, image_formulas});
    return models;
}

}  // namespace warpfit::testing
