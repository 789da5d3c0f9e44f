#include "src/io/map_files.hpp"
#include "warpfit/error.hpp"
#include "warpfit/io.hpp"

#include <cctype>
#include <filesystem>
#include <set>

namespace warpfit::io {
namespace {

/// Letters, digits, "._-" and bytes of UTF-8 stay; all else becomes "_". Never empty, never hidden.
std::string file_stem(std::string const& name)
{
    std::string stem;
    for (char const c : name) {
        auto const byte = static_cast<unsigned char>(c);
        bool const keep = byte >= 0x80 || std::isalnum(byte) || c == '.' || c == '_' || c == '-';
        stem += keep ? c : '_';
    }
    if (stem.size() > 200) {
        stem.resize(200);
        while (!stem.empty() && (static_cast<unsigned char>(stem.back()) & 0xc0) == 0x80) stem.pop_back();
        if (!stem.empty() && static_cast<unsigned char>(stem.back()) >= 0xc0) stem.pop_back();
    }
    if (stem.empty()) stem = "_";
    if (stem.front() == '.' || stem.front() == '-') stem.front() = '_';
    return stem;
}

/// Names of which no two are the same where upper and lower case are not told apart.
class UniqueNames
{
  public:
    std::string take(std::string const& stem)
    {
        std::string name = stem;
        for (int i = 2; !used_.insert(folded(name)).second; ++i) name = stem + "_" + std::to_string(i);
        return name;
    }

  private:
    static std::string folded(std::string text)
    {
        for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        return text;
    }
    std::set<std::string> used_;
};

}  // namespace

std::vector<std::string> export_maps(FitResult const& result, std::string const& directory, std::string const& format)
{
    void (*write)(std::string const&, MapView const&) = nullptr;
    if (format == "npy") write = write_npy;
    if (format == "csv") write = write_csv;
    if (format == "tiff") write = write_tiff;
    if (!write) throw InvalidArgument("unknown map format \"" + format + "\" (npy, csv and tiff are known) choose one");

    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error || !std::filesystem::is_directory(directory))
        throw WriteError(directory + ": cannot be created (" + (error ? error.message() : "not a folder") +
                         ") choose another folder");

    std::vector<std::string> paths;
    UniqueNames names;
    auto const put = [&](std::string const& stem, std::string const& title, auto const& values) {
        if (values.size() != result.num_pixels())
            throw InvalidArgument("map \"" + title + "\" has " + std::to_string(values.size()) +
                                  " values (the result has " + std::to_string(result.num_pixels()) + " pixels)");
        std::string const path = (std::filesystem::path(directory) / (names.take(stem) + "." + format)).string();
        write(path, {title, result.shape, std::span(values)});
        paths.push_back(path);
    };

    // The names of these never move aside for a component's.
    put("chisq", "chisq: sum of (data - model)^2 / variance", result.chisq);
    put("red_chisq", "red_chisq: chisq / dof", result.red_chisq);
    put("dof", "dof: channels - free parameters not held at a bound", result.dof);
    std::string meaning = "status:";
    for (int i = 0; i < num_statuses; ++i)
        meaning += " " + std::to_string(i) + " " + name_of(static_cast<FitStatus>(i));
    std::vector<std::uint8_t> status;
    for (FitStatus const s : result.status) status.push_back(static_cast<std::uint8_t>(s));
    put("status", meaning, status);
    put("iterations", "iterations", result.iterations);
    for (auto const* maps : {&result.parameters, &result.derived})
        for (ParameterMap const& map : *maps) {
            std::string const stem = file_stem(map.component + "_" + map.parameter);
            std::string const title = map.component + "." + map.parameter;
            put(stem, title, map.values);
            put(stem + "_standard_error", title + " standard error", map.standard_errors);
        }
    return paths;
}

}  // namespace warpfit::io
