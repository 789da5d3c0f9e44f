#include "bench/solvers/solver.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/machine.hpp"
#include "kernels/components/builtins.hpp"
#include "src/backends/cpu/table.hpp"
#include "src/model/fit_plan.hpp"
#include "warpfit/model.hpp"
#include "warpfit/signal.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace warpfit::bench {

namespace {

/// The problem in warpfit's words. Parameters that differ from the peers' by a factor are converted outside the timing.
struct OwnModel
{
    Model model;
    std::vector<std::string> paths;  ///< of the peers' parameters, in their order
    bool with_offset = false;        ///< the plan gets an Offset that a 2D Model refuses
};

OwnModel gauss1d()
{
    OwnModel own;
    own.model.append("GaussianHF");
    own.model.append("Offset");
    own.paths = {"GaussianHF.height", "GaussianHF.centre", "GaussianHF.fwhm", "Offset.offset"};
    return own;
}

OwnModel gauss2d()
{
    OwnModel own;
    own.model.append("Gaussian2D");
    own.model.set_twin({"Gaussian2D.sigma_y", "Gaussian2D.sigma_x", "", ""});
    own.paths = {"Gaussian2D.A", "Gaussian2D.centre_x", "Gaussian2D.centre_y", "Gaussian2D.sigma_x", "Offset.offset"};
    own.with_offset = true;
    return own;
}

/// The same as one formula: run by the interpreter.
OwnModel gauss2d_expression()
{
    OwnModel own;
    own.model.append(Component::expression("A/(2*pi*s**2)*exp(-((x-cx)**2+(y-cy)**2)/(2*s**2)) + b", "peak",
                                           {{"A", 1.0}, {"s", 1.0}, {"cx", 0.0}, {"cy", 0.0}, {"b", 0.0}}));
    own.paths = {"peak.A", "peak.cx", "peak.cy", "peak.s", "peak.b"};
    return own;
}

void add_offset(FitPlan& plan)
{
    auto const slot = static_cast<int>(plan.slots.size());
    plan.terms.push_back({components::position_of<components::Offset>(components::Builtins{}), -1, slot, 1, -1, 0, -1});
    plan.slots.push_back({program::SlotKind::free, static_cast<int>(plan.bmin.size()), 0.0});
    plan.slot_paths.push_back("Offset.offset");
    plan.free_slots.push_back(slot);
    plan.bmin.push_back(-unbounded);
    plan.bmax.push_back(unbounded);
    plan.linear.push_back(1);
    plan.start.push_back(0.0);
}

OwnModel power_law_three_gaussians(Problem const& problem)
{
    OwnModel own;
    own.model.append("PowerLaw");
    own.paths = {"PowerLaw.A", "PowerLaw.r"};
    for (std::string const name : {"first", "second", "third"}) {
        own.model.append("Gaussian", name);
        for (std::string const parameter : {".A", ".sigma", ".centre"}) own.paths.push_back(name + parameter);
    }
    for (std::size_t i = 0; i < own.paths.size(); ++i)
        own.model.parameter(own.paths[i]).set_bounds({problem.bmin[i], problem.bmax[i]});
    return own;
}

/// From the peers' parameters to warpfit's, in place, or back.
void convert(Problem const& problem, double* p, bool to_own)
{
    constexpr double fwhm_per_sigma = 2.3548200450309493;
    constexpr double two_pi = 6.283185307179586;
    double const width = to_own ? fwhm_per_sigma : 1.0 / fwhm_per_sigma;
    if (problem.side > 0)
        p[0] *= to_own ? two_pi * p[3] * p[3] : 1.0 / (two_pi * p[3] * p[3]);
    else if (!problem.bounded)
        p[2] *= width;
}

Signal axes_only(Problem const& problem)
{
    std::vector<double> const zeros(static_cast<std::size_t>(problem.num_channels));
    Axis x;
    x.size = static_cast<std::size_t>(problem.side > 0 ? problem.side : problem.num_channels);
    if (!problem.x.empty()) {
        x.offset = problem.x[0];
        x.scale = problem.x[1] - problem.x[0];
    }
    std::vector<Axis> signal_axes(problem.side > 0 ? 2 : 1, x);
    return Signal({}, signal_axes, zeros);
}

struct FreeAligned
{
    void operator()(void* p) const { std::free(p); }
};

class OwnRun
{
  public:
    OwnRun(cpu::Table const& table, Problem const& problem, OwnModel const& own, Precision precision,
           cpu::Layout layout)
        : table_(table)
        , layout_(layout)
    {
        FitOptions options;
        options.precision = precision;
        options.bounded = problem.bounded;
        options.tolerance = problem.tolerance;
        plan_ = lower(own.model, axes_only(problem), options, {});
        if (own.with_offset) add_offset(plan_);
        view_ = plan_.view();
        for (int const slot : plan_.free_slots) {
            auto const& path = plan_.slot_paths[static_cast<std::size_t>(slot)];
            columns_.push_back(
                static_cast<std::size_t>(std::find(own.paths.begin(), own.paths.end(), path) - own.paths.begin()));
        }
        if (columns_.size() != own.paths.size()) throw std::logic_error(problem.name + ": free parameters differ");
    }

