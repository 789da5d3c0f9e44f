#include "src/fit/starts.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit {

SeededOrder::SeededOrder(std::vector<std::size_t> shape, std::vector<unsigned char> const& masked)
    : shape_(std::move(shape))
    , num_pixels_(1)
    , masked_(masked)
{
    for (std::size_t const n : shape_) num_pixels_ *= n;
}

bool SeededOrder::on_grid(std::size_t pixel) const
{
    if (num_pixels_ <= small_map) return true;
    for (std::size_t d = shape_.size(); d-- > 0;) {
        std::size_t const n = shape_[d];
        std::size_t const i = pixel % n;
        pixel /= n;
        // Half a pitch in from the edge; a short dimension keeps its middle.
        if (n > pitch ? i % pitch != pitch / 2 : i != n / 2) return false;
    }
    return true;
}

std::vector<std::size_t> SeededOrder::neighbours(std::size_t pixel) const
{
    std::vector<std::size_t> found;
    std::size_t stride = 1;
    std::vector<std::size_t> all{pixel};
    for (std::size_t d = shape_.size(); d-- > 0;) {
        std::size_t const i = pixel / stride % shape_[d];
        std::size_t const so_far = all.size();
        for (std::size_t k = 0; k < so_far; ++k) {
            if (i > 0) all.push_back(all[k] - stride);
            if (i + 1 < shape_[d]) all.push_back(all[k] + stride);
        }
        stride *= shape_[d];
    }
    std::sort(all.begin(), all.end());
    for (std::size_t const p : all)
        if (p != pixel) found.push_back(p);
    return found;
}

std::vector<std::ptrdiff_t> SeededOrder::nearest_converged(std::vector<FitStatus> const& status) const
{
    // Breadth first over whole neighbourhoods: Chebyshev distance, ties to the lowest seed index.
    std::vector<std::ptrdiff_t> nearest(num_pixels_, -1);
    std::vector<std::size_t> front;
    for (std::size_t p = 0; p < num_pixels_; ++p)
        if (is_converged(status[p])) {
            nearest[p] = static_cast<std::ptrdiff_t>(p);
            front.push_back(p);
        }
    std::vector<unsigned char> in_next(num_pixels_, 0);
    while (!front.empty()) {
        std::vector<std::size_t> next;
        for (std::size_t const p : front)
            for (std::size_t const q : neighbours(p)) {
                if (nearest[q] >= 0 && !in_next[q]) continue;
                if (!in_next[q]) {
                    in_next[q] = 1;
                    next.push_back(q);
                    nearest[q] = nearest[p];
                } else {
                    nearest[q] = std::min(nearest[q], nearest[p]);
                }
            }
        for (std::size_t const q : next) in_next[q] = 0;
        front = std::move(next);
    }
    return nearest;
}

std::vector<SeededOrder::Visit> SeededOrder::visits(int phase, std::vector<FitStatus> const& status,
                                                    std::vector<double> const& chisq, std::vector<int> const& dof) const
{
    std::vector<Visit> list;
    auto const left_out = [&](std::size_t p) { return !masked_.empty() && masked_[p] != 0; };
    if (phase == 0) {
        for (std::size_t p = 0; p < num_pixels_; ++p)
            if (on_grid(p) && !left_out(p)) list.push_back({p, -1});
        return list;
    }
    if (phase == 1) {
        if (num_pixels_ <= small_map) return list;
        std::vector<std::ptrdiff_t> const nearest = nearest_converged(status);
        for (std::size_t p = 0; p < num_pixels_; ++p)
            if (!on_grid(p) && !left_out(p)) list.push_back({p, nearest[p]});
        return list;
    }
    for (std::size_t p = 0; p < num_pixels_; ++p) {
        FitStatus const s = status[p];
        if (left_out(p) || s == FitStatus::bad_input || s == FitStatus::too_few_channels) continue;
        auto const misfit = [&](std::size_t q) { return chisq[q] / std::max(dof[q], 1); };
        std::ptrdiff_t best = -1;
        for (std::size_t const q : neighbours(p))
            if (is_converged(status[q]) && (best < 0 || misfit(q) < misfit(static_cast<std::size_t>(best))))
                best = static_cast<std::ptrdiff_t>(q);
        if (best < 0) continue;
        bool const failed = !is_converged(s);
        if (failed || misfit(p) > much_worse * misfit(static_cast<std::size_t>(best))) list.push_back({p, best});
    }
    return list;
}

}  // namespace warpfit
