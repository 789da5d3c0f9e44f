#pragma once

#include <algorithm>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace warpfit::bench {

/// "--tiny" and options with a value.
class Arguments
{
  public:
    /// known: "--repeats". Throws std::runtime_error for others.
    Arguments(int argc, char** argv, std::vector<std::string> const& known)
    {
        for (int i = 1; i < argc; ++i) {
            std::string const word = argv[i];
            bool const takes_value = std::find(known.begin(), known.end(), word) != known.end();
            if (word == "--tiny") {
                tiny_ = true;
            } else if (takes_value && i + 1 < argc) {
                values_[word] = argv[++i];
            } else {
                std::string text = takes_value ? word + " has no value" : "unknown argument " + word;
                text += " (known: --tiny";
                for (std::string const& option : known) text += " " + option + " VALUE";
                throw std::runtime_error(text + ")");
            }
        }
    }

    bool tiny() const { return tiny_; }
    std::string text(std::string const& option) const
    {
        auto const found = values_.find(option);
        return found == values_.end() ? "" : found->second;
    }
    double number(std::string const& option, double otherwise) const
    {
        return values_.count(option) > 0 ? std::atof(text(option).c_str()) : otherwise;
    }
    /// Throws std::runtime_error unless it is at least 1.
    int repeats(int otherwise) const
    {
        int const n = static_cast<int>(number("--repeats", otherwise));
        if (n < 1) throw std::runtime_error("--repeats must be at least 1");
        return n;
    }

  private:
    bool tiny_ = false;
    std::map<std::string, std::string> values_;
};

}  // namespace warpfit::bench