    bool is_served() const { return table_.supports(&view_, layout_) != 0; }

    Fits run(Problem const& problem, double& seconds) const
    {
        auto const num_fits = static_cast<std::size_t>(problem.num_fits);
        std::size_t const P = columns_.size();
        std::vector<double> start(num_fits * P), values(num_fits * P), errors(num_fits * P), chisq(num_fits);
        std::vector<int> dof(num_fits), iterations(num_fits);
        std::vector<program::Status> status(num_fits);
        std::vector<double> row(P);
        for (std::size_t i = 0; i < num_fits; ++i) {
            std::copy_n(&problem.start[i * P], P, row.data());
            convert(problem, row.data(), true);
            for (std::size_t k = 0; k < P; ++k) start[i * P + k] = row[columns_[k]];
        }
        program::PixelBatch batch{};
        batch.count = problem.num_fits;
        auto const stride = static_cast<Index>(sizeof(float)) * problem.num_channels;
        batch.signal = {problem.data.data(), program::Type::f32, 0, stride};
        batch.start = start.data();
        if (!problem.variance.empty()) {
            batch.variance_kind = program::VarianceKind::stored;
            batch.variance = {problem.variance.data(), program::Type::f32, 0, stride};
        }
        program::BatchResults const results{values.data(), errors.data(),     chisq.data(),
                                            dof.data(),    iterations.data(), status.data()};

        double const begin = thread_seconds();
        std::unique_ptr<void, void (*)(void*)> const prepared(table_.create(&view_, layout_), table_.destroy);
        auto const bytes = (static_cast<std::size_t>(table_.workspace_size(prepared.get())) + 127) / 64 * 64;
        std::unique_ptr<void, FreeAligned> const workspace(std::aligned_alloc(64, bytes));
        table_.run(prepared.get(), &batch, &results, 0, problem.num_fits, workspace.get(), nullptr);
        seconds = thread_seconds() - begin;

        Fits fits;
        fits.parameters.resize(num_fits * P);
        for (std::size_t i = 0; i < num_fits; ++i) {
            double* const p = &fits.parameters[i * P];
            for (std::size_t k = 0; k < P; ++k) p[columns_[k]] = values[i * P + k];
            convert(problem, p, false);
            fits.iterations += iterations[i];
            fits.failed += status[i] != program::Status::converged && status[i] != program::Status::converged_at_bound;
        }
        return fits;
    }

  private:
    cpu::Table const& table_;
    cpu::Layout layout_;
    FitPlan plan_;
    program::Plan view_{};
    std::vector<std::size_t> columns_;  ///< [num_free] the peers' parameter in each free column
};

void append_solvers(std::vector<Solver>& to, std::string const& name, Problem const& problem, OwnModel const& model)
{
    struct Set
    {
        char const* name;
        cpu::Table const* (*table)();
    };
    for (Set const& set :
         {Set{"sse2", &warpfit_cpu_sse2}, Set{"avx2", &warpfit_cpu_avx2}, Set{"avx512", &warpfit_cpu_avx512}}) {
        if (!cpu_has(set.name)) {
            to.push_back({name, set.name, "", "", "not available on this CPU", {}});
            continue;
        }
        for (auto const& [precision, word] :
             {std::pair{Precision::float64, "float64"}, std::pair{Precision::mixed, "mixed"},
              std::pair{Precision::float32, "float32"}})
            for (cpu::Layout const layout : {cpu::Layout::points, cpu::Layout::pixels}) {
                auto const own = std::make_shared<OwnRun const>(*set.table(), problem, model, precision, layout);
                if (!own->is_served()) continue;
                to.push_back({name, set.name, word, layout == cpu::Layout::points ? "points" : "pixels",
                              BENCH_OWN_FLAGS,
                              [own](Problem const& p, double& seconds) { return own->run(p, seconds); }});
            }
    }
}

}  // namespace

std::vector<Solver> own_solvers(Problem const& problem)
{
    std::vector<Solver> solvers;
    if (problem.side > 0) {
        append_solvers(solvers, "warpfit", problem, gauss2d());
        append_solvers(solvers, "warpfit Expression", problem, gauss2d_expression());
    } else {
        append_solvers(solvers, "warpfit", problem, problem.bounded ? power_law_three_gaussians(problem) : gauss1d());
    }
    return solvers;
}

}  // namespace warpfit::bench
