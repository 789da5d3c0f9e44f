#include "src/io/hspy_component.hpp"

#include "src/expression/expression.hpp"
#include "src/io/sympy_names.hpp"
#include "src/text/utf8.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string_view>

namespace warpfit::io {
namespace {

// 1D classes with the same name, parameters and formula in HyperSpy 1.7.3 and 2.x.
constexpr std::array<std::string_view, 15> portable_types = {
    "Arctan",   "Bleasdale",  "Doniach", "Erf",      "Exponential", "Gaussian",   "GaussianHF", "HeavisideStep",
    "Logistic", "Lorentzian", "Offset",  "PowerLaw", "RC",          "SkewNormal", "SplitVoigt"};

struct Synonym
{
    std::string_view ours;
    std::string_view sympy;
};
constexpr std::array<Synonym, 19> synonyms = {{{"abs", "Abs"},
                                               {"arccos", "acos"},
                                               {"arccosh", "acosh"},
                                               {"arcsin", "asin"},
                                               {"arcsinh", "asinh"},
                                               {"arctan", "atan"},
                                               {"arctan2", "atan2"},
                                               {"arctanh", "atanh"},
                                               {"ceil", "ceiling"},
                                               {"equal", "Eq"},
                                               {"fabs", "Abs"},
                                               {"gammaln", "loggamma"},
                                               {"heaviside", "Heaviside"},
                                               {"ln", "log"},
                                               {"not_equal", "Ne"},
                                               {"pow", "Pow"},
                                               {"power", "Pow"},
                                               {"real", "re"},
                                               {"select", "where"}}};

constexpr std::array<std::string_view, 12> scipy_functions = {"erf",     "erfc",     "erfi",     "wofz",
                                                              "gamma",   "loggamma", "gammaln",  "beta",
                                                              "besselj", "digamma",  "trigamma", "factorial"};

bool is_name_start(CodePoint c)
{
    return is_letter(c.value) || c.value == '_';
}
bool is_name_part(CodePoint c)
{
    return is_name_start(c) || (c.value >= '0' && c.value <= '9');
}

/// A formula cut into names, numbers and the characters between them.
struct Token
{
    enum class Kind { name, function, number, other };
    Kind kind;
    std::string text;
};

std::vector<Token> tokens_of(std::string_view text)
{
    std::vector<Token> tokens;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i + 1;
        Token::Kind kind = Token::Kind::other;
        auto const is_digit = [&](std::size_t at) {
            return at < text.size() && std::isdigit(static_cast<unsigned char>(text[at]));
        };
        if (CodePoint const first = code_point_at(text, i); is_name_start(first)) {
            end = i + first.size;
            while (end < text.size() && is_name_part(code_point_at(text, end))) end += code_point_at(text, end).size;
            std::size_t const next = text.find_first_not_of(" \t", end);
            bool const is_called = next != std::string_view::npos && text[next] == '(';
            kind = is_called ? Token::Kind::function : Token::Kind::name;
        } else if (is_digit(i) || (text[i] == '.' && is_digit(i + 1))) {
            kind = Token::Kind::number;
            while (end < text.size() && (is_digit(end) || text[end] == '.')) ++end;
            if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
                std::size_t const digits =
                    end + 1 + (end + 1 < text.size() && (text[end + 1] == '+' || text[end + 1] == '-'));
                if (is_digit(digits)) {
                    end = digits;
                    while (is_digit(end)) ++end;
                }
            }
        }
        tokens.push_back({kind, std::string(text.substr(i, end - i))});
        i = end;
    }
    return tokens;
}

/// Of the call that begins at tokens[at].
int num_arguments(std::vector<Token> const& tokens, std::size_t at)
{
    int depth = 0, commas = 0;
    for (std::size_t i = at + 1; i < tokens.size(); ++i) {
        if (tokens[i].text == "(") ++depth;
        if (tokens[i].text == ")" && --depth == 0) break;
        if (tokens[i].text == "," && depth == 1) ++commas;
    }
    return commas + 1;
}

/// The names that a formula with `;` substitutions defines itself.
std::set<std::string> defined_names(std::string_view text)
{
    std::set<std::string> names;
    for (std::size_t begin = text.find(';'); begin != std::string_view::npos;) {
        std::size_t const end = text.find(';', begin + 1);
        std::string_view const piece = text.substr(begin + 1, end - begin - 1);
        std::string_view name = piece.substr(0, piece.find('='));
        name.remove_prefix(std::min(name.find_first_not_of(" \t\n"), name.size()));
        name = name.substr(0, name.find_last_not_of(" \t\n") + 1);
        names.emplace(name);
        begin = end;
    }
    return names;
}

