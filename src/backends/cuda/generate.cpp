#include "src/backends/cuda/generate.hpp"

#include "kernels/components/builtins.hpp"
#include "kernels/program/spread_program.hpp"
#include "src/backends/cuda/code_text.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

namespace warpfit::cuda {

namespace {

using program::Part;
using program::Slot;
using program::SlotKind;
using program::Term;

std::string const deep = "            ";

/// What the text needs to know of a component with a functor.
struct FunctorText
{
    std::string type;
    bool is_own = false;  ///< its positions are the compiler's to find out
    int position = -1;
    int position_y = -1;
    int dimension = 1;
    int num_tables = 0;
    bool has_run_time_slots = false;
    bool has_window = false;

    /// What slot k is counted from; empty: 0.
    std::string origin(int k) const
    {
        if (is_own)
            return "own::origin<" + type + ">(" + std::to_string(k) + ", channels_.x_origin, channels_.y_origin)";
        return k == position ? "channels_.x_origin" : k == position_y ? "channels_.y_origin" : "";
    }
    /// Where it is evaluated, along 'x' or 'y'.
    std::string at(char axis) const
    {
        std::string const values = std::string("channels_.") + axis;
        if (is_own) return "(" + type + "::position >= 0 ? " + values + " : " + values + "_absolute)[channel]";
        return values + (position >= 0 ? "[channel]" : "_absolute[channel]");
    }
};

FunctorText builtin_text(Term const& term)
{
    FunctorText text;
    components::visit(components::Builtins{}, term.component, [&](auto tag) {
        using C = typename decltype(tag)::type;
        text.type = std::string("components::") + C::name;
        text.dimension = C::dimension;
        text.has_run_time_slots = C::num_parameters == run_time_slots;
        if constexpr (requires { typename C::Hoisted; }) {
            if (term.hoisted) {
                text.type += "::Hoisted";
                text.num_tables = C::Hoisted::num_tables;
                return;
            }
        }
        text.position = C::position;
        text.has_window = Windowed<C>;
        if constexpr (C::dimension == 2) text.position_y = C::position_y;
    });
    return text;
}

FunctorText own_text(program::Plan const& plan, Term const& term)
{
    program::Function const& function = plan.functions[term.function];
    FunctorText text;
    text.type = "own::Functor<::" + std::string(function.type) + ">";
    text.is_own = true;
    text.dimension = plan.dimension;
    text.has_window = function.window != nullptr;
    return text;
}

/// A C++ string literal.
std::string quoted(std::string_view text)
{
    std::string out = "\"";
    for (char const c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

/// Lines of the caller's header keep their numbers; what says that it is one means nothing here.
std::string without_pragma(std::string text)
{
    std::string const pragma = "#pragma once";
    if (std::size_t const at = text.find(pragma); at != std::string::npos) text.erase(at, pragma.size());
    return text;
}

/// The headers of components of the caller's own, each once.
std::string own_headers(program::Plan const& plan)
{
    std::string text;
    std::set<std::string_view> seen;
    for (int i = 0; i < plan.num_functions; ++i) {
        program::Function const& function = plan.functions[i];
        if (!seen.insert(function.text).second) continue;
        text += "#line 1 " + quoted(function.file) + "\n" + without_pragma(function.text) + "\n";
    }
    return text.empty() ? "" : "#include \"warpfit/kernel.hpp\"\n" + text + "#line 1 \"model.cu\"\n";
}

/// That each is what the plan takes it for.
std::string own_checks(program::Plan const& plan)
{
    std::string text;
    for (int i = 0; i < plan.num_functions; ++i) {
        program::Function const& function = plan.functions[i];
        std::string const type = "::" + std::string(function.type);
        std::string const names = function.parameters;
        std::string const who = std::string(function.file) + ": " + function.type;
        text += "static_assert(own::declares<" + type + ">(" + quoted(names) + "), " +
                quoted(who + " declares other parameters than " + names) + ");\n";
        text += "static_assert(own::Functor<" + type + ">::dimension == " + std::to_string(plan.dimension) + ", " +
                quoted(who + " has another dimension than " + std::to_string(plan.dimension)) + ");\n";
    }
    return text.empty() ? "" : text + "\n";
}

/// Slots of a term that only tables depend on: of a hoisted component, of a kept term.
std::vector<int> tabulated_slots(program::Plan const& plan, int t)
{
    Term const& term = plan.terms[t];
    std::vector<int> slots;
    if (is_kept(plan, t)) {
        slots.resize(static_cast<std::size_t>(term.num_slots));
        std::iota(slots.begin(), slots.end(), term.first_slot);
        return slots;
    }
    if (term.component < 0 || !term.hoisted) return slots;
    components::visit(components::Builtins{}, term.component, [&](auto tag) {
        using C = typename decltype(tag)::type;
        if constexpr (requires { typename C::Hoisted; })
            for (int const k : C::Hoisted::depends_on) slots.push_back(term.first_slot + k);
    });
    return slots;
}

/// The program of a part of the plan.
class Generator
{
  public:
    Generator(program::Plan const& plan, std::string_view name, Part part)
        : plan_(plan)
        , name_(name)
        , part_(part)
        , is_set_(static_cast<std::size_t>(plan.num_free), false)
        , windows_(static_cast<std::size_t>(plan.num_free), unset)
        , is_tabulated_(static_cast<std::size_t>(plan.num_slots), false)
    {
        for (int t = 0; t < plan.num_terms; ++t)
            for (int const s : tabulated_slots(plan, t)) is_tabulated_[static_cast<std::size_t>(s)] = true;
    }

    std::string run()
    {
        slots();
        for (int t = 0; t < plan_.num_terms; ++t) {
            Term const& term = plan_.terms[t];
            if (!is_of(plan_, t, part_)) continue;
            if (term.function >= 0)
                functor(t, own_text(plan_, term));
            else if (term.component >= 0)
                functor(t, builtin_text(term));
            else
                expression(t);
        }
        return text();
    }

  private:
    std::string text() const;
    void slots();
    void functor(int t, FunctorText const& component);
    void expression(int t);

    static std::string number(int i) { return std::to_string(i); }
    Slot const& slot(int s) const { return plan_.slots[s]; }

    /// Where d value / d free of a slot goes: a column and its factor ("" : 1), or column -1.
    struct Target
    {
        int column;
        std::string factor;
    };
    Target target(int s) const
    {
        bool has_code = false;
        int root = s;
        while (slot(root).kind == SlotKind::twin) {
            program::Twin const& twin = plan_.twins[slot(root).index];
            has_code = has_code || twin.code >= 0;
            root = twin.parent;
        }
        if (slot(root).kind != SlotKind::free) return {-1, ""};
        return {slot(root).index, has_code ? "factor" + number(s) + "_" : ""};
    }

    /// A literal lets the compiler fold it; where only tables depend on it, one text serves all values.
    std::string fixed_value(int s) const
    {
        return is_tabulated_[static_cast<std::size_t>(s)] ? "plan_.slots[" + number(s) + "].value"
                                                          : literal(slot(s).value);
    }

    std::string slot_value(int s, std::string const& origin) const
    {
        return "static_cast<Real>(value" + number(s) + (origin.empty() ? "" : " - " + origin) + ")";
    }

    std::string switched(Term const& term) const
    {
        return term.active_bit < 0 ? "" : "if (active_ >> " + number(term.active_bit) + " & 1u) ";
    }

    /// One contribution to the gradient. window: the term's, -1: none.
    std::string gradient(Term const& term, int s, std::string const& derivative, int window = -1)
    {
        auto const [column, factor] = target(s);
        if (column < 0) return "";
        auto const i = static_cast<std::size_t>(column);
        std::string const to = "grad[" + number(column) + "]";
        bool const sets = !is_set_[i] && term.active_bit < 0 && window < 0;
        windows_[i] = windows_[i] == unset || windows_[i] == window ? window : -1;
        if (!sets && !is_set_[i]) zeros_ += "        " + to + " = Real(0);\n";
        is_set_[i] = true;
        std::string const value = derivative + (factor.empty() ? "" : " * " + factor);
        return deep + to + " = " + (sets ? "" : to + " + ") + value + ";\n";
    }

    program::Plan const& plan_;
    std::string name_;
    Part part_;
    static constexpr int unset = -2;

    std::vector<bool> is_set_;
    std::vector<int> windows_;  ///< of each column: the term whose window it is zero outside of, -1: none
    std::vector<bool> is_tabulated_;
    std::string slots_, twins_, prepare_, members_, evaluate_, value_, zeros_, shows_;
};

/// Parameters in double, parents of twins first; chain factors of twins that are functions.
void Generator::slots()
{
    std::string const line = "        [[maybe_unused]] double const ";
    for (int s = 0; s < plan_.num_slots; ++s) {
        std::string const index = number(slot(s).index);
        if (slot(s).kind == SlotKind::twin) continue;
        slots_ += line + "value" + number(s) + " = " +
                  (slot(s).kind == SlotKind::free    ? "free[" + index + "]"
                   : slot(s).kind == SlotKind::pixel ? "inputs.values[" + index + "]"
                                                     : fixed_value(s)) +
                  ";\n";
    }
    for (int t = 0; t < plan_.num_twins; ++t) {
        auto const [s, parent, code] = plan_.twins[t];
        std::string const value = "value" + number(s);
        std::string const inherited = slot(parent).kind == SlotKind::twin ? "chain" + number(parent) : "1.0";
        if (code < 0) {
            slots_ += line + value + " = value" + number(parent) + ";\n";
            slots_ += line + "chain" + number(s) + " = " + inherited + ";\n";
        } else {
            CodeText text(
                plan_.codes[code], "t" + number(t) + "_", [](int) { return std::string(); }, "", "double");
            text.pixel[0] = "value" + number(parent);
            slots_ += "        [[maybe_unused]] double " + value + ", chain" + number(s) + ";\n        {\n";
            slots_ += text.pixel_statements(deep);
            slots_ += deep + value + " = " + text.operand(plan_.codes[code].value) + ";\n";
            slots_ += deep + "chain" + number(s) + " = " + inherited + " * " +
                      text.operand(plan_.codes[code].gradient[0]) + ";\n        }\n";
        }
        std::string const index = number(t);
        twins_ +=
            "        values[" + index + "] = " + value + ";\n        chains[" + index + "] = chain" + number(s) + ";\n";
        std::string const factor = target(s).factor;
        if (factor.empty()) continue;
        members_ += "    Real " + factor + ";\n";
        prepare_ += "        " + factor + " = static_cast<Real>(chain" + number(s) + ");\n";
    }
}

void Generator::functor(int t, FunctorText const& component)
{
    Term const& term = plan_.terms[t];
    std::string const id = number(t);
    std::string const count = number(term.num_slots);
    std::string values;
    for (int k = 0; k < term.num_slots; ++k)
        values += (k > 0 ? ", " : "") + slot_value(term.first_slot + k, component.origin(k));
    std::string q = "q" + id + "_";
    std::string local;
    if (component.has_run_time_slots) {
        // It prepares a view of its parameters, which stay here.
        members_ += "    Real p" + id + "_[" + count + "];\n";
        prepare_ += "        {\n" + deep + "Real const p[] = {" + values + "};\n" + deep + "for (int k = 0; k < " +
                    count + "; ++k) p" + id + "_[k] = p[k];\n        }\n";
        local = deep + "auto const q = " + component.type + "::template prepare<Real>(p" + id + "_, " + count + ");\n";
        q = "q";
    } else {
        members_ += "    typename " + component.type + "::template Prepared<Real> " + q + ";\n";
        prepare_ += "        {\n" + deep + "Real const p[] = {" + values + "};\n" + deep + q + " = " + component.type +
                    "::template prepare<Real>(p, " + count + ");\n        }\n";
    }
    std::string shown = switched(term);
    // As the interpreter: beside the channels what is convolved may be larger than on them, by any number.
    bool const has_window = component.has_window && part_ != Part::convolved;
    if (has_window) {
        std::string w;
        for (int k = 0; k < term.num_slots; ++k)
            w += (k > 0 ? ", value" : "value") + number(term.first_slot + k) +
                 (component.origin(k).empty() ? "" : " - " + component.origin(k));
        members_ += "    Window<Real> window" + id + "_;\n";
        prepare_ += "        {\n" + deep + "double const p[] = {" + w + "};\n" + deep + "window" + id +
                    "_ = Window<Real>::template of<" + component.type +
                    ">(p, {channels_.x[0], channels_.x[channels_.num_channels - 1]});\n        }\n";
        shows_ += "        if (window == " + id + ") return window" + id + "_.holds(channels_.x[channel]);\n";
        shown += "if (shows(" + id + ", channel)) ";
    }
    std::string call = component.type;
    if (component.num_tables > 0) {
        local += deep + "Real const tables[] = {";
        for (int k = 0; k < component.num_tables; ++k)
            local += (k > 0 ? ", " : "") + ("table(" + number(term.tables + k)) + ", channel)";
        local += "};\n";
        call += "::evaluate_tables(" + q + ", tables, g)";
    } else {
        call += "::template evaluate<Real>(" + q + ", " + component.at('x');
        if (component.dimension == 2) call += ", " + component.at('y');
        call += ", g)";
    }
    local = "        " + shown + "{\n" + local + deep + "Real g[" + count + "];\n" + deep + "f = f + " + call + ";\n";
    value_ += local + "        }\n";
    evaluate_ += local;
    for (int k = 0; k < term.num_slots; ++k)
        evaluate_ += gradient(term, term.first_slot + k, "g[" + number(k) + "]", has_window ? t : -1);
    evaluate_ += "        }\n";
}

void Generator::expression(int t)
{
    Term const& term = plan_.terms[t];
    program::ExpressionCode const& code = plan_.codes[term.code];
    std::string const id = "e" + number(t) + "_";
    CodeText text(
        code, id,
        [&](int k) -> std::string {
            if (k == 0) return "channels_.x_absolute[channel]";
            if (k == 1) return plan_.dimension == 2 ? "channels_.y_absolute[channel]" : "Real(0)";
            return "table(" + number(term.tables + k - 2) + ", channel)";
        },
        "plan_.codes[" + number(term.code) + "].curves");
    for (int k = 0; k < term.num_slots; ++k)
        text.pixel[static_cast<std::size_t>(k)] = slot_value(term.first_slot + k, "");
    prepare_ += "        {\n" + text.pixel_statements(deep);
    std::vector<int> registers = text.pixel_registers_read();
    // A term's factor is one of its parameters, which are the first registers.
    bool const beyond = part_ == Part::beyond;
    if (beyond && std::find(registers.begin(), registers.end(), term.cumulative) == registers.end())
        registers.push_back(term.cumulative);
    for (int const r : registers) {
        std::string const member = "pixel" + number(t) + "_" + number(r) + "_";
        members_ += "    Real " + member + ";\n";
        prepare_ += deep + member + " = " + text.pixel[static_cast<std::size_t>(r)] + ";\n";
        text.pixel[static_cast<std::size_t>(r)] = member;
    }
    prepare_ += "        }\n";

    std::string const open = "        " + switched(term) + "{\n";
    evaluate_ += open + text.local_statements(deep);
    std::string const times = beyond ? text.pixel[static_cast<std::size_t>(term.cumulative)] + " * " : "";
    evaluate_ += deep + "f = f + " + times + text.operand(code.value) + ";\n";
    for (int k = 0; k < term.num_slots; ++k)
        if (beyond && k == term.cumulative)
            evaluate_ += gradient(term, term.first_slot + k, text.operand(code.value));
        else if (!text.is_zero(code.gradient[k]))
            evaluate_ += gradient(term, term.first_slot + k, times + text.operand(code.gradient[k]));
    evaluate_ += "        }\n";
    value_ += open + text.value_statements(deep);
    value_ += deep + "f = f + " + times + text.operand(code.value_only) + ";\n        }\n";
}

std::string Generator::text() const
{
    std::string untouched, columns;
    for (int i = 0; i < plan_.num_free; ++i) {
        auto const k = static_cast<std::size_t>(i);
        if (!is_set_[k]) untouched += "        grad[" + number(i) + "] = Real(0);\n";
        if (windows_[k] >= 0) columns += "        if (i == " + number(i) + ") return " + number(windows_[k]) + ";\n";
    }
    // A core's, for kept columns.
    std::string const twins = part_ != Part::channels || !program::has_spread(plan_) ? "" : R"(
    /// values, chains [num_twins]: of the plan's twins. By one member.
    WARPFIT_HD void write_twins([[maybe_unused]] double const* free, [[maybe_unused]] program::PixelInputs const& inputs,
                                [[maybe_unused]] double* values, [[maybe_unused]] double* chains) const
    {
)" + (plan_.convolution ? slots_ + twins_ : "") + "    }\n";
    std::string const windows = shows_.empty() ? "" : R"(
    /// The window outside of which column i is zero; -1: none.
    WARPFIT_HD static constexpr int window_of([[maybe_unused]] int i)
    {
)" + columns + R"(        return -1;
    }

    WARPFIT_HD bool shows(int window, int channel) const
    {
)" + shows_ + R"(        return true;
    }
)";
    return (part_ == Part::channels ? own_headers(plan_) : "") + R"(#include "kernels/components/builtins.hpp"
#include "kernels/core/gamma.hpp"
#include "kernels/program/program.hpp"

namespace warpfit::generated {

)" + (part_ == Part::channels ? own_checks(plan_) : "") +
           R"(template<class RealType>
class )" + name_ +
           R"(
{
  public:
    using Real = RealType;

    WARPFIT_HD static int shared_size(program::Plan const&) { return 0; }
    WARPFIT_HD static int private_size(program::Plan const&) { return 0; }

    WARPFIT_HD )" +
           name_ +
           R"((program::Plan const& plan, program::ChannelData<Real> const& channels, double*, double*)
        : plan_(plan)
        , channels_(channels)
    {}

