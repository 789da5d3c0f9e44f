#include "src/io/dataset_source.hpp"
#include "src/io/reading.hpp"
#include "src/io/result_format.hpp"
#include "src/signal/convert.hpp"
#include "warpfit/error.hpp"
#include "warpfit/io.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit::io {
namespace {

std::string text_of(hdf5::Object const& object, std::string const& name)
{
    auto const text = object.text(name);
    if (!text) object.fail("lacks the attribute " + name + " (the result is damaged) fit again");
    return *text;
}

double number_of(hdf5::Object const& object, std::string const& name)
{
    auto const number = object.number(name);
    if (!number) object.fail("lacks the attribute " + name + " (the result is damaged) fit again");
    return *number;
}

/// One number a pixel, read when asked for.
class Map
{
  public:
    Map(hdf5::Group const& group, std::string const& name, std::size_t num_pixels)
        : dataset_(checked(group.dataset(name), num_pixels))
        , source_(dataset_, 0)
    {}

    std::vector<double> values()
    {
        std::size_t const count = dataset_.num_elements();
        auto const [type, byte_swapped] = source_.element_type();
        std::vector<std::byte> bytes(count * size_of(type));
        source_.read(0, 1, bytes.data());
        std::vector<double> numbers(count);
        signal::convert(type, byte_swapped, bytes.data(), count, numbers.data());
        return numbers;
    }

    template<class T>
    std::vector<T> integers(double lowest, double highest)
    {
        std::vector<double> const numbers = values();
        std::vector<T> integers(numbers.size());
        std::transform(numbers.begin(), numbers.end(), integers.begin(), [&](double v) {
            if (!(v >= lowest && v <= highest)) dataset_.fail("holds numbers that cannot be (damaged) fit again");
            return static_cast<T>(static_cast<int>(v));
        });
        return integers;
    }

  private:
    static hdf5::Dataset checked(hdf5::Dataset map, std::size_t num_pixels)
    {
        if (map.num_elements() != num_pixels)
            map.fail("holds " + std::to_string(map.num_elements()) + " values (the signal has " +
                     std::to_string(num_pixels) + " pixels) fit again");
        return map;
    }

    hdf5::Dataset dataset_;
    DatasetSource source_;
};

/// All of a result but the values of its maps.
struct OpenResult
{
    struct Parameter
    {
        Map values;
        Map standard_errors;
    };
    ResultFile file;
    Map chisq;
    Map red_chisq;
    Map dof;
    Map iterations;
    Map status;
    std::vector<Parameter> parameters{};  ///< of each of file.result.parameters
    std::vector<Parameter> derived{};     ///< of each of file.result.derived
};

void open_parameters(hdf5::Group const& group, std::size_t num_pixels, std::vector<ParameterMap>& maps,
                     std::vector<OpenResult::Parameter>& data)
{
    for (std::string const& name : group.names()) {
        hdf5::Group const parameter = group.group(name);
        maps.push_back({text_of(parameter, "component"),
                        text_of(parameter, "parameter"),
                        number_of(parameter, "free") != 0.0,
                        {},
                        {}});
        data.push_back({Map(parameter, "values", num_pixels), Map(parameter, "standard_errors", num_pixels)});
    }
}

void read_parameters(std::vector<OpenResult::Parameter>& data, std::vector<ParameterMap>& maps)
{
    for (std::size_t i = 0; i < maps.size(); ++i) {
        maps[i].values = data[i].values.values();
        maps[i].standard_errors = data[i].standard_errors.values();
    }
}

OpenResult open_result(std::string const& path)
{
    hdf5::Group const root = hdf5::open_file(path);
    bool const is_result =
        root.has_group(result_format::group) && root.group(result_format::group).text("format") == result_format::name;
    if (!is_result)
        throw InputError(path + ": not a warpfit result (it has no group /warpfit) fit a model to it first");
    hdf5::Group const own = root.group(result_format::group);
    if (double const version = number_of(own, "format_version"); version > static_cast<double>(result_format::version))
        own.fail("is of version " + to_text(version) + " (this warpfit reads up to " +
                 std::to_string(result_format::version) + ") use a newer warpfit");

    ResultFile file;
    auto const json = own.dataset("model").read_texts();
    if (json.size() != 1 || result_format::hash_of(json.front()) != text_of(own, "model_hash"))
        own.fail("holds a model that was changed (its hash differs) fit again");
    try {
        file.model = parse_model_json(json.front(), path + "#/warpfit/model");
    } catch (InvalidArgument const& error) {
        throw InputError(path + ": the model inside cannot be read (" + error.what() + ") fit again");
    }
    std::string const signal_path = text_of(own, "signal");
    if (!signal_path.starts_with("/Experiments/"))
        own.fail("does not say where its data are (\"" + signal_path + "\") fit again");
    file.signal = load_hspy(root.group("Experiments").group(signal_path.substr(std::string("/Experiments/").size())));
    hdf5::Group const stored = root.group("Analysis").group("models").group(text_of(own, "model_name")).group("_dict");
    if (stored.has_group("low_loss")) file.signal.set_low_loss(load_hspy(stored.group("low_loss")));
    file.input_path = text_of(own, "input_path");
    file.complete = number_of(own, "complete") != 0.0;

    FitResult& result = file.result;
    std::size_t const n = file.signal.num_pixels();
    result.shape = file.signal.navigation_shape();
    result.num_channels = static_cast<std::size_t>(std::max(number_of(own, "num_channels"), 0.0));
    result.device = text_of(own, "device");
    result.instructions = text_of(own, "instructions");
    result.precision = text_of(own, "precision");
    result.optimizer = text_of(own, "optimizer");
    result.loss = text_of(own, "loss");
    result.start = text_of(own, "start");
    result.layout = text_of(own, "layout");
    hdf5::Group const run = own.group("run");
    result.seconds = number_of(run, "seconds");
    result.threads = static_cast<int>(number_of(run, "threads"));
    if (run.dataset("notes").num_elements() > 0) result.notes = run.dataset("notes").read_texts();

    hdf5::Group const maps = own.group("maps");
    auto const map = [&](char const* name) { return Map(maps, name, n); };
    OpenResult open{std::move(file), map("chisq"), map("red_chisq"), map("dof"), map("iterations"), map("status")};
    open_parameters(own.group("parameters"), n, open.file.result.parameters, open.parameters);
    if (own.has_group("derived")) open_parameters(own.group("derived"), n, open.file.result.derived, open.derived);
    return open;
}

}  // namespace

ResultFile load_result(std::string const& path)
{
    OpenResult open = open_result(path);
    FitResult& result = open.file.result;
    constexpr double int_min = -2147483648.0, int_max = 2147483647.0;
    result.chisq = open.chisq.values();
    result.red_chisq = open.red_chisq.values();
    result.dof = open.dof.integers<int>(int_min, int_max);
    result.iterations = open.iterations.integers<int>(int_min, int_max);
    result.status = open.status.integers<FitStatus>(0, num_statuses - 1);
    read_parameters(open.parameters, result.parameters);
    read_parameters(open.derived, result.derived);
    return std::move(open.file);
}

void check_result(std::string const& path)
{
    open_result(path);
}

}  // namespace warpfit::io
