#include "src/expression/expression.hpp"

#include "include/warpfit/error.hpp"
#include "kernels/program/operators.hpp"
#include "src/expression/lowering.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <map>

namespace warpfit::expression {

namespace {

std::string literal(double v)
{
    char buffer[40];
    std::snprintf(buffer, sizeof buffer, "%.17g", v);
    std::string text = buffer;
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return "Real(" + text + ")";
}

/// Writes the values of a schedule as constants of a function body.
class Writer
{
  public:
    explicit Writer(std::vector<Value> const& values)
        : values_(values)
    {}

    /// The name under which the text being written knows a value that is not computed there.
    std::map<int, std::string> known;

    std::string reference(int id) const
    {
        Value const& value = values_[static_cast<std::size_t>(id)];
        if (auto const it = known.find(id); it != known.end()) return it->second;
        if (value.is_leaf() && value.file == File::constant) return literal(value.number);
        return "v" + std::to_string(id);
    }

    std::string statements(Schedule const& schedule) const
    {
        std::string text;
        for (int id : schedule.order) {
            text += "        Real const " + reference(id) + " = " +
                    right_side(schedule.values[static_cast<std::size_t>(id)]) + ";\n";
        }
        return text;
    }

  private:
    /// The operator's spelling with a, b, c replaced.
    std::string right_side(Value const& value) const
    {
        if (value.op >= program::OpCode::curve)
            throw InvalidArgument("a formula with sampled curves has no text of its own (they lie in the plan)");
        std::string const spelling = program::operators[static_cast<int>(value.op)].spelling;
        auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
        std::string text;
        for (std::size_t i = 0; i < spelling.size();) {
            std::size_t end = i + 1;
            while (is_word(spelling[i]) && end < spelling.size() && is_word(spelling[end])) ++end;
            std::string const word = spelling.substr(i, end - i);
            text += word == "a"   ? reference(value.a)
                    : word == "b" ? reference(value.b)
                    : word == "c" ? reference(value.c)
                                  : word;
            i = end;
        }
        return text;
    }

    std::vector<Value> const& values_;
};

}  // namespace

std::string to_cuda(Expression const& f, std::span<std::string const> slots, std::string_view name)
{
    Graph graph = f.node()->graph;
    std::vector<Id> nodes{f.node()->root};
    for (std::string const& slot : slots) nodes.push_back(graph.derivative(nodes.front(), slot));
    Lowering const lowering(graph, nodes, slots);
    std::vector<Value> const& values = lowering.values();
    std::vector<int> outputs;
    for (Id id : nodes) outputs.push_back(lowering[id]);

    std::vector<std::string> const names = f.symbols();
    bool const has_y = std::binary_search(names.begin(), names.end(), "y");
    bool const is_2d = has_y && std::find(slots.begin(), slots.end(), "y") == slots.end();

    Schedule const local = scheduled(values, outputs, File::local);
    std::vector<int> const channel_roots = read_from(local, outputs, File::channel);
    Schedule const channel = scheduled(values, channel_roots, File::channel);
    std::vector<int> prepared = read_from(local, outputs, File::pixel);
    Schedule const pixel = scheduled(values, prepared, File::pixel);

    // Parameters that the channels read as they are travel in Prepared too.
    auto append_slot = [&](int id) {
        if (id < 0) return;
        Value const& v = values[static_cast<std::size_t>(id)];
        if (v.is_leaf() && v.file == File::pixel) prepared.push_back(id);
    };
    for (int id : local.order) {
        Value const& v = local.values[static_cast<std::size_t>(id)];
        append_slot(v.a);
        append_slot(v.b);
        append_slot(v.c);
    }
    for (int id : outputs) append_slot(id);
    std::sort(prepared.begin(), prepared.end());
    prepared.erase(std::unique(prepared.begin(), prepared.end()), prepared.end());

    Writer prepare(values), evaluate(values);
    for (std::size_t id = 0; id < values.size(); ++id) {
        if (!values[id].is_leaf()) continue;
        if (values[id].file == File::pixel)
            prepare.known[static_cast<int>(id)] = "p[" + std::to_string(values[id].index) + "]";
        if (values[id].file == File::channel) evaluate.known[static_cast<int>(id)] = values[id].index == 0 ? "x" : "y";
    }
    std::string members, initializers;
    for (std::size_t i = 0; i < prepared.size(); ++i) {
        std::string const member = "q" + std::to_string(i);
        members += (i > 0 ? ", " : "        Real ") + member;
        initializers += (i > 0 ? ", " : "") + prepare.reference(prepared[i]);
        evaluate.known[prepared[i]] = "q." + member;
    }
    if (!members.empty()) members += ";\n";

    std::string text = "struct " + std::string(name) + "\n{\n";
    text += "    static constexpr int num_parameters = " + std::to_string(slots.size()) + ";\n";
    text += std::string("    static constexpr int dimension = ") + (is_2d ? "2" : "1") + ";\n\n";
    text += "    template<class Real>\n    struct Prepared\n    {\n" + members + "    };\n\n";
    text += "    template<class Real>\n    WARPFIT_HD static Prepared<Real> prepare([[maybe_unused]] Real const* p, "
            "[[maybe_unused]] int num_slots = num_parameters)\n    {\n";
    text += prepare.statements(pixel);
    text += "        return {" + initializers + "};\n    }\n\n";
    text += "    template<class Real>\n    WARPFIT_HD static Real evaluate([[maybe_unused]] Prepared<Real> const& q, "
            "[[maybe_unused]] Real x, ";
    text += is_2d ? "[[maybe_unused]] Real y, " : "";
    text += "[[maybe_unused]] Real* grad)\n    {\n";
    text += evaluate.statements(channel) + evaluate.statements(local);
    for (std::size_t k = 0; k < slots.size(); ++k) {
        text += "        grad[" + std::to_string(k) + "] = " + evaluate.reference(outputs[k + 1]) + ";\n";
    }
    text += "        return " + evaluate.reference(outputs.front()) + ";\n    }\n};\n";
    return text;
}

}  // namespace warpfit::expression
