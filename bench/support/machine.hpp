#pragma once

#include <map>
#include <string>

namespace warpfit::bench {

/// What a figure was measured on: cpu, clocks, cores, load, compiler, date. "not readable" where the machine hides it.
std::map<std::string, std::string> describe_machine();

/// Whether this CPU runs "sse2", "avx2" (with fma), "avx512" (f, cd, dq, bw).
bool cpu_has(std::string const& instructions);

}  // namespace warpfit::bench
