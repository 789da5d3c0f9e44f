#include "src/model/schema.hpp"
#include "src/text/text.hpp"

#include <cmath>

namespace warpfit::schema {

namespace {

double positive_in(Tree const& tree, std::string const& what)
{
    double const v = number_in(tree, what);
    if (!(v > 0.0) || std::isinf(v))
        fail(tree.where, what + " is " + number_text(v) + " (must be positive and finite)");
    return v;
}

std::vector<std::pair<double, double>> ranges_in(Tree const& tree, std::string const& what)
{
    expect(tree, Tree::Kind::array, what);
    std::vector<std::pair<double, double>> ranges;
    for (Tree const& item : tree.items) {
        if (item.kind == Tree::Kind::number && tree.items.size() == 2)
            fail(tree.where, what + " must be an array of pairs (found one pair): write [[" +
                                 number_text(tree.items[0].number) + ", " + number_text(tree.items[1].number) + "]]");
        expect(item, Tree::Kind::array, "each range of " + what);
        if (item.items.size() != 2)
            fail(item.where, "each range of " + what + " must be a pair (found " + std::to_string(item.items.size()) +
                                 " values): write [first, last]");
        double const first = number_in(item.items[0], "the first end of a range");
        double const last = number_in(item.items[1], "the last end of a range");
        if (std::isnan(first) || std::isnan(last)) fail(item.where, "an end of a range is nan (must be a number)");
        if (first > last)
            fail(item.where, "range [" + number_text(first) + ", " + number_text(last) +
                                 "] runs backwards (its first end exceeds its last): exchange them");
        ranges.emplace_back(first, last);
    }
    return ranges;
}

std::vector<unsigned char> mask_in(Tree const& tree)
{
    expect(tree, Tree::Kind::array, "key 'channel_mask'");
    std::vector<unsigned char> mask;
    for (Tree const& item : tree.items) {
        if (item.kind != Tree::Kind::boolean &&
            !(item.kind == Tree::Kind::number && (item.number == 0.0 || item.number == 1.0)))
            fail(item.where, "each entry of key 'channel_mask' must be 0 or 1 (1: fit that channel)");
        mask.push_back(item.kind == Tree::Kind::boolean ? item.boolean : item.number != 0.0);
    }
    return mask;
}

std::string variance_in(Tree const& tree)
{
    if (tree.kind == Tree::Kind::number) return number_text(positive_in(tree, "key 'variance'"));
    if (tree.kind != Tree::Kind::text)
        fail(tree.where, std::string("key 'variance' must be a string or a number (found ") + name_of(tree.kind) + ")");
    if (tree.text.find('#') != std::string::npos) return tree.text;
    std::vector<std::string> const names{"file", "none", "poisson"};
    if (tree.text != "file" && tree.text != "none" && tree.text != "poisson")
        fail(tree.where, "key 'variance' is " + quote(tree.text) +
                             " (known: file, none, poisson, a number, \"FILE#/path\")" +
                             did_you_mean(tree.text, names));
    return tree.text;
}

}  // namespace

DataOptions read_data(Tree const& table, std::vector<std::string>& warnings)
{
    expect(table, Tree::Kind::table, "[data]");
    check_keys(table, {"range", "exclude", "channel_mask", "variance", "gain", "offset", "low_loss", "binned"},
               "[data]");
    DataOptions data;
    if (Tree const* const v = table.find("range")) data.range = ranges_in(*v, "key 'range'");
    if (Tree const* const v = table.find("exclude")) data.exclude = ranges_in(*v, "key 'exclude'");
    if (Tree const* const v = table.find("channel_mask")) data.channel_mask = mask_in(*v);
    if (Tree const* const v = table.find("variance")) data.variance = variance_in(*v);
    if (Tree const* const v = table.find("gain")) data.gain = positive_in(*v, "key 'gain'");
    if (Tree const* const v = table.find("offset")) {
        data.offset = number_in(*v, "key 'offset'");
        if (!std::isfinite(data.offset))
            fail(v->where, "key 'offset' is " + number_text(data.offset) + " (must be finite)");
    }
    if (Tree const* const v = table.find("low_loss")) {
        data.low_loss = text_in(*v, "key 'low_loss'");
        if (data.low_loss.empty()) fail(v->where, "key 'low_loss' is empty (it names a file): leave it out for none");
    }
    if (Tree const* const v = table.find("binned")) data.binned = boolean_in(*v, "key 'binned'");
    for (TreeEntry const& entry : table.entries)
        if ((entry.key == "gain" || entry.key == "offset") && data.variance != "poisson")
            warnings.push_back(entry.where + ": key " + quote(entry.key) + " has no effect (variance is " +
                               quote(data.variance) + ", not 'poisson')");
    return data;
}

FitOptions read_fit(Tree const& table, std::vector<std::string>& warnings)
{
    expect(table, Tree::Kind::table, "[fit]");
    check_keys(table,
               {"optimizer", "loss", "huber_delta", "start", "precision", "bounded", "standard_error", "max_iterations",
                "tolerance", "derived", "smart"},
               "[fit]");
    FitOptions fit;
    if (Tree const* const v = table.find("optimizer"))
        fit.optimizer = name_in(*v, "key 'optimizer'",
                                {"lm",
                                 "lstsq",
                                 "trf",
                                 "dogbox",
                                 "odr",
                                 "ols",
                                 "nnls",
                                 "ridge",
                                 "Nelder-Mead",
                                 "Powell",
                                 "CG",
                                 "BFGS",
                                 "Newton-CG",
                                 "L-BFGS-B",
                                 "TNC",
                                 "COBYLA",
                                 "SLSQP",
                                 "Differential Evolution",
                                 "Dual Annealing",
                                 "SHGO"});
    if (Tree const* const v = table.find("loss")) fit.loss = name_in(*v, "key 'loss'", {"ls", "ML-poisson", "huber"});
    if (Tree const* const v = table.find("huber_delta")) {
        fit.huber_delta = positive_in(*v, "key 'huber_delta'");
        if (fit.loss != "huber")
            warnings.push_back(v->where + ": key 'huber_delta' has no effect (loss is " + quote(fit.loss) +
                               ", not 'huber')");
    }
    if (Tree const* const v = table.find("start")) {
        std::string const& name = name_in(*v, "key 'start'", {"auto", "model", "file"});
        fit.start = name == "auto" ? Start::automatic : name == "model" ? Start::model : Start::file;
    }
    if (Tree const* const v = table.find("precision")) {
        std::string const& name = name_in(*v, "key 'precision'", {"float32", "mixed", "float64"});
        fit.precision = name == "float32" ? Precision::float32
                        : name == "mixed" ? Precision::mixed
                                          : Precision::float64;
    }
    if (Tree const* const v = table.find("bounded")) fit.bounded = boolean_in(*v, "key 'bounded'");
    if (Tree const* const v = table.find("derived")) fit.derived = boolean_in(*v, "key 'derived'");
    if (Tree const* const v = table.find("standard_error")) {
        std::string const& name = name_in(*v, "key 'standard_error'", {"scaled", "absolute"});
        fit.standard_error = name == "scaled" ? StandardError::scaled : StandardError::absolute;
    }
    if (Tree const* const v = table.find("max_iterations")) {
        fit.max_iterations = integer_in(*v, "key 'max_iterations'");
        if (fit.max_iterations < 1)
            fail(v->where, "key 'max_iterations' is " + std::to_string(fit.max_iterations) + " (must be at least 1)");
    }
    if (Tree const* const v = table.find("tolerance")) {
        fit.tolerance = number_in(*v, "key 'tolerance'");
        if (!(fit.tolerance > 0.0 && fit.tolerance < 1.0))
            fail(v->where, "key 'tolerance' is " + number_text(fit.tolerance) + " (must lie between 0 and 1)");
    }
    return fit;
}

}  // namespace warpfit::schema
