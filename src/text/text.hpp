#pragma once

#include <span>
#include <string>
#include <string_view>

namespace warpfit {

/// Shortest text that reads back to exactly v (at most 17 significant digits); "inf", "-inf", "nan".
std::string number_text(double v);

/// Parses one number that spans all of `word`.
bool parse_number(std::string_view word, double& value);

/// 'word'
std::string quote(std::string_view word);

/// "A, B, C"
std::string joined(std::span<std::string const> words);

/// The closest of names to word (edit distance), or empty if nothing is near.
std::string closest(std::string_view word, std::span<std::string const> names);

/// "; did you mean 'centre'?", or empty where nothing is near.
std::string did_you_mean(std::string_view word, std::span<std::string const> names);

/// " (known: A, B); did you mean 'A'?": the why and the suggestion of an unknown name.
std::string known_names(std::string_view word, std::span<std::string const> names);

}  // namespace warpfit