    WARPFIT_HD static constexpr int num_free() { return )" +
           number(plan_.num_free) + R"(; }

    template<Team T>
    WARPFIT_HD void prepare(T const&, [[maybe_unused]] double const* free,
                            [[maybe_unused]] program::PixelInputs const& inputs)
    {
        active_ = inputs.active;
)" + slots_ +
           prepare_ +
           R"(    }

    WARPFIT_HD Real evaluate([[maybe_unused]] int channel, Real* grad) const
    {
        Real f = Real(0);
)" + zeros_ +
           untouched + evaluate_ + R"(        return f;
    }

    WARPFIT_HD Real value([[maybe_unused]] int channel) const
    {
        Real f = Real(0);
)" + value_ +
           R"(        return f;
    }
)" + windows +
           twins +
           R"(
  private:
    WARPFIT_HD Real table(int k, int channel) const
    {
        return channels_.tables[static_cast<Index>(k) * channels_.num_channels + channel];
    }

    program::Plan const& plan_;
    program::ChannelData<Real> const& channels_;
    unsigned long long active_ = ~0ull;
)" + members_ +
           R"(};

static_assert(program::Program<)" +
           name_ + R"(<double>>);

}  // namespace warpfit::generated
)";
}

}  // namespace

std::string generate_program(program::Plan const& plan, std::string_view name)
{
    std::string const text(name);
    if (!program::has_spread(plan)) return Generator(plan, text, Part::channels).run();
    Part const reaching = plan.convolution ? Part::convolved : Part::beyond;
    return Generator(plan, text + "Core", Part::channels).run() + Generator(plan, text + "Spread", reaching).run() + R"(
#include "kernels/program/spread_program.hpp"

namespace warpfit::generated {

template<class Real>
using )" + text +
           " = program::SpreadProgram<" + text + "Core<Real>, " + text + R"(Spread<Real>>;

static_assert(program::Program<)" +
           text + R"(<double>>);

}  // namespace warpfit::generated
)";
}

