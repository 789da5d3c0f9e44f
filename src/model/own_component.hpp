#pragma once

#include "kernels/program/plan.hpp"
#include "src/expression/expression.hpp"
#include "warpfit/own_component.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace warpfit {

/// What a component of one's own is, shared by its copies. One that a file has told of has no code.
struct OwnComponent
{
    std::string type;
    std::vector<OwnParameter> parameters;
    int dimension = 1;
    bool convolved = true;
    std::function<void(HostCall const&)> evaluate{};         ///< empty: no host function
    decltype(CompiledFunctor::evaluate) compiled = nullptr;  ///< null: no functor was built in
    decltype(CompiledFunctor::window) window = nullptr;
    FunctorText functor{};  ///< empty text: none for the GPU

    bool runs_on_cpu() const { return evaluate != nullptr || compiled != nullptr; }
    bool runs_on_gpu() const { return !functor.text.empty(); }
};

/// Throws InvalidArgument: names that are taken or malformed.
Component make_own(OwnComponent own, std::string_view name);

/// One such component in a plan: program::Function, and what its function threw.
class OwnCall
{
  public:
    /// Bounds are the parameters'; differences stay within.
    OwnCall(std::shared_ptr<OwnComponent const> own, std::string name, std::vector<Parameter> const& parameters);

    /// A view that lives as long as *this stays where it is.
    program::Function function() const;

    std::string const& name() const { return name_; }  ///< of the component
    OwnComponent const& own() const { return *own_; }
    /// What a call threw first; empty: none did.
    std::string failure() const;

    /// f and the wanted rows of its gradient [x.size()]; lets what the function throws pass.
    /// Throws InvalidArgument where there is no code for the CPU.
    void evaluate(std::span<double const> x, std::span<double const> y, std::span<double const> p,
                  std::span<double> value, std::span<double* const> gradient) const;

    /// Throws InvalidArgument where f at p is seen not to be linear in what is declared so.
    void check_linear(std::span<double const> x, std::span<double const> y, std::span<double const> p) const;

  private:
    static void call(void const* context, double const* x, double const* y, int count, double const* p, double* value,
                     double* const* gradient) noexcept;
    void keep_failure(char const* what) const;
    double scale_of(std::size_t k, double p) const;
    void difference(HostCall const& at, std::size_t k, double* row) const;

    std::shared_ptr<OwnComponent const> own_;
    std::string name_;
    std::string parameters_;  ///< "A,sigma,centre"
    std::vector<Bounds> bounds_;
    mutable std::mutex mutex_;
    mutable std::string failure_;
};

/// Component by component: throws InvalidArgument where one has no code for the CPU (or the GPU), and says what to do.
void need_cpu_code(OwnCall const& call);

/// A formula that depends on the component's parameters as it declares: linear in those that are, jointly.
expression::Expression declared_dependence(OwnComponent const& own);

}  // namespace warpfit