/// Rewrites `text` in SymPy's words: names for `taken` ones get underscores, which `renamed` records.
std::string in_sympy_words(std::string const& text, std::set<std::string> const& names,
                           std::map<std::string, std::string>& renamed, bool& needs_scipy)
{
    for (std::string const& name : names) {
        if (!is_sympy_name(name)) continue;
        std::string safe = name + "_";
        while (names.contains(safe) || is_sympy_name(safe)) safe += "_";
        renamed[name] = safe;
    }
    std::string out;
    std::vector<Token> const tokens = tokens_of(text);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        Token const& token = tokens[i];
        if (token.kind == Token::Kind::name) {
            auto const found = renamed.find(token.text);
            out += found == renamed.end() ? token.text : found->second;
        } else if (token.kind == Token::Kind::function) {
            auto const found =
                std::find_if(synonyms.begin(), synonyms.end(), [&](Synonym const& s) { return s.ours == token.text; });
            // SymPy turns Min and Max into amin and amax of NumPy, which do not take an array and a number.
            bool const has_two = num_arguments(tokens, i) == 2;
            if (has_two && (token.text == "min" || token.text == "Min" || token.text == "minimum"))
                out += "fmin";
            else if (has_two && (token.text == "max" || token.text == "Max" || token.text == "maximum"))
                out += "fmax";
            else
                out += found == synonyms.end() ? token.text : std::string(found->sympy);
            if (std::find(scipy_functions.begin(), scipy_functions.end(), token.text) != scipy_functions.end())
                needs_scipy = true;
        } else {
            out += token.text;
        }
    }
    return out;
}

std::set<std::string> symbols_of(std::string const& text)
{
    auto const symbols = expression::Expression::parse(text).symbols();
    return {symbols.begin(), symbols.end()};
}

/// A program's own component, which HyperSpy cannot know: its parameters with their maps, and not a number for a value.
HyperspyForm own_form(Component const& component)
{
    HyperspyForm form;
    form.id_name = "Expression";
    std::set<std::string> names{"x"};
    std::string text = component.dimension() == 2 ? "log(-1 - x**2 - y**2)" : "log(-1 - x**2)";
    for (Parameter const& p : component.parameters()) {
        names.insert(p.name());
        text += " + " + p.name();
    }
    if (component.dimension() == 2) names.insert("y");
    std::map<std::string, std::string> renamed;
    form.expression = in_sympy_words(text, names, renamed, form.needs_scipy);
    for (auto const& [outer, inner] : renamed) form.rename[inner] = outer;
    return form;
}

}  // namespace

HyperspyForm hyperspy_form(Component const& component)
{
    ComponentOptions const& options = component.options();
    HyperspyForm form;
    // In two dimensions HyperSpy has no constant, and SymPy drops axes that it sees to cancel: this it keeps.
    if (component.type() == "Offset" && component.dimension() == 2) {
        form.id_name = "Expression";
        form.expression = "offset * (cos(x*y)**2 + sin(x*y)**2)";
        return form;
    }
    bool const is_portable =
        std::find(portable_types.begin(), portable_types.end(), component.type()) != portable_types.end();
    bool const sums = options.line.shirley && component.type() == "PESCoreLineShape";  // which is in no formula
    if (sums || component.type() == "ScalableFixedPattern" || component.type() == "EELSCLEdge") {
        form.id_name = component.type();
        return form;
    }
    if (is_portable || (component.type() == "Gaussian2D" && !options.add_rotation)) {
        form.id_name = component.type();
        form.has_class_dump = !is_portable;
        return form;
    }

    if (component.own()) return own_form(component);

    // HyperSpy shears what it should rotate, so a rotated component goes there with the rotation written out.
    bool const is_as_written = component.type() == "Expression" && !options.add_rotation;
    std::string const& text = is_as_written ? options.expression : component.formula();
    std::set<std::string> const symbols = symbols_of(text);
    std::set<std::string> names = symbols;
    names.merge(defined_names(text));
    std::map<std::string, std::string> renamed;
    form.id_name = "Expression";
    form.expression = in_sympy_words(text, names, renamed, form.needs_scipy);
    if (!options.add_rotation) form.position = options.position;
    for (std::string const& name : symbols) {
        if (name == "x" || name == "y") continue;
        auto const given = options.rename_parameters.find(name);
        bool const has_given = is_as_written && given != options.rename_parameters.end();
        std::string const& public_name = has_given ? given->second : name;
        std::string const& inner_name = renamed.contains(name) ? renamed[name] : name;
        if (inner_name != public_name) form.rename[inner_name] = public_name;
    }
    return form;
}

std::string hyperspy_twin_expression(std::string const& expression)
{
    if (expression.empty()) return {};
    std::map<std::string, std::string> renamed;
    bool needs_scipy = false;
    return in_sympy_words(expression, symbols_of(expression), renamed, needs_scipy);
}

}  // namespace warpfit::io
