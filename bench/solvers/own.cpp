#include "bench/solvers/own_model.hpp"
#include "bench/solvers/solver.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/machine.hpp"
#include "kernels/components/builtins.hpp"
#include "src/backends/cpu/table.hpp"
#include "src/model/fit_plan.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace warpfit::bench {

namespace {

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

Signal axes_only(Problem const& problem)
{
    std::vector<double> const zeros(static_cast<std::size_t>(problem.num_channels));
    return Signal({}, signal_axes(problem), zeros);
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
