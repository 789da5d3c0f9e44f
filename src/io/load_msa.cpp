#include "src/io/reading.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <utility>

/// EMSA/MAS 1.0 (ISO 22029): lines "#KEYWORD   : value", then the values, then #ENDOFDATA.
namespace warpfit::io {
namespace {

constexpr std::array<std::pair<char const*, char const*>, 4> signal_types{{
    {"ELS", "EELS"},
    {"EDS", "EDS_TEM"},
    {"CLS", "CL"},
    {"XRF", "XRF"},
}};

/// HyperSpy's places for what the standard names.
constexpr std::array<std::pair<char const*, char const*>, 8> places{{
    {"BEAMKV", "Acquisition_instrument.TEM.beam_energy"},
    {"CONVANGLE", "Acquisition_instrument.TEM.convergence_angle"},
    {"COLLANGLE", "Acquisition_instrument.TEM.Detector.EELS.collection_angle"},
    {"PROBECUR", "Acquisition_instrument.TEM.beam_current"},
    {"OWNER", "General.authors"},
    {"DATE", "General.date"},
    {"TIME", "General.time"},
    {"YUNITS", "Signal.quantity"},
}};

std::string trimmed(std::string_view text)
{
    std::size_t const first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

struct Msa
{
    std::map<std::string, std::string> keywords;
    std::vector<double> numbers;
};

std::string keyword_of(std::string_view line)
{
    std::string keyword =
        trimmed(line.substr(1, line.find(':') == std::string_view::npos ? std::string_view::npos : line.find(':') - 1));
    keyword = keyword.substr(0, keyword.find_first_of(" -\t"));  // "#XPERCHAN -eV :"
    std::transform(keyword.begin(), keyword.end(), keyword.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return keyword;
}

Msa read(std::string const& file)
{
    std::string const text = read_text_file(file);
    Msa msa;
    bool in_data = false;
    bool is_complete = false;
    std::size_t at = 0;
    std::size_t number = 0;
    while (at < text.size() && !is_complete) {
        std::size_t const end = std::min(text.find('\n', at), text.size());
        std::string_view line = std::string_view(text).substr(at, end - at);
        at = end + 1;
        ++number;
        if (line.starts_with('#')) {
            std::string const keyword = keyword_of(line);
            if (keyword == "ENDOFDATA") is_complete = true;
            if (keyword == "SPECTRUM") in_data = true;
            std::size_t const colon = line.find(':');
            if (!in_data && colon != std::string_view::npos) msa.keywords[keyword] = trimmed(line.substr(colon + 1));
            continue;
        }
        if (!in_data) continue;
        for (std::size_t i = 0; i < line.size();) {
            std::size_t const first = line.find_first_not_of(" \t,\r", i);
            if (first == std::string_view::npos) break;
            i = std::min(line.find_first_of(" \t,\r", first), line.size());
            double value = 0.0;
            if (!parse_number(line.substr(first, i - first), value))
                throw InputError(file + ": line " + std::to_string(number) + ": not a number (\"" +
                                 std::string(line.substr(first, i - first)) + "\") check the file");
            msa.numbers.push_back(value);
        }
    }
    if (!in_data) throw InputError(file + ": holds no spectrum (no line #SPECTRUM) check the file");
    if (!is_complete)
        throw InputError(file + ": ends early (no line #ENDOFDATA after " + std::to_string(msa.numbers.size()) +
                         " numbers) copy or export it again");
    return msa;
}

double number_of(std::string const& file, Msa const& msa, std::string const& keyword)
{
    auto const found = msa.keywords.find(keyword);
    double value = 0.0;
    if (found == msa.keywords.end())
        throw InputError(file + ": lacks #" + keyword + " (the standard demands it) add it to the header");
    if (!parse_number(found->second, value) || !std::isfinite(value))
        throw InputError(file + ": #" + keyword + " is not a number (\"" + found->second + "\") check the header");
    return value;
}

std::string keyword(Msa const& msa, std::string const& name)
{
    auto const found = msa.keywords.find(name);
    return found == msa.keywords.end() ? std::string() : found->second;
}

}  // namespace

bool is_msa(std::string const& file)
{
    std::string start = read_start(file, 256);
    std::string const ending = file.substr(std::min(file.size(), file.rfind('.')));
    std::transform(start.begin(), start.end(), start.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return start.starts_with("#FORMAT") || ending == ".msa" || ending == ".emsa";
}

Signal load_msa(std::string const& file)
{
    Msa const msa = read(file);
    std::vector<double> x;
    std::vector<double> y = msa.numbers;
    std::string const data_type = keyword(msa, "DATATYPE");
    bool const has_pairs = data_type == "XY" || data_type == "xy";
    if (has_pairs) {
        if (y.size() % 2 != 0)
            throw InputError(file + ": has " + std::to_string(y.size()) +
                             " numbers (pairs x, y are expected) copy or export it again");
        for (std::size_t i = 0; i < y.size() / 2; ++i) {
            x.push_back(y[2 * i]);
            y[i] = y[2 * i + 1];
        }
        y.resize(x.size());
    }
    double const stated = number_of(file, msa, "NPOINTS");
    if (y.empty() || stated != static_cast<double>(y.size()))
        throw InputError(file + ": has " + std::to_string(y.size()) + " points (#NPOINTS says " +
                         keyword(msa, "NPOINTS") + ") copy or export it again");

    Axis axis;
    axis.name = keyword(msa, "XLABEL");
    axis.units = keyword(msa, "XUNITS");
    axis.size = y.size();
    if (has_pairs) {
        set_values(axis, std::move(x));
    } else {
        axis.offset = number_of(file, msa, "OFFSET");
        axis.scale = number_of(file, msa, "XPERCHAN");
    }
    std::string signal_type;
    for (auto const& [standard, ours] : signal_types)
        if (keyword(msa, "SIGNALTYPE") == standard) signal_type = ours;
    axis.is_binned = signal_type == "EELS" || signal_type == "EDS_TEM";  // as HyperSpy's classes have it
    try {
        Signal signal({}, {std::move(axis)}, std::span<double const>(y));
        signal.signal_type = signal_type;
        signal.title = keyword(msa, "TITLE");
        signal.origin = file;
        for (auto const& [standard, ours] : places)
            if (std::string const value = keyword(msa, standard); !value.empty()) signal.metadata[ours] = value;
        return signal;
    } catch (InvalidArgument const& error) {
        throw InputError(file + ": " + error.what());
    }
}

}  // namespace warpfit::io