std::string generate_kernel(program::Plan const& plan, std::string_view name)
{
    std::string const type = "warpfit::generated::" + std::string(name);
    bool const has_narrow = plan.options.precision != program::Precision::float64;
    std::string part;
    for (std::string const real : {"float", "double"}) {
        bool const has = real == "double" || has_narrow;
        std::string const arguments = "(LinkedPass<" + real + "> const*" + (has ? " pass" : "");
        std::string const call = "_of<" + type + "<" + real + ">>(*pass";
        part += "__device__ void warpfit_products_" + real + arguments + ", double*" + (has ? " total" : "") + ") {" +
                (has ? " products" + call + ", total); " : "") + "}\n";
        part += "__device__ double warpfit_chi2_" + real + arguments + ") { return " +
                (has ? "chi2" + call + ")" : "0.0") + "; }\n";
    }
    return generate_program(plan, name) + R"(
#if defined(WARPFIT_LINKED)
#include "kernels/cuda/model_part.cuh"

namespace warpfit::cuda {
extern "C" {
)" + part +
           R"(}
}  // namespace warpfit::cuda
#else
#include "kernels/cuda/fit_queue.hpp"
#include "kernels/cuda/hardware_warp.cuh"

extern "C" __global__ void )" +
           std::string(name) + R"(_fit(__grid_constant__ warpfit::cuda::BatchArguments const arguments)
{
    extern __shared__ double shared[];
    warpfit::cuda::fit_queue<)" +
           (has_narrow ? type + "<float>" : "warpfit::solver::NoProgram") + ", " + type +
           R"(<double>>(warpfit::cuda::HardwareWarp{}, arguments, shared);
}
#endif
)";
}

}  // namespace warpfit::cuda
