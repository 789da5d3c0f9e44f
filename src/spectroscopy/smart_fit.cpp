#include "src/spectroscopy/eels_background.hpp"
#include "src/spectroscopy/eels_edges.hpp"
#include "src/spectroscopy/stage.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit::eels {

namespace {

using Windows = std::vector<std::pair<double, double>>;  // [eV]

/// One smart_fit(): its stages in order.
class SmartFit
{
  public:
    SmartFit(Model& model, Signal const& signal, SmartOptions const& smart, FitOptions const& options,
             DataOptions const& data)
        : model_(model)
        , signal_(signal)
        , smart_(smart)
        , options_(options)
        , data_(data)
    {
        auto const [low, high] = spectroscopy::fitted_range(signal, data);
        first_ = smart.start_energy.value_or(low);
        last_ = high;
        edges_ = edges_above(model, first_);
        check_free_onsets();
    }

    FitResult run(ResultSink* sink)
    {
        if (sink && !smart_.final_fit)
            throw InvalidArgument("a smart fit without its final fit keeps no journal (a sink takes the pixels of that "
                                  "one): leave final_fit on");
        resolve_fine_structure(model_, signal_, data_, smart_.safe_window);
        take(fit_background(model_, signal_, smart_, options_, data_), "background",
             edges_.empty() ? last_ : stage_end(0));
        options_.start = Start::file;
        for (std::size_t i = 0; i < edges_.size(); ++i)
            if (edges_[i].onset <= last_ && !is_follower(edges_[i].name)) fit_edge(i);
        if (smart_.final_fit) {
            take(multifit(model_, signal_, options_, final_data(), sink), "all components", last_);
            spectroscopy::keep_values(model_, result_);
        }
        result_.notes.insert(result_.notes.begin(), notes_.begin(), notes_.end());
        result_.seconds = seconds_;
        return std::move(result_);
    }

  private:
    /// Its intensity is that of another edge.
    bool is_follower(std::string const& edge) const { return model_.is_twin(edge + ".intensity"); }

    /// All channels, from the start energy on where one is given.
    DataOptions final_data() const
    {
        if (!smart_.start_energy) return data_;
        return spectroscopy::with_channels(data_, spectroscopy::channels_within(signal_, data_, first_, last_));
    }

    void check_free_onsets() const
    {
        for (std::string const& name : smart_.free_onset_energy) {
            std::vector<std::string> names;
            for (PlacedEdge const& edge : edges_) names.push_back(edge.name);
            if (std::find(names.begin(), names.end(), name) == names.end())
                throw InvalidArgument("edge " + quote(name) + " of free_onset_energy is not fitted" +
                                      known_names(name, names));
            if (model_.is_twin(name + ".onset_energy"))
                throw InvalidArgument("the onset of " + quote(name) +
                                      " is a twin (it cannot be freed): name the edge that it follows");
        }
    }

    bool frees_onset(std::string const& edge) const
    {
        auto const& names = smart_.free_onset_energy;
        return std::find(names.begin(), names.end(), edge) != names.end();
    }

    /// Index of the first edge after `from` whose intensity is its own; edges_.size() if none.
    std::size_t next_leader(std::size_t from) const
    {
        while (from < edges_.size() && is_follower(edges_[from].name)) ++from;
        return from;
    }

    /// Where the channels end before edge i begins.
    double stage_end(std::size_t i) const { return std::min(edges_[i].onset - smart_.safe_window, last_); }

    void fit_edge(std::size_t i)
    {
        std::string const& name = edges_[i].name;
        std::size_t const next = next_leader(i + 1);
        double const end = next < edges_.size() ? stage_end(next) : last_;
        Model stage = next < edges_.size() ? without_edges_from(model_, edges_[next].onset) : model_;
        Windows const windows = switch_off_fine_structure(stage, name);
        bool const frees = frees_onset(name);
        if (stage[name]["intensity"].is_free()) fit_stage(stage, name, end, frees ? Windows{} : windows);
        // From an edge of the right height, or its onset runs away to where it can do no harm.
        if (frees) fit_onset(with_values_of(stage, model_), name, end);
        if (windows.empty()) return;
        estimate_fine_structure(i, end, windows);
        Model const full = next < edges_.size() ? without_edges_from(model_, edges_[next].onset) : model_;
        fit_stage(full, name + " with its fine structure", end, {});
    }

