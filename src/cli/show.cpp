#include "src/cli/commands.hpp"
#include "src/cli/exit_code.hpp"
#include "src/cli/guarded_read.hpp"
#include "src/cli/json_output.hpp"
#include "src/cli/summary.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace warpfit::cli {

namespace {

void print_maps(FitResult const& result)
{
    fmt::print("\npixel\tstatus\titerations\tdof\tchisq\tred_chisq");
    for (auto const* maps : {&result.parameters, &result.derived})
        for (ParameterMap const& map : *maps)
            fmt::print("\t{0}.{1}\t{0}.{1}.standard_error", map.component, map.parameter);
    fmt::print("\n");
    for (std::size_t pixel = 0; pixel < result.num_pixels(); ++pixel) {
        fmt::print("{}\t{}\t{}\t{}\t{}\t{}", pixel_text(pixel, result.shape), name_of(result.status[pixel]),
                   result.iterations[pixel], result.dof[pixel], result.chisq[pixel], result.red_chisq[pixel]);
        for (auto const* maps : {&result.parameters, &result.derived})
            for (ParameterMap const& map : *maps) fmt::print("\t{}\t{}", map.values[pixel], map.standard_errors[pixel]);
        fmt::print("\n");
    }
}

}  // namespace

int run_show(ShowCommand const& command)
{
    io::ResultFile const file = load_result(command.out);
    if (command.json) {
        fmt::print("{}\n", result_json(file.result, file.model.model, command.maps));
        return exit_ok;
    }
    fmt::print("{}{}\n", command.out, file.complete ? "" : " (incomplete)");
    if (!file.input_path.empty()) fmt::print("data from {}\n", file.input_path);
    fmt::print("{}", summary_text(file.result, file.model.model, is_weighted(file.signal, file.model.data)));
    if (command.maps) print_maps(file.result);
    return exit_ok;
}

}  // namespace warpfit::cli
