#include "src/model/tree.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>

namespace warpfit {

namespace {

/// Builds a tree as the parser walks the text, which shows a key given twice where a map would hide it.
class Builder : public nlohmann::json_sax<nlohmann::json>
{
  public:
    explicit Builder(std::string const& where)
        : where_(where)
    {}

    Tree take() { return std::move(root_); }

    bool null() override { return put(Tree::Kind::null) != nullptr; }
    bool boolean(bool v) override
    {
        put(Tree::Kind::boolean)->boolean = v;
        return true;
    }
    bool number_integer(std::int64_t v) override { return put_number(static_cast<double>(v)); }
    bool number_unsigned(std::uint64_t v) override { return put_number(static_cast<double>(v)); }
    bool number_float(double v, std::string const&) override { return put_number(v); }
    bool string(std::string& v) override
    {
        put(Tree::Kind::text)->text = v;
        return true;
    }
    bool binary(nlohmann::json::binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(Tree::Kind::table); }
    bool start_array(std::size_t) override { return open(Tree::Kind::array); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(std::string& name) override
    {
        Tree& table = *open_.back();
        std::string const place = child_place(table, name);
        if (table.find(name) != nullptr)
            throw InvalidArgument(place + ": key " + quote(name) + " is given twice (only one can hold)");
        table.entries.push_back({name, place, {}});
        return true;
    }
    bool parse_error(std::size_t, std::string const&, nlohmann::json::exception const& error) override
    {
        std::string text = error.what();
        if (std::size_t const at = text.find("] "); at != std::string::npos) text.erase(0, at + 2);
        throw InvalidArgument(where_ + ": not valid JSON (" + text + ")");
    }

  private:
    static std::string child_place(Tree const& parent, std::string const& name)
    {
        return parent.where + (parent.where.ends_with(": /") ? "" : "/") + name;
    }

    Tree* put(Tree::Kind kind)
    {
        Tree* place = &root_;
        std::string where = where_ + ": /";
        if (!open_.empty()) {
            Tree& parent = *open_.back();
            if (parent.kind == Tree::Kind::array) {
                where = child_place(parent, std::to_string(parent.items.size()));
                place = &parent.items.emplace_back();
            } else {
                where = parent.entries.back().where;
                place = &parent.entries.back().value;
            }
        }
        place->kind = kind;
        place->where = std::move(where);
        return place;
    }

    bool put_number(double v)
    {
        put(Tree::Kind::number)->number = v;
        return true;
    }
    bool open(Tree::Kind kind)
    {
        if (open_.size() == max_depth)
            throw InvalidArgument(where_ + ": not a model (tables nested deeper than " + std::to_string(max_depth) +
                                  ")");
        open_.push_back(put(kind));
        return true;
    }
    bool close()
    {
        open_.pop_back();
        return true;
    }

    static constexpr std::size_t max_depth = 32;
    std::string where_;
    Tree root_;
    std::vector<Tree*> open_;  // a parent's vectors do not grow while a child is open
};

}  // namespace

Tree read_json(std::string_view text, std::string const& where)
{
    Builder builder(where);
    nlohmann::json::sax_parse(text, &builder);
    return builder.take();
}

}  // namespace warpfit
