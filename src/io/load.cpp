#include "src/io/reading.hpp"
#include "src/signal/sources.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>

namespace warpfit::io {
namespace {

struct KnownFormat
{
    char const* ending;
    char const* name;
};

constexpr std::array known_formats{
    KnownFormat{".dm2", "Gatan DigitalMicrograph"},
    KnownFormat{".dm3", "Gatan DigitalMicrograph"},
    KnownFormat{".dm4", "Gatan DigitalMicrograph"},
    KnownFormat{".emd", "EMD (Velox or Berkeley)"},
    KnownFormat{".ser", "FEI TIA series"},
    KnownFormat{".emi", "FEI TIA"},
    KnownFormat{".mib", "Merlin (Quantum Detectors)"},
    KnownFormat{".hdr", "Merlin header or Ripple"},
    KnownFormat{".bcf", "Bruker composite"},
    KnownFormat{".spx", "Bruker spectrum"},
    KnownFormat{".blo", "NanoMegas Blockfile"},
    KnownFormat{".mrc", "MRC"},
    KnownFormat{".mrcz", "MRC, compressed"},
    KnownFormat{".spd", "EDAX spectral data"},
    KnownFormat{".spc", "EDAX spectrum"},
    KnownFormat{".zspy", "HyperSpy zarr"},
    KnownFormat{".nspy", "HyperSpy zarr"},
    KnownFormat{".rpl", "Lispix Ripple"},
    KnownFormat{".raw", "raw values without shape"},
    KnownFormat{".seq", "DE or StreamPix sequence"},
    KnownFormat{".tvips", "TVIPS"},
    KnownFormat{".prz", "CEOS Panta Rhei"},
    KnownFormat{".elid", "Phenom"},
    KnownFormat{".pts", "JEOL"},
    KnownFormat{".asw", "JEOL"},
    KnownFormat{".eds", "JEOL"},
    KnownFormat{".wdf", "Renishaw"},
    KnownFormat{".jobin", "Horiba"},
    KnownFormat{".sur", "Digital Surf"},
    KnownFormat{".pro", "Digital Surf"},
    KnownFormat{".img", "Hamamatsu streak camera"},
    KnownFormat{".tpx3", "Timepix3 events"},
    KnownFormat{".npy", "NumPy"},
    KnownFormat{".npz", "NumPy"},
    KnownFormat{".mat", "MATLAB"},
    KnownFormat{".tif", "TIFF"},
    KnownFormat{".tiff", "TIFF"},
};

std::string ending_of(std::string const& file)
{
    std::string ending = std::filesystem::path(file).extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return ending;
}

bool is_text(std::string const& start)
{
    return std::none_of(start.begin(), start.end(),
                        [](unsigned char c) { return c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f'; });
}

void read_now(RawArray& array, std::size_t num_pixels, std::size_t num_channels)
{
    if (array.source == nullptr || array.source->memory() != nullptr) return;
    std::vector<std::byte> bytes(num_pixels * num_channels * size_of(array.type));
    array.source->read(0, num_pixels, bytes.data());
    array.source = std::make_shared<signal::MemorySource>(std::move(bytes), num_channels * size_of(array.type));
}

Signal in_memory(Signal const& lazy)
{
    RawArray data = lazy.data();
    read_now(data, lazy.num_pixels(), lazy.num_channels());
    Variance variance = lazy.variance();
    read_now(variance.stored, lazy.num_pixels(), lazy.num_channels());
    Signal signal(lazy.navigation_axes(), lazy.signal_axes(), std::move(data));
    signal.set_variance(std::move(variance));
    signal.title = lazy.title;
    signal.signal_type = lazy.signal_type;
    signal.origin = lazy.origin;
    signal.metadata = lazy.metadata;
    return signal;
}

}  // namespace

Location split_location(std::string const& path)
{
    std::error_code error;
    std::size_t const hash = path.find('#');
    if (hash == std::string::npos || std::filesystem::exists(path, error)) return {path, ""};
    for (std::size_t at = path.rfind('#'); at != std::string::npos && at > 0; at = path.rfind('#', at - 1))
        if (std::filesystem::exists(path.substr(0, at), error)) return {path.substr(0, at), path.substr(at + 1)};
    return {path.substr(0, hash), path.substr(hash + 1)};
}

std::string read_start(std::string const& file, std::size_t count)
{
    hdf5::file_size(file);
    std::ifstream in(file, std::ios::binary);
    if (!in) throw InputError(file + ": cannot be opened (no permission to read?) check it");
    std::string start(count, '\0');
    in.read(start.data(), static_cast<std::streamsize>(count));
    start.resize(static_cast<std::size_t>(in.gcount()));
    return start;
}

void refuse_known_format(std::string const& file)
{
    std::string const ending = ending_of(file);
    auto const known = std::find_if(known_formats.begin(), known_formats.end(),
                                    [&](KnownFormat const& format) { return ending == format.ending; });
    if (known == known_formats.end()) return;
    throw InputError(file + ": " + known->name + " files are not read (known format \"" + ending +
                     "\") convert it with HyperSpy, which reads it through RosettaSciIO: "
                     "python3 -c \"import hyperspy.api as hs; hs.load('" +
                     std::filesystem::path(file).filename().string() + "').save('" +
                     std::filesystem::path(file).stem().string() + ".hspy')\"");
}

std::string hdf5_file(std::string const& path)
{
    std::string file = split_location(path).file;
    return hdf5::is_hdf5(file) ? file : std::string();
}

Signal load(std::string const& path, LoadOptions const& options)
{
    auto const [file, part] = split_location(path);
    std::error_code error;
    if (std::filesystem::is_directory(file, error)) refuse_known_format(file);  // .zspy is a folder
    std::string const start = read_start(file, 4096);
    bool const is_hdf5 = hdf5::is_hdf5(file);
    if (!is_hdf5 || part.empty()) refuse_known_format(file);
    if (start.empty()) throw InputError(file + ": is empty (0 bytes) copy or export it again");

    std::string const ending = ending_of(file);
    bool const claims_hdf5 = ending == ".hspy" || ending == ".hdf5" || ending == ".h5" || ending == ".nxs";
    Signal signal;
    if (is_hdf5 || claims_hdf5) {
        signal = load_hdf5(file, part, options);
    } else {
        if (!part.empty())
            throw InputError(file + ": has no parts (\"#" + part + "\" names one of an HDF5 file) leave it out");
        if (!is_text(start))
            throw InputError(file +
                             ": unknown format (neither HDF5, EMSA/MAS nor text columns) convert it to .hspy with "
                             "HyperSpy");
        signal = is_msa(file) ? load_msa(file) : load_columns(file);
    }
    return options.lazy ? signal : in_memory(signal);
}

}  // namespace warpfit::io
