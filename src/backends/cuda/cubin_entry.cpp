#include "src/backends/cuda/cubin_entry.hpp"

#include <cstdint>
#include <cstring>

namespace warpfit::cuda {

namespace {

constexpr std::string_view magic = "warpfit cubin\n";
constexpr std::uint64_t format = 1;

std::string_view view(Sha256::Digest const& digest)
{
    return {reinterpret_cast<char const*>(digest.data()), digest.size()};
}

Sha256::Digest hash_of(std::string_view bytes)
{
    Sha256 hash;
    hash.add(bytes);
    return hash.digest();
}

template<class Number>
void put(std::string& bytes, Number number)
{
    char raw[sizeof number];
    std::memcpy(raw, &number, sizeof number);
    bytes.append(raw, sizeof number);
}

void put_text(std::string& bytes, std::string_view text)
{
    put(bytes, std::uint64_t{text.size()});
    bytes += text;
}

/// Takes an entry apart from its front. What is asked for beyond its end fails and is empty.
class EntryReader
{
  public:
    explicit EntryReader(std::string_view bytes)
        : rest_(bytes)
    {}

    std::string_view take(std::uint64_t size)
    {
        is_fine_ = is_fine_ && size <= rest_.size();
        if (!is_fine_) return {};
        std::string_view const taken = rest_.substr(0, static_cast<std::size_t>(size));
        rest_.remove_prefix(taken.size());
        return taken;
    }
    template<class Number>
    Number number()
    {
        Number number{};
        std::string_view const raw = take(sizeof number);
        if (is_fine_) std::memcpy(&number, raw.data(), sizeof number);
        return number;
    }
    std::string text() { return std::string(take(number<std::uint64_t>())); }

    bool is_fine() const { return is_fine_; }
    bool is_at_end() const { return is_fine_ && rest_.empty(); }

  private:
    std::string_view rest_;
    bool is_fine_ = true;
};

void add_list(Sha256& hash, std::vector<std::string> const& list)
{
    hash.add_field(std::to_string(list.size()));
    for (std::string const& text : list) hash.add_field(text);
}

}  // namespace

Sha256::Digest cubin_key(std::string_view identity, CompileRequest const& request)
{
    Sha256 hash;
    hash.add_field(identity);
    hash.add_field(request.architecture);
    add_list(hash, request.options);
    add_list(hash, request.kernels);
    hash.add_field(request.text);
    return hash.digest();
}

std::string to_entry(Sha256::Digest const& key, Compiled const& compiled)
{
    std::string bytes(magic);
    put(bytes, format);
    bytes += view(key);
    put(bytes, compiled.seconds);
    put_text(bytes, compiled.architecture);
    put(bytes, std::uint64_t{compiled.names.size()});
    for (std::string const& name : compiled.names) put_text(bytes, name);
    put_text(bytes, compiled.code);
    bytes += view(hash_of(bytes));
    return bytes;
}

std::optional<Compiled> from_entry(Sha256::Digest const& key, std::string_view bytes)
{
    constexpr std::size_t hash_size = std::tuple_size_v<Sha256::Digest>;
    if (bytes.size() < hash_size) return {};
    std::string_view const content = bytes.substr(0, bytes.size() - hash_size);
    EntryReader reader(content);
    if (reader.take(magic.size()) != magic || reader.number<std::uint64_t>() != format ||
        reader.take(key.size()) != view(key) || bytes.substr(content.size()) != view(hash_of(content)))
        return {};
    Compiled compiled;
    compiled.seconds = reader.number<double>();
    compiled.architecture = reader.text();
    auto const num_names = reader.number<std::uint64_t>();
    for (std::uint64_t i = 0; i < num_names && reader.is_fine(); ++i) compiled.names.push_back(reader.text());
    compiled.code = reader.text();
    if (!reader.is_at_end() || !compiled.is_fine()) return {};
    return compiled;
}

}  // namespace warpfit::cuda
