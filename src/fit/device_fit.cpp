#include "warpfit/device_fit.hpp"

#include "src/fit/cuda_fit.hpp"
#include "src/fit/cuda_plugin.hpp"
#include "src/fit/own_code.hpp"
#include "src/fit/weighting.hpp"
#include "warpfit/error.hpp"

namespace warpfit {

namespace {

/// Axes without values.
Signal frame(std::vector<Axis> signal_axes)
{
    return Signal({}, std::move(signal_axes), RawArray{});
}

void refuse_maps(Model const& model)
{
    auto const refuse = [](std::string const& what, char const* instead) {
        throw InvalidArgument(what + " has a map (a fit on arrays in a GPU's memory takes none) " + instead);
    };
    for (Component const& component : model.components()) {
        if (!component.active_map().empty())
            refuse("the activity of '" + component.name() + "'", "switch it on or off for all pixels, or use multifit");
        for (Parameter const& parameter : component.parameters())
            if (!parameter.map().empty())
                refuse("'" + component.name() + "." + parameter.name() + "'",
                       "give run() starts, or set one value for all pixels");
    }
}

std::unique_ptr<CudaFit> make_fit(program::Plan const& plan, std::string const& plugin_path, int device)
{
    CudaPlugin const plugin(plugin_path);
    if (!plugin.is_ready()) throw DeviceError(plugin.problem() + " " + plugin.advice());
    int const num_devices = static_cast<int>(plugin.devices().size());
    if (device < 0 || device >= num_devices)
        throw DeviceError("there is no GPU " + std::to_string(device) + " (found: " + std::to_string(num_devices) +
                          ", counted from 0) check CUDA_VISIBLE_DEVICES");
    std::string why;
    auto fit = CudaFit::make(plan, plugin.table(), device, why);
    if (!fit) throw InvalidArgument("the GPU cannot do this fit (" + why + ") use multifit on the CPU");
    return fit;
}

}  // namespace

class DeviceFit::Impl
{
  public:
    Impl(Model const& model, std::vector<Axis> signal_axes, FitOptions const& options, DataOptions const& data,
         int device)
        : signal_(frame(std::move(signal_axes)))
    {
        refuse_maps(model);
        if (data.binned) signal_.set_binned(*data.binned);
        plan_ = lower(model, signal_, options, data);
        std::string note;
        variance_ = choose_variance(signal_, data, plan_, note);
        for (int const slot : plan_.free_slots) parameters_.push_back(plan_.slot_paths[static_cast<std::size_t>(slot)]);
        need_gpu_code(plan_.view());
        fit_ = make_fit(plan_.view(), options.plugin, device);
    }

    std::vector<std::string> const& parameters() const noexcept { return parameters_; }
    std::size_t num_channels() const noexcept { return signal_.num_channels(); }

    void run(std::size_t count, DevicePixels const& signal, DeviceMaps const& maps, DevicePixels const& variance,
             double const* start, void* stream)
    {
        if (count == 0) return;
        auto const need = [](bool there, char const* what) {
            if (!there) throw InvalidArgument(std::string(what) + " is null (every array of a run must be there)");
        };
        need(signal.data, "the signal");
        need(maps.values, "maps.values");
        need(maps.standard_errors, "maps.standard_errors");
        need(maps.chisq, "maps.chisq");
        need(maps.dof, "maps.dof");
        need(maps.iterations, "maps.iterations");
        need(maps.status, "maps.status");

        program::PixelBatch batch{};
        batch.count = static_cast<Index>(count);
        batch.signal = raw(signal, "the signal");
        batch.variance_kind = static_cast<program::VarianceKind>(variance_.kind);
        batch.variance_number = variance_.number;
        batch.variance_offset = variance_.offset;
        if (variance.data) {
            batch.variance_kind = program::VarianceKind::stored;
            batch.variance = raw(variance, "the variance");
        }
        batch.start = start;
        static_assert(sizeof(FitStatus) == sizeof(program::Status));
        fit_->enqueue(batch,
                      {maps.values, maps.standard_errors, maps.chisq, maps.dof, maps.iterations,
                       reinterpret_cast<program::Status*>(maps.status), nullptr},
                      plan_.start.data(), stream);
    }

  private:
    program::RawPixels raw(DevicePixels const& pixels, char const* what) const
    {
        std::size_t const packed = num_channels() * size_of(pixels.type);
        std::size_t const stride = pixels.pixel_stride == DevicePixels::packed ? packed : pixels.pixel_stride;
        if (stride % size_of(pixels.type) != 0)
            throw InvalidArgument(std::string("pixel_stride of ") + what + " is " + std::to_string(stride) +
                                  " bytes (a multiple of " + std::to_string(size_of(pixels.type)) +
                                  " is needed, the size of " + name_of(pixels.type) + ")");
        return {pixels.data, static_cast<program::Type>(pixels.type), 0, static_cast<Index>(stride)};
    }

    Signal signal_;
    FitPlan plan_;
    Variance variance_;
    std::vector<std::string> parameters_;
    std::unique_ptr<CudaFit> fit_;
};

DeviceFit::DeviceFit(Model const& model, std::vector<Axis> signal_axes, FitOptions const& options,
                     DataOptions const& data, int device)
    : impl_(std::make_unique<Impl>(model, std::move(signal_axes), options, data, device))
{}
DeviceFit::~DeviceFit() = default;
DeviceFit::DeviceFit(DeviceFit&&) noexcept = default;
DeviceFit& DeviceFit::operator=(DeviceFit&&) noexcept = default;

std::vector<std::string> const& DeviceFit::parameters() const noexcept
{
    return impl_->parameters();
}
std::size_t DeviceFit::num_channels() const noexcept
{
    return impl_->num_channels();
}

void DeviceFit::run(std::size_t count, DevicePixels const& signal, DeviceMaps const& maps, DevicePixels const& variance,
                    double const* start, void* stream)
{
    impl_->run(count, signal, maps, variance, start, stream);
}

}  // namespace warpfit
