#include "bench/gpu/workload.hpp"

#include <algorithm>

namespace warpfit::bench {

namespace {

template<class T, class From>
std::vector<T> repeated(std::vector<From> const& block, std::size_t row, std::size_t count)
{
    std::vector<T> out;
    if (block.empty()) return out;
    out.reserve(count * row);
    while (out.size() < count * row) {
        std::size_t const n = std::min(block.size(), count * row - out.size());
        out.insert(out.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(n));
    }
    return out;
}

}  // namespace

Workload::Workload(Problem const& given, OwnModel own_model, std::size_t num_fits)
    : problem(given)
    , own(std::move(own_model))
    , count(num_fits)
{
    std::size_t const P = num_parameters();
    data = repeated<float>(problem.data, num_channels(), count);
    variance = repeated<float>(problem.variance, num_channels(), count);
    peer_start = repeated<float>(problem.start, P, count);
    std::vector<double> own_start = problem.start;
    for (std::size_t i = 0; i + P <= own_start.size(); i += P) convert(problem, &own_start[i], true);
    start = repeated<double>(own_start, P, count);
}

}  // namespace warpfit::bench
