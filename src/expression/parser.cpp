#include "src/expression/parser.hpp"

#include "include/warpfit/error.hpp"
#include "src/expression/expression.hpp"
#include "src/expression/functions.hpp"
#include "src/text/text.hpp"
#include "src/text/utf8.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

namespace warpfit::expression {

namespace {

constexpr int deepest_nesting = 300;

bool is_digit(char32_t c)
{
    return c >= '0' && c <= '9';
}

bool is_name_start(char32_t c)
{
    return is_letter(c) || c == '_';
}

bool is_name_part(char32_t c)
{
    return is_name_start(c) || is_digit(c);
}

/// Recursive descent with Python's precedences, lowest first: comparisons, |, &, + -, * /, unary + - ~, **.
class Parser
{
  public:
    Parser(Graph& graph, std::string_view text, Curves const& curves)
        : graph_(graph)
        , text_(text)
        , curves_(curves)
    {}

    Id formula_with_substitutions()
    {
        Id formula = expression();
        while (accept(";")) {
            skip_space();
            if (at_end()) break;
            std::size_t const start = position_;
            std::string const name(word());
            if (name.empty()) fail(start, "expected a name", "substitutions read 'name = expression'");
            if (name == "pi" || name == "E" || name == "I" || is_reserved(name)) {
                fail(start, "'" + name + "' is reserved", "choose another name for the substitution");
            }
            skip_space();
            if (peek() != '=' || peek(1) == '=')
                fail(position_, "expected '='", "substitutions read 'name = expression'");
            ++position_;
            Id const by = expression();
            Graph const before = graph_;
            formula = graph_.import(before, formula, name, by);
        }
        skip_space();
        if (!at_end()) fail_unexpected();
        return formula;
    }

  private:
    class Deeper
    {
      public:
        explicit Deeper(Parser& parser)
            : parser_(parser)
        {
            if (++parser_.depth_ > deepest_nesting) {
                parser_.fail(parser_.position_, "nested more than " + std::to_string(deepest_nesting) + " deep",
                             "name parts of the formula with '; name = expression'");
            }
        }
        ~Deeper() { --parser_.depth_; }
        Deeper(Deeper const&) = delete;
        Deeper& operator=(Deeper const&) = delete;

      private:
        Parser& parser_;
    };

    [[noreturn]] void fail(std::size_t position, std::string const& problem, std::string const& suggestion) const
    {
        // A long formula is shown as a window around the caret.
        constexpr std::size_t width = 60;
        std::size_t const first = code_point_begin(text_, position > width ? position - width : 0);
        std::size_t const last = code_point_begin(text_, std::min(text_.size(), position + width));
        std::string shown = first > 0 ? "..." : "";
        std::size_t const caret = shown.size() + count_code_points(text_.substr(first, position - first));
        shown += text_.substr(first, last - first);
        if (last < text_.size()) shown += "...";
        std::replace_if(
            shown.begin(), shown.end(), [](unsigned char c) { return c < ' '; }, ' ');
        throw InvalidArgument("cannot read the formula (" + problem + ") " + suggestion + "\n    " + shown + "\n    " +
                              std::string(caret, ' ') + "^");
    }

    [[noreturn]] void fail_unexpected() const
    {
        if (at_end()) fail(position_, "it ends too early", "expected a number, a name or '('");
        char const c = peek();
        if (is_name_part(next()) || c == '(' || c == '.') {
            fail(position_, "expected an operator", "write products with '*': 2*x, a*(b + c)");
        }
        if (c == ')') fail(position_, "unmatched ')'", "remove it or add the '(' that it closes");
        if (c == '=') fail(position_, "unexpected '='", "substitutions follow a ';', equality is '=='");
        if (c == ',')
            fail(position_, "unexpected ','", "decimals are written with a point, arguments stand in f(a, b)");
        fail(position_, unexpected(), "expected an operator, ';' or the end");
    }

