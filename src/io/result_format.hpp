#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// warpfit's own group in a result file, beside what HyperSpy reads.
///
///   /warpfit            attributes: format, format_version, version, signal (path of the data), model_name,
///   model_hash,
///                       input_path, input_size, input_mtime_ns, num_channels, device, instructions, precision,
///                       optimizer, loss, start, layout, complete, varying; dataset model (JSON text)
///   /warpfit/run        what differs between runs of the same fit (`varying` names it): attributes date, seconds,
///                       threads; dataset notes
///   /warpfit/maps       chisq red_chisq dof iterations status, shaped like the navigation space ([1] without)
///   /warpfit/parameters/<i>   NXdata; attributes component, parameter, free; values, standard_errors
///   /warpfit/derived/<i>      the same of what follows from them (fwhm, height, ...); may be absent
namespace warpfit::io::result_format {

inline constexpr char group[] = "warpfit";
inline constexpr char name[] = "warpfit result";
inline constexpr std::int64_t version = 1;
inline constexpr char model_name[] = "warpfit";

/// FNV-1a, 64 bits, in hexadecimal.
inline std::string hash_of(std::string_view text)
{
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (char const c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    char const* const digits = "0123456789abcdef";
    std::string hex = "fnv1a64:";
    for (int shift = 60; shift >= 0; shift -= 4) hex += digits[(hash >> shift) & 0xf];
    return hex;
}

}  // namespace warpfit::io::result_format
