#pragma once

#include "warpfit/fit.hpp"
#include "warpfit/model.hpp"

#include <cstdio>
#include <string>
#include <string_view>

namespace warpfit::cli {

/// JSON written as it comes. Numbers have the fewest digits that read back to the same double; NaN and infinities are
/// null. Commas are placed by the writer; nesting is the caller's.
class JsonWriter
{
  public:
    void begin_object();
    void end_object();
    void begin_array();
    void end_array();
    void key(std::string_view name);
    void value(std::string_view text);
    void value(char const* text) { value(std::string_view(text)); }
    void value(double number);
    void value(bool truth);
    void value(int number) { integer(number); }
    void value(std::size_t number) { integer(static_cast<long long>(number)); }

    template<class Range>
    void array(Range const& range)
    {
        begin_array();
        for (auto const& element : range) value(element);
        end_array();
    }
    template<class Value>
    void member(std::string_view name, Value const& v)
    {
        key(name);
        value(v);
    }
    template<class Range>
    void member_array(std::string_view name, Range const& range)
    {
        key(name);
        array(range);
    }

    std::string const& text() const noexcept { return text_; }
    /// Writes the text and a newline.
    void print(std::FILE* stream) const;

  private:
    void separate();
    void integer(long long number);

    std::string text_;
    bool needs_comma_ = false;
};

/// The object of `fit --json` and `show --json`; `types` of the components come from the model. Without `with_maps` the
/// arrays over pixels are left out.
std::string result_json(FitResult const& result, Model const& model, bool with_maps);

}  // namespace warpfit::cli