    /// Says what stands here, a whole code point of it.
    std::string unexpected() const
    {
        CodePoint const c = code_point_at(text_, position_);
        if (c.value == invalid_code_point) return "not UTF-8";
        return "unexpected '" + std::string(text_.substr(position_, c.size)) + "'";
    }

    char peek(std::size_t ahead = 0) const
    {
        return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
    }
    char32_t next() const { return at_end() ? U'\0' : code_point_at(text_, position_).value; }
    bool at_end() const { return position_ >= text_.size(); }
    void skip_space()
    {
        while (!at_end() && std::isspace(static_cast<unsigned char>(peek()))) ++position_;
    }
    bool accept(std::string_view token)
    {
        skip_space();
        if (text_.substr(position_, token.size()) != token) return false;
        position_ += token.size();
        return true;
    }
    void expect(char c, std::size_t opened)
    {
        skip_space();
        if (peek() == c) {
            ++position_;
            return;
        }
        if (at_end()) fail(opened, "'(' is never closed", "expected ')'");
        fail_unexpected();
    }
    std::string_view word()
    {
        std::size_t const start = position_;
        if (!at_end() && is_name_start(next())) {
            while (!at_end() && is_name_part(next())) position_ += code_point_at(text_, position_).size;
        }
        return text_.substr(start, position_ - start);
    }

    Id expression()
    {
        Id const left = disjunction();
        std::size_t const first = position_;
        Id result = left;
        if (!comparison(left, result)) return left;
        skip_space();
        std::size_t const second = position_;
        Id ignored = result;
        if (comparison(result, ignored)) {
            fail(second, "chained comparison after that at column " + std::to_string(first + 1),
                 "write (a < b) & (b < c)");
        }
        return result;
    }

    bool comparison(Id left, Id& result)
    {
        if (accept("<=")) {
            result = graph_.call(OpCode::less_equal, left, disjunction());
        } else if (accept(">=")) {
            result = graph_.call(OpCode::less_equal, disjunction(), left);
        } else if (accept("==")) {
            result = graph_.call(OpCode::equal, left, disjunction());
        } else if (accept("!=")) {
            result = graph_.call(OpCode::not_equal, left, disjunction());
        } else if (accept("<")) {
            result = graph_.call(OpCode::less, left, disjunction());
        } else if (accept(">")) {
            Id const right = disjunction();
            result = graph_.call(OpCode::less, right, left);
        } else {
            return false;
        }
        return true;
    }

    Id disjunction() { return logic('|', OpCode::logical_or); }

    Id logic(char sign, OpCode op)
    {
        auto next = [&] { return sign == '|' ? logic('&', OpCode::logical_and) : sum(); };
        skip_space();
        std::size_t start = position_;
        Id left = next();
        while (skip_space(), peek() == sign) {
            std::size_t const here = position_++;
            require_condition(left, start);
            skip_space();
            start = position_;
            if (peek() == sign) fail(here, std::string("'") + sign + sign + "'", std::string("write '") + sign + "'");
            Id const right = next();
            require_condition(right, start);
            left = graph_.call(op, left, right);
        }
        return left;
    }

    void require_condition(Id id, std::size_t start) const
    {
        if (!graph_.is_boolean(id)) {
            fail(start, "not a condition", "put comparisons in parentheses: (x > a) & (x < b)");
        }
    }

    Id sum()
    {
        std::vector<Graph::ScaledTerm> terms{{1, term()}};
        for (;;) {
            if (accept("+")) {
                terms.push_back({1, term()});
            } else if (accept("-")) {
                terms.push_back({-1, term()});
            } else {
                return terms.size() == 1 ? terms[0].term : graph_.sum(0, terms);
            }
        }
    }

