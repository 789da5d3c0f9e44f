// Fits spectra that already lie in a GPU's memory, into maps there: nothing but this program's check crosses the bus.
#include "warpfit/device_fit.hpp"
#include "warpfit/error.hpp"

#include <cmath>
#include <cuda_runtime_api.h>
#include <iostream>
#include <vector>

namespace {

/// An array in the GPU's memory, as an acquisition program has them.
template<class T>
T* on_device(std::size_t size)
{
    void* memory = nullptr;
    if (cudaMalloc(&memory, size * sizeof(T)) != cudaSuccess) throw std::bad_alloc();
    return static_cast<T*>(memory);
}

}  // namespace

int main()
{
    std::size_t const num_pixels = 10000;
    warpfit::Axis energy;
    energy.size = 256;
    energy.scale = 0.1;

    warpfit::Model model;
    model.append("Gaussian", "peak");
    model.parameter("peak.A").set_value(500.0);
    model.parameter("peak.centre").set_value(12.5);
    model.parameter("peak.sigma").set_value(1.5);

    // Peaks of area 1000 whose centres wander.
    std::vector<float> spectra;
    for (std::size_t i = 0; i < num_pixels; ++i) {
        double const centre = 12.0 + static_cast<double>(i % 100) / 100.0;
        for (std::size_t k = 0; k < energy.size; ++k) {
            double const z = (energy.value(k) - centre) / 1.2;
            spectra.push_back(
                static_cast<float>(1000.0 / (1.2 * std::sqrt(2.0 * std::acos(-1.0))) * std::exp(-0.5 * z * z)));
        }
    }

    try {
        warpfit::DeviceFit fit(model, {energy});
        auto* const data = on_device<float>(spectra.size());
        cudaMemcpy(data, spectra.data(), spectra.size() * sizeof(float), cudaMemcpyHostToDevice);
        warpfit::DeviceMaps maps;
        maps.values = on_device<double>(num_pixels * fit.num_free());
        maps.standard_errors = on_device<double>(num_pixels * fit.num_free());
        maps.chisq = on_device<double>(num_pixels);
        maps.dof = on_device<int>(num_pixels);
        maps.iterations = on_device<int>(num_pixels);
        maps.status = on_device<warpfit::FitStatus>(num_pixels);

        fit.run(num_pixels, {data, warpfit::DataType::f32}, maps);

        std::vector<double> values(num_pixels * fit.num_free());
        cudaMemcpy(values.data(), maps.values, values.size() * sizeof(double), cudaMemcpyDeviceToHost);
        std::size_t column = 0;
        while (fit.parameters()[column] != "peak.centre") ++column;
        double worst = 0.0;
        for (std::size_t i = 0; i < num_pixels; ++i)
            worst = std::fmax(
                worst, std::abs(values[i * fit.num_free() + column] - 12.0 - static_cast<double>(i % 100) / 100.0));
        std::cout << num_pixels << " centres, the worst off by " << worst << '\n';
        return worst < 1e-4 ? 0 : 1;
    } catch (warpfit::DeviceError const& error) {
        std::cout << "no GPU: " << error.what() << '\n';
        return 77;  // to a test: skipped
    }
}
