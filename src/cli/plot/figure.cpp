#include "src/cli/plot/figure.hpp"

#include "warpfit/error.hpp"

#include <cairo/cairo-pdf.h>
#include <cairo/cairo-svg.h>
#include <cairo/cairo.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <numbers>

namespace warpfit::cli::plot {

namespace {

constexpr double pixels_per_point = 2.0;

void set_colour(cairo_t* context, Colour const& c)
{
    cairo_set_source_rgba(context, c.r, c.g, c.b, c.a);
}

void set_font(cairo_t* context, TextStyle const& style)
{
    cairo_select_font_face(context, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(context, style.size);
}

/// Takes `bytes` to the FILE behind `stream`.
cairo_status_t write_bytes(void* stream, unsigned char const* bytes, unsigned int count)
{
    return std::fwrite(bytes, 1, count, static_cast<std::FILE*>(stream)) == count ? CAIRO_STATUS_SUCCESS
                                                                                  : CAIRO_STATUS_WRITE_ERROR;
}

void replay(cairo_surface_t* target, cairo_surface_t* recording, double scale)
{
    cairo_t* const context = cairo_create(target);
    cairo_scale(context, scale, scale);
    cairo_set_source_surface(context, recording, 0.0, 0.0);
    cairo_paint(context);
    cairo_destroy(context);
}

cairo_status_t write_surface(cairo_surface_t* recording, double width, double height, Format format, std::FILE* stream)
{
    cairo_surface_t* surface = nullptr;
    double scale = 1.0;
    if (format == Format::png) {
        scale = pixels_per_point;
        surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(std::lround(width * scale)),
                                             static_cast<int>(std::lround(height * scale)));
    } else if (format == Format::svg) {
        surface = cairo_svg_surface_create_for_stream(write_bytes, stream, width, height);
    } else {
        surface = cairo_pdf_surface_create_for_stream(write_bytes, stream, width, height);
    }
    replay(surface, recording, scale);
    cairo_status_t status = cairo_surface_status(surface);
    if (format == Format::png && status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_write_to_png_stream(surface, write_bytes, stream);
    cairo_surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    return status;
}

}  // namespace

Figure::Figure(double width, double height)
    : width_(std::ceil(width))
    , height_(std::ceil(height))
{
    cairo_rectangle_t const extents{0.0, 0.0, width_, height_};
    cairo_surface_t* const surface = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, &extents);
    recording_ = surface;
    context_ = cairo_create(surface);
    fill({0.0, 0.0, width_, height_}, white);
}

Figure::~Figure()
{
    cairo_destroy(context_);
    cairo_surface_destroy(static_cast<cairo_surface_t*>(recording_));
}

void Figure::fill(Rect const& rect, Colour const& colour)
{
    set_colour(context_, colour);
    cairo_rectangle(context_, rect.x, rect.y, rect.width, rect.height);
    cairo_fill(context_);
}

void Figure::frame(Rect const& rect, Colour const& colour, double line_width)
{
    set_colour(context_, colour);
    cairo_set_line_width(context_, line_width);
    cairo_rectangle(context_, rect.x, rect.y, rect.width, rect.height);
    cairo_stroke(context_);
}

void Figure::line(double x0, double y0, double x1, double y1, Colour const& colour, double line_width)
{
    polyline({{x0, y0}, {x1, y1}}, colour, line_width);
}

void Figure::polyline(std::vector<std::pair<double, double>> const& points, Colour const& colour, double line_width,
                      bool dashed)
{
    set_colour(context_, colour);
    cairo_set_line_width(context_, line_width);
    cairo_set_line_join(context_, CAIRO_LINE_JOIN_ROUND);
    double const dashes[] = {4.0, 2.5};
    if (dashed) cairo_set_dash(context_, dashes, 2, 0.0);
    bool is_open = false;
    for (auto const& [x, y] : points) {
        if (!std::isfinite(x) || !std::isfinite(y)) {
            is_open = false;
        } else if (is_open) {
            cairo_line_to(context_, x, y);
        } else {
            cairo_move_to(context_, x, y);
            is_open = true;
        }
    }
    cairo_stroke(context_);
    cairo_set_dash(context_, nullptr, 0, 0.0);
}

void Figure::polygon(std::vector<std::pair<double, double>> const& points, Colour const& fill_colour)
{
    if (points.size() < 3) return;
    set_colour(context_, fill_colour);
    cairo_move_to(context_, points.front().first, points.front().second);
    for (auto const& [x, y] : points) cairo_line_to(context_, x, y);
    cairo_close_path(context_);
    cairo_fill(context_);
}

void Figure::dot(double x, double y, double radius, Colour const& colour)
{
    if (!std::isfinite(x) || !std::isfinite(y)) return;
    set_colour(context_, colour);
    cairo_arc(context_, x, y, radius, 0.0, 2.0 * std::numbers::pi);
    cairo_fill(context_);
}

void Figure::text(double x, double y, std::string const& text, TextStyle const& style)
{
    set_font(context_, style);
    set_colour(context_, style.colour);
    cairo_text_extents_t extents;
    cairo_text_extents(context_, text.c_str(), &extents);
    // Lines of text share one height whatever their letters: the height of a capital.
    double const capital = 0.73 * style.size;
    double const along = style.h == HAlign::left     ? 0.0
                         : style.h == HAlign::centre ? -0.5 * extents.x_advance
                                                     : -extents.x_advance;
    double const across = style.v == VAlign::top ? capital : style.v == VAlign::middle ? 0.5 * capital : 0.0;
    cairo_save(context_);
    cairo_translate(context_, x, y);
    if (style.vertical) cairo_rotate(context_, -0.5 * std::numbers::pi);
    cairo_move_to(context_, along, across);
    cairo_show_text(context_, text.c_str());
    cairo_restore(context_);
    cairo_new_path(context_);
}

double Figure::text_width(std::string const& text, TextStyle const& style) const
{
    set_font(context_, style);
    cairo_text_extents_t extents;
    cairo_text_extents(context_, text.c_str(), &extents);
    return extents.x_advance;
}

void Figure::image(Rect const& rect, std::size_t rows, std::size_t columns, std::vector<Colour> const& cells)
{
    cairo_surface_t* const surface =
        cairo_image_surface_create(CAIRO_FORMAT_ARGB32, static_cast<int>(columns), static_cast<int>(rows));
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        cairo_surface_destroy(surface);
        throw InvalidArgument(
            fmt::format("a map of {} x {} pixels cannot be drawn (too large) plot a part", rows, columns));
    }
    cairo_surface_flush(surface);
    unsigned char* const bytes = cairo_image_surface_get_data(surface);
    auto const stride = static_cast<std::size_t>(cairo_image_surface_get_stride(surface));
    auto const byte = [](double v) { return static_cast<std::uint32_t>(std::lround(255.0 * std::clamp(v, 0.0, 1.0))); };
    for (std::size_t row = 0; row < rows; ++row) {
        auto* const line = reinterpret_cast<std::uint32_t*>(bytes + row * stride);
        for (std::size_t column = 0; column < columns; ++column) {
            Colour const& c = cells[row * columns + column];
            line[column] = byte(c.a) << 24 | byte(c.a * c.r) << 16 | byte(c.a * c.g) << 8 | byte(c.a * c.b);
        }
    }
    cairo_surface_mark_dirty(surface);
    cairo_save(context_);
    cairo_translate(context_, rect.x, rect.y);
    cairo_scale(context_, rect.width / static_cast<double>(columns), rect.height / static_cast<double>(rows));
    cairo_set_source_surface(context_, surface, 0.0, 0.0);
    bool const shrinks = static_cast<double>(columns) > pixels_per_point * rect.width;
    cairo_pattern_set_filter(cairo_get_source(context_), shrinks ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST);
    cairo_pattern_set_extend(cairo_get_source(context_), CAIRO_EXTEND_PAD);
    cairo_rectangle(context_, 0.0, 0.0, static_cast<double>(columns), static_cast<double>(rows));
    cairo_fill(context_);
    cairo_restore(context_);
    cairo_surface_destroy(surface);
}

