#include "bench/support/machine.hpp"

#include <ctime>
#include <fstream>
#include <thread>

namespace warpfit::bench {

namespace {

/// The value of "key : value" in a file of such lines.
std::string value_of(char const* file, std::string const& key)
{
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        if (line.compare(0, key.size(), key) != 0) continue;
        auto const colon = line.find(": ");
        if (colon != std::string::npos) return line.substr(colon + 2);
    }
    return "not readable";
}

std::string first_line(char const* file)
{
    std::ifstream in(file);
    std::string line;
    return std::getline(in, line) ? line : "not readable";
}

std::string today()
{
    std::time_t const now = std::time(nullptr);
    std::tm broken{};
    gmtime_r(&now, &broken);
    char text[16];
    std::strftime(text, sizeof text, "%Y-%m-%d", &broken);
    return text;
}

}  // namespace

std::map<std::string, std::string> describe_machine()
{
    return {
        {"date", today()},
        {"cpu", value_of("/proc/cpuinfo", "model name")},
        {"cpu family, model", value_of("/proc/cpuinfo", "cpu family") + ", " + value_of("/proc/cpuinfo", "model\t")},
        {"clock_mhz", value_of("/proc/cpuinfo", "cpu MHz")},
        {"scaling_governor", first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")},
        {"logical_cpus", std::to_string(std::thread::hardware_concurrency())},
        {"load_average", first_line("/proc/loadavg")},
        {"compiler", "g++ " __VERSION__}};
}

bool cpu_has(std::string const& instructions)
{
    __builtin_cpu_init();
    if (instructions == "sse2") return true;
    bool const avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (instructions == "avx2") return avx2;
    return instructions == "avx512" && avx2 && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw");
}

}  // namespace warpfit::bench
