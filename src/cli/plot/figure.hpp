#pragma once

#include "src/cli/plot/colours.hpp"

#include <string>
#include <utility>
#include <vector>

struct _cairo;

namespace warpfit::cli::plot {

struct Rect
{
    double x;
    double y;
    double width;
    double height;

    double right() const noexcept { return x + width; }
    double bottom() const noexcept { return y + height; }
    Rect inset(double left, double top, double right_margin, double bottom_margin) const noexcept
    {
        return {x + left, y + top, width - left - right_margin, height - top - bottom_margin};
    }
};

enum class Format { png, svg, pdf };
enum class HAlign { left, centre, right };
enum class VAlign { top, middle, bottom };

struct TextStyle
{
    double size = 11.0;
    bool bold = false;
    HAlign h = HAlign::left;
    VAlign v = VAlign::middle;
    Colour colour = black;
    bool vertical = false;  ///< read from below
};

/// A page that is drawn on in points from the top left, and saved as one file. PNG has two pixels a point.
class Figure
{
  public:
    /// Sizes are rounded up to whole points.
    Figure(double width, double height);
    ~Figure();
    Figure(Figure const&) = delete;
    Figure& operator=(Figure const&) = delete;

    double width() const noexcept { return width_; }
    double height() const noexcept { return height_; }

    void fill(Rect const& rect, Colour const& colour);
    void frame(Rect const& rect, Colour const& colour, double line_width = 0.8);
    void line(double x0, double y0, double x1, double y1, Colour const& colour, double line_width = 0.8);
    /// Breaks at points that are not finite.
    void polyline(std::vector<std::pair<double, double>> const& points, Colour const& colour, double line_width,
                  bool dashed = false);
    void polygon(std::vector<std::pair<double, double>> const& points, Colour const& fill_colour);
    void dot(double x, double y, double radius, Colour const& colour);
    void text(double x, double y, std::string const& text, TextStyle const& style = {});
    double text_width(std::string const& text, TextStyle const& style = {}) const;
    /// Cells row by row, each one colour, sharp edges.
    void image(Rect const& rect, std::size_t rows, std::size_t columns, std::vector<Colour> const& cells);
    /// Diagonal strokes over a rectangle.
    void hatch(Rect const& rect, Colour const& colour);
    void clip(Rect const& rect);
    void unclip();

    /// Written beside `path` and renamed. Throws WriteError.
    void save(std::string const& path, Format format) const;

  private:
    double width_;
    double height_;
    void* recording_;
    _cairo* context_;
};

}  // namespace warpfit::cli::plot
