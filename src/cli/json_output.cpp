#include "src/cli/json_output.hpp"

#include <charconv>
#include <cmath>
#include <vector>

namespace warpfit::cli {

void JsonWriter::separate()
{
    if (needs_comma_) text_ += ',';
    needs_comma_ = true;
}

void JsonWriter::begin_object()
{
    separate();
    text_ += '{';
    needs_comma_ = false;
}

void JsonWriter::end_object()
{
    text_ += '}';
    needs_comma_ = true;
}

void JsonWriter::begin_array()
{
    separate();
    text_ += '[';
    needs_comma_ = false;
}

void JsonWriter::end_array()
{
    text_ += ']';
    needs_comma_ = true;
}

void JsonWriter::key(std::string_view name)
{
    value(name);
    text_ += ':';
    needs_comma_ = false;
}

void JsonWriter::value(std::string_view text)
{
    separate();
    text_ += '"';
    for (char const c : text) {
        if (c == '"' || c == '\\') {
            text_ += '\\';
            text_ += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            constexpr char const* digits = "0123456789abcdef";
            auto const code = static_cast<unsigned char>(c);
            text_ += "\\u00";
            text_ += digits[code >> 4];
            text_ += digits[code & 15];
        } else {
            text_ += c;
        }
    }
    text_ += '"';
}

void JsonWriter::value(double number)
{
    separate();
    if (!std::isfinite(number)) {
        text_ += "null";
        return;
    }
    char digits[32];
    auto const end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    text_.append(digits, end);
}

void JsonWriter::value(bool truth)
{
    separate();
    text_ += truth ? "true" : "false";
}

void JsonWriter::integer(long long number)
{
    separate();
    text_ += std::to_string(number);
}

void JsonWriter::print(std::FILE* stream) const
{
    std::fwrite(text_.data(), 1, text_.size(), stream);
    std::fputc('\n', stream);
}

namespace {

/// Those of one component, each an object.
void write_maps(JsonWriter& json, std::vector<ParameterMap> const& maps, std::string const& component, bool tells_free,
                bool with_maps)
{
    json.begin_array();
    for (ParameterMap const& map : maps) {
        if (map.component != component) continue;
        json.begin_object();
        json.member("name", map.parameter);
        if (tells_free) json.member("free", map.free);
        if (with_maps) {
            json.member_array("values", map.values);
            json.member_array("standard_errors", map.standard_errors);
        }
        json.end_object();
    }
    json.end_array();
}

void write_components(JsonWriter& json, FitResult const& result, Model const& model, bool with_maps)
{
    json.key("components");
    json.begin_array();
    for (Component const& component : model.components()) {
        json.begin_object();
        json.member("name", component.name());
        json.member("type", component.type());
        json.key("parameters");
        write_maps(json, result.parameters, component.name(), true, with_maps);
        json.key("derived");
        write_maps(json, result.derived, component.name(), false, with_maps);
        json.end_object();
    }
    json.end_array();
}

}  // namespace

std::string result_json(FitResult const& result, Model const& model, bool with_maps)
{
    JsonWriter json;
    json.begin_object();
    json.member_array("shape", result.shape);
    json.member("num_channels", result.num_channels);
    json.member("device", result.device);
    json.member("instructions", result.instructions);
    json.member("precision", result.precision);
    json.member("optimizer", result.optimizer);
    json.member("loss", result.loss);
    json.member("start", result.start);
    json.member("layout", result.layout);
    json.member("threads", result.threads);
    json.member("seconds", result.seconds);
    json.member("pixels_per_second", result.pixels_per_second());
    json.key("status");
    json.begin_object();
    std::vector<std::size_t> const counts = result.count_by_status();
    for (std::size_t status = 0; status < counts.size(); ++status)
        if (counts[status] > 0) json.member(name_of(static_cast<FitStatus>(status)), counts[status]);
    json.end_object();
    json.member_array("notes", result.notes);
    write_components(json, result, model, with_maps);
    if (with_maps) {
        json.member_array("chisq", result.chisq);
        json.member_array("red_chisq", result.red_chisq);
        json.member_array("dof", result.dof);
        json.key("status_map");
        json.begin_array();
        for (FitStatus const status : result.status) json.value(static_cast<int>(status));
        json.end_array();
        json.member_array("iterations", result.iterations);
    }
    json.end_object();
    return json.text();
}

}  // namespace warpfit::cli