void Figure::hatch(Rect const& rect, Colour const& colour)
{
    clip(rect);
    for (double shift = -rect.height; shift < rect.width; shift += 4.0)
        line(rect.x + shift, rect.bottom(), rect.x + shift + rect.height, rect.y, colour, 0.6);
    unclip();
}

void Figure::clip(Rect const& rect)
{
    cairo_save(context_);
    cairo_rectangle(context_, rect.x, rect.y, rect.width, rect.height);
    cairo_clip(context_);
}

void Figure::unclip()
{
    cairo_restore(context_);
}

void Figure::save(std::string const& path, Format format) const
{
    std::string const beside = path + ".part";
    std::FILE* const stream = std::fopen(beside.c_str(), "wb");
    if (stream == nullptr)
        throw WriteError(fmt::format("{}: cannot be created (permission?) choose another place", path));
    cairo_status_t const status =
        write_surface(static_cast<cairo_surface_t*>(recording_), width_, height_, format, stream);
    bool const closed = std::fclose(stream) == 0;
    std::error_code error;
    if (status == CAIRO_STATUS_SUCCESS && closed) std::filesystem::rename(beside, path, error);
    if (status == CAIRO_STATUS_SUCCESS && closed && !error) return;
    std::error_code ignored;
    std::filesystem::remove(beside, ignored);
    throw WriteError(fmt::format("{}: cannot be written ({}) is the disk full?", path,
                                 status != CAIRO_STATUS_SUCCESS ? cairo_status_to_string(status) : error.message()));
}

}  // namespace warpfit::cli::plot