    /// Starts of the components that describe the fine structure of edge i and its followers: from what all else leaves
    /// of its channels.
    void estimate_fine_structure(std::size_t i, double end, Windows const& windows)
    {
        std::vector<std::string> names;
        for (PlacedEdge const& edge : edges_by_onset(model_)) {
            if (edge.name != edges_[i].name && !follows(edge.name, edges_[i].name)) continue;
            std::vector<std::string> const& parts = model_[edge.name].options().edge.fine_structure_components;
            names.insert(names.end(), parts.begin(), parts.end());
        }
        std::vector<unsigned char> mask = spectroscopy::channels_within(signal_, data_, first_, end);
        std::vector<unsigned char> const outside = spectroscopy::channels_within(signal_, data_, first_, end, windows);
        for (std::size_t c = 0; c < mask.size(); ++c) mask[c] = mask[c] && !outside[c];
        if (names.empty() || spectroscopy::count(mask) == 0) return;
        std::size_t const next = next_leader(i + 1);
        Model stage = next < edges_.size() ? without_edges_from(model_, edges_[next].onset) : model_;
        EstimateOptions options;
        options.mask = options_.mask;
        options.device = options_.device;
        options.plugin = options_.plugin;
        options.threads = options_.threads;
        estimate_parameters(stage, signal_, options, spectroscopy::with_channels(data_, std::move(mask)));
        for (std::string const& name : names)
            for (Parameter const& parameter : stage[name].parameters()) {
                Parameter& start = model_[name][parameter.name()];
                if (!start.is_value_set()) start.set_map(parameter.map());  // of one pixel the stage's is set by now
            }
    }

    /// A stage as it is, starting where the stages before ended.
    static Model with_values_of(Model stage, Model const& found)
    {
        for (Component& component : stage.components())
            for (Parameter& parameter : component.parameters())
                if (found[component.name()].has_parameter(parameter.name()))
                    parameter.set_map(found[component.name()][parameter.name()].map());
        return stage;
    }

    /// Of the edge and those that follow it. Returns the energies that it covers.
    Windows switch_off_fine_structure(Model& stage, std::string const& leader) const
    {
        Windows windows;
        for (PlacedEdge const& edge : edges_by_onset(stage)) {
            bool const belongs = edge.name == leader || follows(edge.name, leader);
            EdgeOptions const& options = stage[edge.name].options().edge;
            if (!belongs || !options.fine_structure_active) continue;
            windows.emplace_back(edge.onset, edge.onset + options.fine_structure_width);
            set_fine_structure(stage, edge.name, false, options.fine_structure_width);
        }
        return windows;
    }

    bool follows(std::string const& edge, std::string const& leader) const
    {
        std::string path = edge + ".intensity";
        while (true) {
            auto const twin = std::find_if(model_.twins().begin(), model_.twins().end(),
                                           [&](Twin const& t) { return t.parameter == path; });
            if (twin == model_.twins().end()) return path == leader + ".intensity" && edge != leader;
            path = twin->to;
        }
    }

    void fit_onset(Model stage, std::string const& name, double end)
    {
        std::string const path = name + ".onset_energy";
        stage.parameter(path).set_free(true);
        fit_stage(stage, name + " with its onset", end, {});
        std::vector<double> found = model_.parameter(path).map();
        std::erase_if(found, [](double v) { return !std::isfinite(v); });
        if (found.empty()) return;
        auto const middle = found.begin() + static_cast<std::ptrdiff_t>(found.size() / 2);
        std::nth_element(found.begin(), middle, found.end());
        model_.parameter(path).set_value(*middle);
    }

    void fit_stage(Model const& stage, std::string const& what, double end, Windows const& without)
    {
        std::vector<unsigned char> mask = spectroscopy::channels_within(signal_, data_, first_, end, without);
        if (spectroscopy::count(mask) == 0) {
            notes_.push_back("Stage " + what + " left out: it has no channels.");
            return;
        }
        take(multifit(stage, signal_, options_, spectroscopy::with_channels(data_, std::move(mask))), what, end);
        spectroscopy::keep_values(model_, result_);
    }

    void take(FitResult result, std::string const& what, double end)
    {
        result_ = std::move(result);
        seconds_ += result_.seconds;
        auto const num_good = std::count_if(result_.status.begin(), result_.status.end(), is_converged);
        notes_.push_back("Stage " + what + ": " + number_text(first_) + " to " + number_text(end) + " eV, " +
                         std::to_string(num_good) + " of " + std::to_string(result_.num_pixels()) +
                         " pixels converged.");
    }

    Model& model_;
    Signal const& signal_;
    SmartOptions const& smart_;
    FitOptions options_;
    DataOptions const& data_;
    double first_ = 0.0;
    double last_ = 0.0;
    std::vector<PlacedEdge> edges_;
    FitResult result_;
    std::vector<std::string> notes_;
    double seconds_ = 0.0;
};

}  // namespace

FitResult smart_fit(Model& model, Signal const& signal, SmartOptions const& smart, FitOptions const& options,
                    DataOptions const& data, ResultSink* sink)
{
    model.take_acquisition(signal);
    return SmartFit(model, signal, smart, options, data).run(sink);
}

}  // namespace warpfit::eels
