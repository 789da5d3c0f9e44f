#include "warpfit/error.hpp"
#include "warpfit/io.hpp"

namespace warpfit::io {

void load_patterns(Model& model, std::function<Signal(std::string const& path)> const& load_signal)
{
    for (Component& component : model.components()) {
        std::string const& path = component.options().signal;
        if (path.empty() || !component.options().pattern.values.empty()) continue;
        Signal const signal = load_signal ? load_signal(path) : load(path);
        try {
            component.set_pattern(Pattern::of(signal));
        } catch (InvalidArgument const& error) {
            throw InvalidArgument("component '" + component.name() + "', " + path + ": " + error.what());
        }
    }
}

}  // namespace warpfit::io
