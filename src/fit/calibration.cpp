#include "src/fit/calibration.hpp"

#include "src/fit/device_choice.hpp"
#include "src/model/tree.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace warpfit {

namespace fs = std::filesystem;

namespace {

constexpr double schema = 1.0;

struct Field
{
    char const* key;
    double DeviceCosts::*value;
    char const* meaning;
};

constexpr Field fields[] = {
    {"cpu_start", &DeviceCosts::cpu_start, "s"},
    {"cpu_rate", &DeviceCosts::cpu_rate, "operations a second, thread and double lane"},
    {"gpu_start", &DeviceCosts::gpu_start, "s"},
    {"gpu_compile", &DeviceCosts::gpu_compile, "s"},
    {"gpu_rate", &DeviceCosts::gpu_rate, "operations a second and multiprocessor"},
    {"gpu_double_share", &DeviceCosts::gpu_double_share, "of gpu_rate"},
    {"interpreter_share", &DeviceCosts::interpreter_share, "of gpu_rate"},
    {"gpu_copy", &DeviceCosts::gpu_copy, "bytes a second"},
};

std::string quoted(std::string const& text)
{
    std::string out = "\"";
    for (char const c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
    return out + '"';
}

/// Throws InvalidArgument naming the place.
Tree const& member(Tree const& tree, char const* key, Tree::Kind kind)
{
    Tree const* const found = tree.find(key);
    if (found == nullptr) throw InvalidArgument(tree.where + ": '" + key + "' is missing");
    if (found->kind != kind)
        throw InvalidArgument(found->where + ": " + key + " is " + name_of(found->kind) + ", not " + name_of(kind));
    return *found;
}

/// Throws InvalidArgument where the text is no calibration; a remark where it is that of something else.
Calibration parse(std::string const& text, std::string const& where)
{
    Tree const tree = read_toml(text, where);
    if (double const found = member(tree, "schema", Tree::Kind::number).number; found != schema)
        throw InvalidArgument(where + ": schema " + number_text(found) + " is not known (this library reads " +
                              number_text(schema) + ")");
    Calibration calibration{built_in_costs};
    std::string const& version = member(tree, "warpfit", Tree::Kind::text).text;
    std::string const& cpu = member(tree, "cpu", Tree::Kind::text).text;
    if (version != WARPFIT_VERSION) {
        calibration.remark = where + " was measured with warpfit " + version;
        return calibration;
    }
    if (cpu != cpu_name()) {
        calibration.remark = where + " was measured on another machine (" + cpu + ")";
        return calibration;
    }
    for (Field const& field : fields) {
        Tree const& entry = member(tree, field.key, Tree::Kind::number);
        if (!(entry.number > 0.0) || !std::isfinite(entry.number))
            throw InvalidArgument(entry.where + ": " + field.key + " is " + number_text(entry.number) +
                                  ", not positive");
        calibration.costs.*field.value = entry.number;
    }
    calibration.gpu = member(tree, "gpu", Tree::Kind::text).text;
    calibration.gpu_agrees = member(tree, "gpu_agrees", Tree::Kind::boolean).boolean;
    calibration.remark = member(tree, "remark", Tree::Kind::text).text;
    calibration.is_measured = true;
    return calibration;
}

}  // namespace

std::string cpu_name()
{
    std::ifstream file("/proc/cpuinfo");
    std::string line;
    while (std::getline(file, line))
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    return "unknown";
}

std::string calibration_text(Calibration const& calibration)
{
    std::string text =
        "# Measured by `warpfit doctor --calibrate`: what --device auto estimates with. Without this file it "
        "uses built-in\n# constants and stays on the CPU.\n";
    text += "schema = " + number_text(schema) + "\n";
    text += "warpfit = " + quoted(WARPFIT_VERSION) + "\n";
    text += "cpu = " + quoted(cpu_name()) + "\n";
    text += "gpu = " + quoted(calibration.gpu) + "\n";
    text += std::string("gpu_agrees = ") + (calibration.gpu_agrees ? "true" : "false") + "\n";
    text += "remark = " + quoted(calibration.remark) + "\n";
    for (Field const& field : fields)
        text += std::string(field.key) + " = " + number_text(calibration.costs.*field.value) + "  # " + field.meaning +
                "\n";
    return text;
}

Calibration read_calibration(std::string const& text, std::string const& where)
{
    try {
        return parse(text, where);
    } catch (InvalidArgument const& error) {
        Calibration calibration{built_in_costs};
        calibration.remark = error.what();
        return calibration;
    }
}

std::string calibration_path()
{
    if (char const* const path = std::getenv("WARPFIT_CALIBRATION")) return path;
    // The XDG Base Directory Specification: relative paths are ignored.
    auto const absolute = [](char const* name) {
        char const* const value = std::getenv(name);
        fs::path path = value != nullptr ? value : "";
        return path.is_absolute() ? path : fs::path();
    };
    constexpr char const* file = "warpfit/calibration.toml";
    if (fs::path const cache = absolute("XDG_CACHE_HOME"); !cache.empty()) return (cache / file).string();
    if (fs::path const home = absolute("HOME"); !home.empty()) return (home / ".cache" / file).string();
    return {};
}

Calibration stored_calibration()
{
    std::string const path = calibration_path();
    std::error_code ignored;
    if (path.empty() || !fs::exists(path, ignored)) return {built_in_costs};
    std::ifstream file(path, std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (file.bad() || !file.is_open()) {
        Calibration calibration{built_in_costs};
        calibration.remark = path + ": cannot be read";
        return calibration;
    }
    return read_calibration(text, path);
}

void save_calibration(Calibration const& calibration)
{
    fs::path const path = calibration_path();
    if (path.empty()) throw InvalidArgument("no place for the calibration (no home folder) set WARPFIT_CALIBRATION");
    std::error_code error;
    if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
    // Readers see the old file or the new one.
    fs::path const temporary = path.string() + "." + std::to_string(getpid()) + ".tmp";
    if (!error) {
        std::ofstream file(temporary, std::ios::binary);
        file << calibration_text(calibration);
        file.close();
        if (!file) error = std::error_code(errno, std::generic_category());
    }
    if (!error) fs::rename(temporary, path, error);
    if (!error) return;
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw WriteError(path.string() + ": cannot be written (" + error.message() +
                     ") name another file with WARPFIT_CALIBRATION");
}

}  // namespace warpfit
