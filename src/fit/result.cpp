#include "src/text/text.hpp"
#include "warpfit/error.hpp"
#include "warpfit/fit.hpp"

namespace warpfit {

char const* name_of(FitStatus status) noexcept
{
    static constexpr char const* names[num_statuses] = {"converged", "converged_at_bound", "max_iterations", "singular",
                                                        "bad_input", "too_few_channels",   "bad_start",      "masked",
                                                        "cancelled", "device_error",       "not_run"};
    auto const i = static_cast<std::size_t>(status);
    return i < num_statuses ? names[i] : "unknown";
}

ParameterMap const& FitResult::parameter(std::string_view path) const
{
    std::vector<std::string> paths;
    for (auto const* maps : {&parameters, &derived})
        for (ParameterMap const& map : *maps) {
            paths.push_back(map.component + "." + map.parameter);
            if (paths.back() == path) return map;
        }
    std::string const near = closest(path, paths);
    throw InvalidArgument("no parameter '" + std::string(path) + "' in the result" +
                          (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

std::vector<std::size_t> FitResult::count_by_status() const
{
    std::vector<std::size_t> count(num_statuses, 0);
    for (FitStatus const s : status) ++count[static_cast<std::size_t>(s)];
    return count;
}

void store_result(Model& model, FitResult const& result)
{
    for (ParameterMap const& map : result.parameters) {
        if (!map.free) continue;
        Parameter& parameter = model.parameter(map.component + "." + map.parameter);
        parameter.set_map(map.values);
        if (map.values.size() == 1 && map.values[0] == map.values[0]) parameter.set_value(map.values[0]);
    }
}

}  // namespace warpfit
