#pragma once

#include "src/model/fit_plan.hpp"
#include "warpfit/signal.hpp"

#include <cstddef>
#include <cstdio>
#include <string>
#include <type_traits>
#include <vector>

namespace warpfit {

/// 64-bit FNV-1a, to pin what a journal belongs to.
class Hash
{
  public:
    void add(void const* data, std::size_t size)
    {
        auto const* p = static_cast<unsigned char const*>(data);
        for (std::size_t i = 0; i < size; ++i) state_ = (state_ ^ p[i]) * 1099511628211ull;
    }
    template<class T>
    void add(std::vector<T> const& v)
    {
        add(v.data(), v.size() * sizeof(T));
    }
    void add(std::string const& s) { add(s.data(), s.size()); }
    template<class T>
    requires std::is_arithmetic_v<T>
    void add(T v) { add(&v, sizeof v); }
    std::string text() const
    {
        char out[17];
        std::snprintf(out, sizeof out, "%016llx", state_);
        return out;
    }

  private:
    unsigned long long state_ = 14695981039346656037ull;
};

/// Adds what computes the model: its terms, the code and the curves of their formulas and twins, the quantities given
/// for parameters; of components of one's own the text and, where they run on the CPU, some of their values, since no
/// program can read its own code.
void add_code(Hash& hash, FitPlan const& plan);

/// Adds up to 16 pixels of the array, spread evenly, the first and the last among them: enough to tell another file, or
/// the same one after its values were corrected. Throws InputError where they cannot be read.
void add_sample(Hash& hash, RawArray const& array, std::size_t num_pixels, std::size_t num_channels);

}  // namespace warpfit
