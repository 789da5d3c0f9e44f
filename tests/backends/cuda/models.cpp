#include "tests/backends/cuda/models.hpp"

#include "kernels/components/formulas.hpp"
#include "src/expression/curve.hpp"

namespace warpfit::testing {

using namespace components;

namespace {

SlotSpec const open = free_slot(1.0);

PlanBuilder on_line()
{
    PlanBuilder builder;
    builder.line(100, 0.5, 0.25);
    return builder;
}

PlanBuilder on_grid()
{
    PlanBuilder builder;
    builder.grid(12, 9, -3.0, 0.5);
    return builder;
}

std::vector<SlotSpec> peak(double centre)
{
    return {free_slot(10.0), free_slot(1.5), free_slot(centre)};
}

std::vector<SlotSpec> fixed_law()
{
    return {free_slot(500.0), free_slot(1.3), fixed_slot(-1.0), fixed_slot(0.0)};
}

PlanBuilder hoisted_law_and_peaks(program::Precision precision)
{
    PlanBuilder builder = on_line();
    builder.add<PowerLaw>(fixed_law()).add<Gaussian>(peak(5.0)).add<Gaussian>(peak(12.0)).add<Gaussian>(peak(20.0));
    builder.options.precision = precision;
    return builder;
}

PlanBuilder switched()
{
    PlanBuilder builder = on_line();
    builder.add<Gaussian>(peak(7.0), 0).add<Lorentzian>({free_slot(3.0), twin_slot(1, "2*x + 1"), free_slot(15.0)}, 1);
    builder.add<Offset>({open});
    return builder;
}

PlanBuilder two_dimensions()
{
    PlanBuilder builder = on_grid();
    builder.add<Gaussian2D>({free_slot(30.0), free_slot(1.1), twin_slot(1), free_slot(0.2), free_slot(-0.4)});
    builder.add<Gaussian2D>({free_slot(9.0), fixed_slot(0.7), free_slot(0.9), twin_slot(3, "x + 1.5"), pixel_slot()});
    builder.add_expression("a + b*x + c*x*y", {"a", "b", "c"}, {free_slot(1.0), free_slot(0.1), free_slot(-0.2)});
    return builder;
}

PlanBuilder polynomial(int order)
{
    PlanBuilder builder = on_line();
    std::vector<SlotSpec> slots;
    for (int j = 0; j <= order; ++j) slots.push_back(free_slot(1.0 / (j * j + 1.0)));
    builder.add<Polynomial>(slots);
    return builder;
}

void add_kept(PlanBuilder& to)
{
    using program::TermForm;
    to.low_loss(23, 4);
    to.convolved = true;
    to.add<Lorentzian>({free_slot(3.0), fixed_slot(1.5), fixed_slot(15.0)});
    to.add<Lorentzian>({twin_slot(0, "x/3 + 0.5"), fixed_slot(0.8), fixed_slot(9.0)});
    to.add_expression("a*(b*exp(-(x - 9)**2/4) + c*(x + 20)**(-1) + 2*exp(-x))", {"a", "b", "c"},
                      {free_slot(2.0), pixel_slot(), twin_slot(0, "x**2/10")}, 0);
    to.add_product("exp(-(x - 9)**2/4)", {0, 1}).add_product("(x + 20)**(-1)", {2, 0}).add_product("2*exp(-x)", {0});
    to.convolved = false;
    to.forms = {TermForm::constant, TermForm::constant, TermForm::products};
    to.options.precision = program::Precision::mixed;
}

PlanBuilder kept_columns()
{
    PlanBuilder builder = on_line();
    add_kept(builder);
    builder.add<PowerLaw>(fixed_law());
    return builder;
}

PlanBuilder kept_and_moving_columns(bool is_sum)
{
    PlanBuilder builder = on_line();
    add_kept(builder);
    builder.convolved = true;
    builder.add<Gaussian>(peak(7.0)).add<Lorentzian>({free_slot(4.0), free_slot(1.5), twin_slot(0, "x + 2")}, 1);
    if (is_sum) {
        builder.forms.resize(5, program::TermForm::columns);
        builder.columns_linear = {0, 0, 1, 0, 0, 1, 0};
    }
    return builder;
}

}  // namespace

std::vector<NamedModel> component_models()
{
    std::vector<NamedModel> models;
    for_each(Builtins{}, [&](auto tag, int) {
        using C = typename decltype(tag)::type;
        int const count = C::num_parameters < 0 ? 4 : C::num_parameters;
        std::vector<SlotSpec> slots;
        for (int k = 0; k < count; ++k) slots.push_back(free_slot(0.4 + 0.3 * k));
        models.push_back({C::name, C::dimension == 2 ? on_grid() : on_line()});
        models.back().builder.template add<C>(slots);
    });
    return models;
}

std::vector<NamedModel> formula_models()
{
    std::vector<NamedModel> models;
    std::vector<double> const values{1.0, 3.0, 2.0, 5.0, 4.0, 4.5};
    for_each(Formulas{}, [&](auto tag, int) {
        using C = typename decltype(tag)::type;
        if constexpr (C::num_parameters > 0) {
            std::vector<std::string> names;
            std::vector<SlotSpec> slots;
            for (ParameterSpec const& spec : C::parameters) {
                names.push_back(spec.name);
                slots.push_back(free_slot(0.4 + 0.3 * static_cast<double>(names.size())));
            }
            expression::Curves curves;
            if constexpr (requires { C::curve; })
                curves[C::curve] = expression::Curve::sampled(C::curve, 0.0, 4.0, values, 3);
            models.push_back({C::name, C::dimension == 2 ? on_grid() : on_line()});
            models.back().builder.add_expression(C::expression, names, slots, -1, curves);
        }
    });
    return models;
}

std::vector<NamedModel> composite_models()
{
    std::vector<NamedModel> models;
    auto const add = [&](char const* name) -> PlanBuilder& {
        models.push_back({name, on_line()});
        return models.back().builder;
    };
    models.push_back({"HoistedLawAndPeaks", hoisted_law_and_peaks(program::Precision::float64)});
    models.push_back({"HoistedLawAndPeaksMixed", hoisted_law_and_peaks(program::Precision::mixed)});

    add("FreeLawAndErf").add<PowerLaw>({free_slot(500.0), free_slot(1.3), free_slot(-1.0), fixed_slot(2.0)});
    models.back().builder.add<Erf>({free_slot(4.0), free_slot(1.5), free_slot(9.0)});

    add("Twins").add<Gaussian>(peak(6.0));
    models.back().builder.add<Gaussian>({twin_slot(0, "x/3"), twin_slot(1), twin_slot(2, "x + 5.5")});
    models.back().builder.add<Gaussian>({twin_slot(3, "sqrt(abs(x)) + 0.1"), free_slot(0.8), twin_slot(5, "x**2/20")});

    models.push_back({"Switched", switched()});
    models.push_back({"TwoDimensions", two_dimensions()});
    models.push_back({"Polynomial0", polynomial(0)});
    models.push_back({"Polynomial7", polynomial(7)});

    add("PiecewiseExpression")
        .add_expression("Piecewise((a*x**2 + b, x < c), (a*exp(-x/t) + b*Abs(x - 9), x < 20), (0, True))",
                        {"a", "b", "c", "t"}, {free_slot(0.3), free_slot(2.0), fixed_slot(8.25), free_slot(7.0)});

    add("ExpressionFunctions")
        .add_expression("h*exp(-(x-x0)**2*4*log(2)/w**2) + s*heaviside(x - x0, 0.5)*atan2(x, w) + log10(x)*erf(s*x)",
                        {"h", "x0", "w", "s"}, {free_slot(10.0), free_slot(11.1), free_slot(2.5), free_slot(0.4)});

    add("SpecialFunctions")
        .add_expression("α*gamma(µ + x/9) + asinh(s*x)*loggamma(µ*x + 1) - atanh(x/90)*acosh(1 + s*x**2) + α*sinc(s*x)",
                        {"α", "µ", "s"}, {free_slot(2.0), free_slot(1.25), free_slot(0.4)});

    add("PixelValues").add<Lorentzian>({free_slot(8.0), pixel_slot(), free_slot(14.0)});
    models.back().builder.add<Polynomial>({free_slot(1.0), pixel_slot(), fixed_slot(-0.01)});
    models.back().builder.add_expression("k*sin(x*w + p)", {"k", "w", "p"},
                                         {free_slot(0.5), pixel_slot(), twin_slot(2, "x/10")});

    add("Binned").add<GaussianHF>({free_slot(20.0), free_slot(2.5), free_slot(12.0)});
    models.back().builder.add<Exponential>({free_slot(5.0), free_slot(6.0)});
    models.back().builder.width.assign(100, 0.25);

    PlanBuilder& convolved = add("Convolved");
    convolved.low_loss(23, 4);
    convolved.add<PowerLaw>(fixed_law());
    convolved.convolved = true;
    convolved.add<Gaussian>(peak(7.0)).add<Lorentzian>({twin_slot(0, "x/3"), fixed_slot(1.5), free_slot(15.0)}, 0);
    convolved.add_expression("a*(x > c)*x**(-2) + b*exp(-x/7)", {"a", "b", "c"},
                             {free_slot(30.0), pixel_slot(), fixed_slot(9.125)});
    convolved.add<PowerLaw>(fixed_law());
    convolved.options.precision = program::Precision::mixed;

    models.push_back({"KeptColumns", kept_columns()});
    models.push_back({"KeptAndMovingColumns", kept_and_moving_columns(false)});
    models.push_back({"KeptAndSummedColumns", kept_and_moving_columns(true)});

    PlanBuilder& summed = add("Summed");
    summed.add<PowerLaw>(fixed_law());
    summed.cumulative = 4;
    summed.add_expression("A*exp(-log(2)*((x - origin + ab)/FWHM)**2)", {"A", "FWHM", "origin", "ab", "shirley"},
                          {free_slot(30.0), free_slot(1.5), free_slot(9.0), fixed_slot(0.125), free_slot(0.02)});
    int const first = 4;  // slot of the line above: a law has four of its own
    summed.add_expression(
        "A*exp(-log(2)*((x - origin + ab)/FWHM)**2)", {"A", "FWHM", "origin", "ab", "shirley"},
        {twin_slot(first, "x/3"), free_slot(2.5), twin_slot(first + 2, "x + 6"), pixel_slot(), twin_slot(first + 4)},
        0);
    summed.cumulative = -1;
    summed.add<Gaussian>(peak(17.0));
    summed.options.precision = program::Precision::mixed;

    add("Steps").add<Arctan>({free_slot(3.0), free_slot(2.0), free_slot(10.0)});
    models.back().builder.add<Offset>({fixed_slot(0.75)}).add<Offset>({free_slot(-1.0)});
    return models;
}

}  // namespace warpfit::testing
