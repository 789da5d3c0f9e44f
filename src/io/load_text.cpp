#include "src/io/reading.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace warpfit::io {
namespace {

constexpr std::size_t max_text_bytes = std::size_t{1} << 30;

bool is_separator(char c)
{
    return c == ' ' || c == '\t' || c == ',' || c == ';' || c == '\r';
}

std::vector<std::string_view> split_words(std::string_view line)
{
    std::vector<std::string_view> words;
    for (std::size_t i = 0; i < line.size();) {
        if (is_separator(line[i])) {
            ++i;
            continue;
        }
        std::size_t end = i;
        while (end < line.size() && !is_separator(line[end])) ++end;
        words.push_back(line.substr(i, end - i));
        i = end;
    }
    return words;
}

/// The lines of `text`, one by one, without their ends.
class Lines
{
  public:
    explicit Lines(std::string_view text)
        : rest_(text)
    {
        if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
    }

    bool next(std::string_view& line)
    {
        if (rest_.empty()) return false;
        std::size_t const end = rest_.find_first_of("\r\n");
        line = rest_.substr(0, end);
        if (end == std::string_view::npos) {
            rest_ = {};
        } else {
            bool const is_pair = rest_[end] == '\r' && end + 1 < rest_.size() && rest_[end + 1] == '\n';
            rest_.remove_prefix(end + (is_pair ? 2 : 1));
        }
        ++number_;
        return true;
    }
    std::size_t number() const noexcept { return number_; }

  private:
    std::string_view rest_;
    std::size_t number_ = 0;
};

[[noreturn]] void fail_line(std::string const& file, std::size_t line, std::string const& text)
{
    throw InputError(file + ": line " + std::to_string(line) + ": " + text);
}

}  // namespace

std::string read_text_file(std::string const& file)
{
    std::size_t const size = hdf5::file_size(file);
    if (size > max_text_bytes)
        throw InputError(file + ": is too long for a text spectrum (" + std::to_string(size) +
                         " bytes, at most 1 GiB) convert it to .hspy with HyperSpy");
    return read_start(file, size);
}

Signal load_columns(std::string const& file)
{
    std::string const text = read_text_file(file);
    std::vector<double> columns[3];
    std::size_t num_columns = 0;
    std::vector<std::string> header;
    Lines lines(text);
    for (std::string_view line; lines.next(line);) {
        line = line.substr(0, line.find('#'));
        std::vector<std::string_view> const words = split_words(line);
        if (words.empty()) continue;
        double numbers[3] = {};
        bool const fits = words.size() <= 3;
        bool are_numbers = fits;
        for (std::size_t i = 0; are_numbers && i < words.size(); ++i) are_numbers = parse_number(words[i], numbers[i]);
        if (fits && !are_numbers && num_columns == 0 && header.empty()) {  // names of the columns
            header.assign(words.begin(), words.end());
            continue;
        }
        if (fits && !are_numbers)
            fail_line(file, lines.number(),
                      "not numbers (\"" + std::string(line.substr(0, 40)) +
                          "\") give columns x y [sigma], comments after #");
        if (!fits || words.size() < 2)
            fail_line(file, lines.number(),
                      "has " + std::to_string(words.size()) +
                          " columns (x y [sigma] are expected) leave the others out");
        if (num_columns == 0) num_columns = words.size();
        if (words.size() != num_columns)
            fail_line(file, lines.number(),
                      "has " + std::to_string(words.size()) + " columns (the lines before have " +
                          std::to_string(num_columns) + ") make them agree");
        if (!std::isfinite(numbers[0])) fail_line(file, lines.number(), "x is not finite (nan or inf) leave it out");
        if (num_columns == 3 && !(numbers[2] > 0.0))
            fail_line(file, lines.number(),
                      "sigma is not positive (" + to_text(numbers[2]) +
                          ") give a standard deviation, or leave the column out");
        for (std::size_t i = 0; i < num_columns; ++i) columns[i].push_back(numbers[i]);
    }
    if (num_columns == 0) throw InputError(file + ": holds no numbers (no line x y [sigma]) check the file");

    Axis axis;
    if (header.size() == num_columns) axis.name = header[0];
    set_values(axis, std::move(columns[0]));
    Signal signal({}, {std::move(axis)}, std::span<double const>(columns[1]));
    if (num_columns == 3) {
        for (double& sigma : columns[2]) sigma *= sigma;
        Variance variance;
        variance.kind = Variance::Kind::channel;
        variance.channel = std::move(columns[2]);
        signal.set_variance(std::move(variance));
    }
    signal.origin = file;
    return signal;
}

}  // namespace warpfit::io
