#include "src/fit/estimators.hpp"

#include "kernels/components/formulas.hpp"
#include "kernels/program/interpreter.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace warpfit {

namespace {

using namespace components;
using estimate::Kind;

/// A list of Plan's.
enum class Role { background, edge, peak, spot };

struct Type
{
    std::string_view name;
    int dimension;
    Kind kind;
    Role role;
};

constexpr Type types[] = {
    {Offset::name, 1, Kind::offset, Role::background},
    {PowerLaw::name, 1, Kind::power_law, Role::background},
    {Exponential::name, 1, Kind::exponential, Role::background},
    {Polynomial::name, 1, Kind::polynomial, Role::background},
    {Offset::name, 2, Kind::level, Role::background},
    {Plane::name, 2, Kind::level, Role::background},
    {Polynomial2D::name, 2, Kind::level, Role::background},
    {Gaussian::name, 1, Kind::gaussian, Role::peak},
    {GaussianHF::name, 1, Kind::gaussian_hf, Role::peak},
    {Lorentzian::name, 1, Kind::lorentzian, Role::peak},
    {Voigt::name, 1, Kind::voigt, Role::peak},
    {PESVoigt::name, 1, Kind::pes_voigt, Role::peak},
    {PESCoreLineShape::name, 1, Kind::pes_core_line_shape, Role::peak},
    {PseudoVoigt::name, 1, Kind::pseudo_voigt, Role::peak},
    {SplitVoigt::name, 1, Kind::split_voigt, Role::peak},
    {Doniach::name, 1, Kind::doniach, Role::peak},
    {SkewNormal::name, 1, Kind::skew_normal, Role::peak},
    {ExponentialGaussian::name, 1, Kind::exponential_gaussian, Role::peak},
    {BiexponentialGaussian::name, 1, Kind::biexponential_gaussian, Role::peak},
    {Fano::name, 1, Kind::fano, Role::peak},
    {AsymmetricLorentzian::name, 1, Kind::asymmetric_lorentzian, Role::peak},
    {VolumePlasmonDrude::name, 1, Kind::volume_plasmon_drude, Role::peak},
    {EELSCLEdge::name, 1, Kind::edge, Role::edge},
    {Gaussian2D::name, 2, Kind::gaussian_2d, Role::spot},
    {Lorentzian2D::name, 2, Kind::lorentzian_2d, Role::spot},
    {Disk2D::name, 2, Kind::disk_2d, Role::spot},
    {GaussianRing2D::name, 2, Kind::ring_2d, Role::spot},
};

/// Null: no estimator.
Type const* find_type(std::string_view name, int dimension)
{
    auto const found = std::find_if(std::begin(types), std::end(types),
                                    [&](Type const& t) { return t.name == name && t.dimension == dimension; });
    return found == std::end(types) ? nullptr : found;
}

constexpr int fewest_channels = 4;

}  // namespace

StartEstimator::StartEstimator(FitPlan const& plan, std::vector<unsigned char> keeps)
    : plan_(plan)
    , keeps_(std::move(keeps))
    , terms_(plan.terms)
{
    program::Plan const fitted = plan.view();
    codes_.assign(fitted.codes, fitted.codes + fitted.num_codes);
    view_.model = fitted;
    view_.num_low_loss = plan.convolved.num_low_loss;
    if (fitted.num_channels >= fewest_channels) find_subjects();
    for (program::Term& term : terms_)
        if (term.convolved) tabulate(term);
    for (FitPlan::Given const& given : plan.given) {
        given_.push_back({given.first_slot, given.slot, static_cast<int>(codes_.size())});
        codes_.push_back(given.code.view());
    }

    program::Plan& model = view_.model;
    model.terms = terms_.data();
    model.codes = codes_.data();
    model.num_codes = static_cast<int>(codes_.size());
    model.convolution = nullptr;
    if (!tables_.empty()) {
        model.tables = tables_.data();
        model.num_tables = static_cast<int>(tables_.size() / plan.x.size());
    }
    auto const [low, high] = std::minmax_element(plan.x.begin(), plan.x.end());
    view_.x_low = *low;
    view_.x_high = *high;
    view_.keeps = keeps_.data();
    view_.given = given_.data();
    view_.num_given = static_cast<int>(given_.size());
    view_.start = plan.start.data();
    auto const show = [](std::vector<estimate::Subject> const& subjects, estimate::Subject const*& first, int& count) {
        first = subjects.data();
        count = static_cast<int>(subjects.size());
    };
    show(backgrounds_, view_.backgrounds, view_.num_backgrounds);
    show(edges_, view_.edges, view_.num_edges);
    show(peaks_, view_.peaks, view_.num_peaks);
    show(spots_, view_.spots, view_.num_spots);
}

void StartEstimator::find_subjects()
{
    for (std::size_t t = 0; t < terms_.size(); ++t) {
        program::Term const& term = terms_[t];
        Type const* const type = find_type(plan_.term_types[t], plan_.dimension);
        if (type == nullptr || term.function >= 0) continue;
        std::vector<estimate::Subject>& list = type->role == Role::background ? backgrounds_
                                               : type->role == Role::edge     ? edges_
                                               : type->role == Role::peak     ? peaks_
                                                                              : spots_;
        list.push_back({static_cast<int>(t), type->kind, term.convolved});
        for (int k = 0; k < term.num_slots; ++k)
            has_work_ = has_work_ || !keeps_[static_cast<std::size_t>(term.first_slot + k)];
    }
}

/// A convolved term as one that is not: its tables are those of the used channels.
void StartEstimator::tabulate(program::Term& term)
{
    term.convolved = 0;
    term.hoisted = 0;
    term.tables = -1;
    if (term.code < 0) return;
    program::ExpressionCode const& code = codes_[static_cast<std::size_t>(term.code)];
    if (code.num_channel_registers <= 2) return;
    std::size_t const n = plan_.x.size();
    if (tables_.empty()) tables_ = plan_.tables;
    term.tables = static_cast<int>(tables_.size() / n);
    auto const first = static_cast<std::ptrdiff_t>(tables_.size());
    tables_.resize(tables_.size() + n * static_cast<std::size_t>(code.num_channel_registers - 2));
    std::vector<double> row(static_cast<std::size_t>(code.num_channel_registers));
    for (std::size_t i = 0; i < n; ++i) {
        program::run_channel(code, plan_.x[i], plan_.y.empty() ? 0.0 : plan_.y[i], row.data());
        for (std::size_t k = 2; k < row.size(); ++k)
            tables_[static_cast<std::size_t>(first) + (k - 2) * n + i] = row[k];
    }
}

bool is_whole(std::vector<double> const& map)
{
    return !map.empty() && std::all_of(map.begin(), map.end(), [](double v) { return std::isfinite(v); });
}

}  // namespace warpfit
