#include "src/fit/starts.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit {

namespace {

bool may_retry(FitStatus s)
{
    return has_values(s) || s == FitStatus::bad_start;
}

}  // namespace

SeededOrder::SeededOrder(std::vector<std::size_t> shape, std::vector<unsigned char> const& masked, bool weighted,
                         bool estimates)
    : shape_(std::move(shape))
    , num_pixels_(1)
    , masked_(masked)
    , much_worse_(weighted ? 1.5 : 4.0)
    , estimates_(estimates)
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

/// The pixels around one, diagonals included, ascending.
std::vector<std::size_t> const& SeededOrder::neighbours(std::size_t pixel)
{
    around_.assign(1, pixel);
    std::size_t stride = 1;
    for (std::size_t d = shape_.size(); d-- > 0;) {
        std::size_t const i = pixel / stride % shape_[d];
        std::size_t const so_far = around_.size();
        for (std::size_t k = 0; k < so_far; ++k) {
            if (i > 0) around_.push_back(around_[k] - stride);
            if (i + 1 < shape_[d]) around_.push_back(around_[k] + stride);
        }
        stride *= shape_[d];
    }
    around_.erase(around_.begin());
    std::sort(around_.begin(), around_.end());
    return around_;
}

std::vector<std::ptrdiff_t> SeededOrder::nearest_good(std::vector<unsigned char> const& good)
{
    // Breadth first over whole neighbourhoods: Chebyshev distance, ties to the lowest seed index.
    std::vector<std::ptrdiff_t> nearest(num_pixels_, -1);
    std::vector<std::size_t> front;
    for (std::size_t p = 0; p < num_pixels_; ++p)
        if (good[p]) {
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

/// Failed, or beyond `much_worse` times the median of what converged.
std::vector<SeededOrder::Visit> SeededOrder::suspects(std::vector<FitStatus> const& status,
                                                      std::vector<double> const& misfit) const
{
    std::vector<double> good;
    for (std::size_t p = 0; p < num_pixels_; ++p)
        if (is_converged(status[p])) good.push_back(misfit[p]);
    double usual = HUGE_VAL;
    if (!good.empty()) {
        auto const middle = good.begin() + static_cast<std::ptrdiff_t>(good.size() / 2);
        std::nth_element(good.begin(), middle, good.end());
        usual = *middle;
    }
    std::vector<Visit> list;
    for (std::size_t p = 0; p < num_pixels_; ++p) {
        if (status[p] == FitStatus::not_run || !may_retry(status[p])) continue;
        if (!is_converged(status[p]) || misfit[p] > much_worse_ * usual) list.push_back({p, From::estimate, 0});
    }
    return list;
}

/// Pixels with a better neighbour that they have not been started from yet.
std::vector<SeededOrder::Visit> SeededOrder::retries(std::vector<FitStatus> const& status,
                                                     std::vector<double> const& misfit)
{
    tried_.resize(num_pixels_);
    std::vector<Visit> list;
    for (std::size_t p = 0; p < num_pixels_; ++p) {
        if (!may_retry(status[p])) continue;
        std::ptrdiff_t best = -1;
        for (std::size_t const q : neighbours(p)) {
            bool const known = tried_[p].source == static_cast<std::ptrdiff_t>(q) && tried_[p].misfit == misfit[q];
            if (is_converged(status[q]) && !known && (best < 0 || misfit[q] < misfit[static_cast<std::size_t>(best)]))
                best = static_cast<std::ptrdiff_t>(q);
        }
        if (best < 0) continue;
        auto const source = static_cast<std::size_t>(best);
        if (is_converged(status[p]) && !(misfit[p] > much_worse_ * misfit[source])) continue;
        tried_[p] = {best, misfit[source]};
        list.push_back({p, From::pixel, source});
    }
    return list;
}

std::vector<SeededOrder::Visit> SeededOrder::visits(int phase, std::vector<FitStatus> const& status,
                                                    std::vector<double> const& chisq, std::vector<int> const& dof)
{
    std::vector<Visit> list;
    if (phase == 0) {
        for (std::size_t p = 0; p < num_pixels_; ++p)
            if (on_grid(p) && !left_out(p)) list.push_back({p, From::own, 0});
        return list;
    }
    std::vector<double> misfit(num_pixels_);
    for (std::size_t p = 0; p < num_pixels_; ++p) misfit[p] = chisq[p] / std::max(dof[p], 1);
    if (phase == 1 || phase == 3) {
        if (estimates_ && !(phase == 3 && num_pixels_ <= small_map)) list = suspects(status, misfit);
        return list;
    }
    if (phase == 2) {
        if (num_pixels_ <= small_map) return list;
        std::vector<unsigned char> good(num_pixels_, 0);
        for (std::size_t p = 0; p < num_pixels_; ++p) good[p] = is_converged(status[p]);
        for (Visit const& suspect : suspects(status, misfit)) good[suspect.pixel] = 0;
        std::vector<std::ptrdiff_t> const nearest = nearest_good(good);
        for (std::size_t p = 0; p < num_pixels_; ++p) {
            if (on_grid(p) || left_out(p)) continue;
            if (nearest[p] >= 0)
                list.push_back({p, From::pixel, static_cast<std::size_t>(nearest[p])});
            else
                list.push_back({p, From::own, 0});
        }
        return list;
    }
    return retries(status, misfit);
}

}  // namespace warpfit
