#pragma once

#include "src/backends/cuda/compiler.hpp"
#include "src/backends/cuda/sha256.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace warpfit::cuda {

/// Names a compiled program: hash of all that decides its bytes. identity: of the compiler (Compiler::identity()).
Sha256::Digest cubin_key(std::string_view identity, CompileRequest const& request);

/// A compiled program as the bytes of a cache entry: magic, format, key, lengths, architecture, names, code, and the
/// hash of all these. Numbers in the machine's byte order; another machine's do not verify. The log stays behind.
std::string to_entry(Sha256::Digest const& key, Compiled const& compiled);

/// Nothing unless the bytes are a whole entry of this key and format.
std::optional<Compiled> from_entry(Sha256::Digest const& key, std::string_view bytes);

}  // namespace warpfit::cuda
