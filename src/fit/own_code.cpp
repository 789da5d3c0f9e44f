#include "src/fit/own_code.hpp"

#include "src/text/text.hpp"
#include "warpfit/error.hpp"

namespace warpfit {

namespace {

/// One that a file has told of.
[[noreturn]] void refuse_without_code(program::Function const& function)
{
    throw InvalidArgument("component " + quote(function.name) +
                          " cannot run (its code is a program's own and was not stored with it): fit in the program "
                          "that has it");
}

}  // namespace

program::Function const* first_without_gpu(program::Plan const& plan)
{
    for (int i = 0; i < plan.num_functions; ++i)
        if (!plan.functions[i].text) return &plan.functions[i];
    return nullptr;
}

program::Function const* first_without_cpu(program::Plan const& plan)
{
    for (int i = 0; i < plan.num_functions; ++i)
        if (!plan.functions[i].evaluate) return &plan.functions[i];
    return nullptr;
}

void need_gpu_code(program::Plan const& plan)
{
    program::Function const* const function = first_without_gpu(plan);
    if (!function) return;
    if (!function->evaluate) refuse_without_code(*function);
    throw InvalidArgument("device 'cuda' cannot do this fit (component " + quote(function->name) +
                          " is a function of this program, which runs on the CPU alone) use device 'cpu' or 'auto', "
                          "or write it as a functor");
}

void need_cpu_code(program::Plan const& plan)
{
    program::Function const* const function = first_without_cpu(plan);
    if (!function) return;
    if (!function->text) refuse_without_code(*function);
    throw InvalidArgument("device 'cpu' cannot do this fit (component " + quote(function->name) + " is a header, " +
                          quote(function->file) +
                          ", given at run time, which a GPU's compiler alone can use) use device 'cuda', or build it "
                          "in with warpfit_add_component()");
}

}  // namespace warpfit