    Id term()
    {
        std::vector<Graph::Power> powers{{factor(), graph_.number(1)}};
        for (;;) {
            skip_space();
            std::size_t const here = position_;
            if (peek() == '*' && peek(1) != '*') {
                ++position_;
                powers.push_back({factor(), graph_.number(1)});
            } else if (peek() == '/' && peek(1) != '/') {
                ++position_;
                Id const divisor = factor();
                if (graph_.is_number(divisor, 0)) fail(here, "division by zero", "check the divisor");
                powers.push_back({divisor, graph_.number(-1)});
            } else if (peek() == '/' || peek() == '%') {
                fail(here, "integer division is not known", "write floor(a / b) or a - b*floor(a / b)");
            } else {
                return powers.size() == 1 ? powers[0].base : graph_.product(1, powers);
            }
        }
    }

    Id factor()
    {
        Deeper const deeper(*this);
        if (accept("-")) return graph_.neg(factor());
        if (accept("+")) return factor();
        if (accept("~")) {
            skip_space();
            std::size_t const start = position_;
            Id const operand = factor();
            require_condition(operand, start);
            return graph_.call(OpCode::logical_not, operand);
        }
        Id const base = primary();
        if (accept("**") || accept("^")) return graph_.power(base, factor());  // 2**-x, and 2**3**2 is 2**9
        return base;
    }

    Id primary()
    {
        skip_space();
        std::size_t const start = position_;
        if (accept("(")) {
            Id const inner = expression();
            expect(')', start);
            return inner;
        }
        char const c = peek();
        if (std::isdigit(static_cast<unsigned char>(c)) || c == '.') return number();
        if (at_end()) fail(position_, "it ends too early", "expected a number, a name or '('");
        if (!is_name_start(next())) fail(position_, unexpected(), "expected a number, a name or '('");
        std::string const name(word());
        skip_space();
        if (peek() == '(') return call(name, start);
        return constant_or_symbol(name, start);
    }

    Id number()
    {
        double v = 0;
        char const* const begin = text_.data() + position_;
        auto const [end, error] = std::from_chars(begin, text_.data() + text_.size(), v);
        if (error != std::errc{}) {
            fail(position_, error == std::errc::result_out_of_range ? "number out of range" : "not a number",
                 "expected a number like 2, 0.5 or 1e-3");
        }
        position_ += static_cast<std::size_t>(end - begin);
        if (is_name_start(next())) fail_unexpected();
        return graph_.number(v);
    }

    static bool is_reserved(std::string const& name)
    {
        Function const* const function = find_function(name);
        return function && !function->is_also_a_name;
    }

    Id constant_or_symbol(std::string const& name, std::size_t start)
    {
        if (name == "pi") return graph_.number(std::numbers::pi);
        if (name == "E") return graph_.number(std::numbers::e);
        if (name == "True") return graph_.number(1);
        if (name == "False") return graph_.number(0);
        if (name == "I") {
            if (is_complex_) return graph_.symbol(name);
            fail(start, "'I' is the imaginary unit", "models are real: rename the parameter");
        }
        if (name == "oo" || name == "zoo" || name == "nan" || name == "inf") {
            fail(start, "'" + name + "' is not a finite number", "models are finite: use a large number or where()");
        }
        if (name == "Piecewise" || is_reserved(name)) {
            fail(start, "'" + name + "' is a function", "write " + name + "(...), or rename the parameter");
        }
        return graph_.symbol(name);
    }

    Id call(std::string const& name, std::size_t start)
    {
        std::size_t const opened = position_++;
        if (name == "Piecewise") return piecewise(opened);
        if (name == "re" || name == "im") return complex_part(name == "re", opened);
        if (auto const curve = curves_.find(name); curve != curves_.end()) {
            Id const u = expression();
            expect(')', opened);
            return graph_.curve(OpCode::curve, curve->second, u);
        }
        if (name == "wofz") fail(start, "wofz is complex", "write re(wofz(a + I*b)) or im(wofz(a + I*b))");
        Function const* const function = find_function(name);
        if (!function) {
            std::vector<std::string> const known = function_names();
            std::string const near = closest(name, known);
            fail(start, "unknown function '" + name + "'",
                 (near.empty() ? "write products with '*'" : "did you mean '" + near + "'?") +
                     std::string("; known functions: ") + joined(known));
        }
        std::vector<Id> args;
        skip_space();
        if (peek() != ')') {
            do {
                args.push_back(function->is_of_real ? real_expression() : expression());
            } while (accept(","));
        }
        expect(')', opened);
        int const count = static_cast<int>(args.size());
        if (count < function->min_arity || (function->max_arity >= 0 && count > function->max_arity)) {
            std::string expected = std::to_string(function->min_arity);
            if (function->max_arity < 0) {
                expected = "at least " + expected;
            } else if (function->max_arity != function->min_arity) {
                expected += " or " + std::to_string(function->max_arity);
            }
            fail(start, name + " has " + std::to_string(count) + " arguments", "expected " + expected);
        }
        return function->build(graph_, args);
    }

    /// What follows "re(" or "im(": wofz(a + I*b), the only complex function here, or something real.
    Id complex_part(bool is_real_part, std::size_t opened)
    {
        skip_space();
        std::size_t const start = position_;
        if (word() == "wofz" && accept("("))
            return part_of_wofz(is_real_part ? OpCode::faddeeva_re : OpCode::faddeeva_im, opened);
        position_ = start;
        Id const real = real_expression();
        expect(')', opened);
        return is_real_part ? real : graph_.number(0);
    }

    /// One without the imaginary unit, inside of wofz() too.
    Id real_expression()
    {
        bool const was_complex = std::exchange(is_complex_, false);
        Id const inner = expression();
        is_complex_ = was_complex;
        return inner;
    }

    /// What follows "wofz(".
    Id part_of_wofz(OpCode part, std::size_t outer)
    {
        std::size_t const inner = position_ - 1;
        bool const was_complex = std::exchange(is_complex_, true);
        Id const argument = expression();
        is_complex_ = was_complex;
        expect(')', inner);
        expect(')', outer);
        auto const real_part = [&](Id id) {
            Graph const before = graph_;
            return graph_.import(before, id, "I", graph_.number(0));
        };
        Id const slope = graph_.derivative(argument, "I");
        if (real_part(slope) != slope) fail(inner, "not of the form a + I*b", "write wofz(a + I*b) with real a and b");
        return graph_.call(part, real_part(argument), slope);
    }

    Id piecewise(std::size_t opened)
    {
        struct Piece
        {
            Id value, condition;
        };
        std::vector<Piece> pieces;
        do {
            skip_space();
            std::size_t const start = position_;
            if (!accept("(")) fail(position_, "expected '('", "pieces read (value, condition)");
            Id const value = expression();
            if (!accept(",")) fail(position_, "expected ','", "pieces read (value, condition)");
            skip_space();
            std::size_t const here = position_;
            Id const condition = expression();
            require_condition(condition, here);
            expect(')', start);
            pieces.push_back({value, condition});
        } while (accept(","));
        std::size_t const last = position_;
        expect(')', opened);
        if (!graph_.is_number(pieces.back().condition, 1)) {
            fail(last, "the last piece has a condition", "end with (value, True): the value elsewhere");
        }
        Id result = pieces.back().value;
        for (auto it = pieces.rbegin() + 1; it != pieces.rend(); ++it) {
            result = graph_.call(OpCode::select, it->condition, it->value, result);
        }
        return result;
    }

    Graph& graph_;
    std::string_view text_;
    Curves const& curves_;
    std::size_t position_ = 0;
    int depth_ = 0;
    bool is_complex_ = false;  ///< inside wofz(), where I is the imaginary unit
};

}  // namespace

std::shared_ptr<Node const> parse(std::string_view text, Curves const& curves)
{
    Graph scratch;
    Id const root = Parser(scratch, text, curves).formula_with_substitutions();
    Node node;
    node.root = node.graph.import(scratch, root);
    return std::make_shared<Node const>(std::move(node));
}

}  // namespace warpfit::expression
