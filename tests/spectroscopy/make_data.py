#!/usr/bin/env python3
"""Writes tests/spectroscopy/data: models and fits of EELS and EDS spectra by HyperSpy 1.7.3.

    /usr/bin/python3 tests/spectroscopy/make_data.py

Spectra are counts that scatter as Poisson's law says, from models whose figures stand beside them.
"""
import json
import logging
import pathlib
import shutil
import tempfile
import warnings

warnings.filterwarnings("ignore")
import hyperspy.api as hs
import numpy

logging.disable(logging.WARNING)
HERE = pathlib.Path(__file__).parent / "data"
TABLE = pathlib.Path(__file__).parent.parent / "physics" / "data" / "Fe.L3"


def write(name, figures):
    (HERE / name).write_text(json.dumps(figures, separators=(",", ":")) + "\n")


def model_figures(model):
    components = {}
    for component in model:
        parameters = {}
        for p in component.parameters:
            if numpy.ndim(p.value) != 0:  # the coefficients of a fine structure that is off
                continue
            parameters[p.name] = {"value": float(p.value), "free": bool(p.free)}
            if p.twin is not None:
                parameters[p.name]["twin"] = f"{p.twin.component.name}.{p.twin.name}"
                parameters[p.name]["expression"] = p.twin_function_expr
        components[component.name] = {"type": type(component).__name__, "parameters": parameters}
    return components


def eels_signal(data, offset, scale):
    s = hs.signals.EELSSpectrum(numpy.asarray(data, float))
    axis = s.axes_manager[-1]
    axis.offset, axis.scale, axis.units = offset, scale, "eV"
    s.set_microscope_parameters(beam_energy=200, convergence_angle=10, collection_angle=20)
    return s


def eels_model(elements, offset, scale, num_channels, gos="hydrogenic"):
    energy = offset + scale * numpy.arange(num_channels)
    s = eels_signal(1e9 * energy**-3.0, offset, scale)
    s.add_elements(elements)
    figures = {"elements": elements, "gos": gos, "offset": offset, "scale": scale, "num_channels": num_channels}
    figures["components"] = model_figures(s.create_model(GOS=gos))
    return figures


def eels_models():
    figures = [eels_model(["C", "O", "Fe"], 200.0, 1.0, 1024), eels_model(["C", "Fe"], 300.0, 1.0, 1024)]
    with tempfile.TemporaryDirectory() as folder:
        for table in ("L1", "L3"):
            shutil.copy(TABLE, pathlib.Path(folder) / f"Fe.{table}")
        hs.preferences.EELS.eels_gos_files_path = folder
        figures.append(eels_model(["Fe"], 600.0, 1.0, 400, "Hartree-Slater"))
    return figures


def eels_map():
    """Four pixels, all of C, O and Fe, on one power law."""
    offset, scale, num_channels = 200.0, 2.0, 420
    intensities = {"C_K": [80.0, 40.0, 20.0, 120.0], "O_K": [40.0, 60.0, 80.0, 20.0], "Fe_L3": [20.0, 12.0, 32.0, 40.0]}
    A, r = 1.2e11, 3.0
    s = eels_signal(numpy.zeros((4, num_channels)), offset, scale)
    s.add_elements(["C", "O", "Fe"])
    m = s.create_model(GOS="hydrogenic", auto_background=False)
    law = hs.model.components1D.PowerLaw()
    m.append(law)
    clean = []
    for pixel in range(4):
        law.A.value, law.r.value = A, r
        for name, values in intensities.items():
            m[name].intensity.value = values[pixel]
        clean.append(m(binned=True) if "binned" in m.__call__.__code__.co_varnames else m())
    counts = numpy.random.default_rng(7).poisson(numpy.array(clean))
    figures = {"offset": offset, "scale": scale, "counts": counts.tolist(), "A": A, "r": r, "intensities": intensities}

    s = eels_signal(counts, offset, scale)
    s.add_elements(["C", "O", "Fe"])
    s.estimate_poissonian_noise_variance()
    m = s.create_model(GOS="hydrogenic")
    m.two_area_background_estimation()
    areas = []
    for pixel in range(4):
        m.axes_manager.indices = (pixel,)
        m.two_area_background_estimation()
        areas.append([m["PowerLaw"].A.value, m["PowerLaw"].r.value])
    figures["two_areas"] = areas
    m.axes_manager.indices = (0,)
    m.assign_current_values_to_all()
    m.multifit(kind="smart", show_progressbar=False)
    figures["smart"] = fitted(m)
    m.multifit(show_progressbar=False)
    figures["plain"] = fitted(m)
    figures["plain_chisq"] = m.chisq.data.tolist()
    return figures


def fitted(model):
    found = {}
    for component in model:
        for p in component.free_parameters:
            found[f"{component.name}.{p.name}"] = {"values": p.map["values"].tolist(), "std": p.map["std"].tolist()}
    return found


def eds_signal(data, offset, scale, units, beam_energy, resolution):
    s = hs.signals.EDSTEMSpectrum(numpy.asarray(data, float))
    axis = s.axes_manager[-1]
    axis.offset, axis.scale, axis.units, axis.name = offset, scale, units, "Energy"
    s.set_microscope_parameters(beam_energy=beam_energy, energy_resolution_MnKa=resolution)
    return s


def eds_models():
    cases = []
    for elements, offset, scale, units, beam_energy, resolution in [
        (["Fe", "O", "Pt"], 0.1, 0.02, "keV", 200.0, 130.0),
        (["Cu"], 100.0, 20.0, "eV", 8.5, 140.0),
        (["Ca"], 0.1, 0.02, "keV", 200.0, 130.0),
    ]:
        s = eds_signal(numpy.ones(1000), offset, scale, units, beam_energy, resolution)
        s.set_elements(elements)
        figures = {"elements": elements, "offset": offset, "scale": scale, "units": units}
        figures.update(beam_energy=beam_energy, resolution=resolution)
        figures["components"] = model_figures(s.create_model())
        cases.append(figures)
    return cases


def eds_line(element, line):
    figures = hs.material.elements[element]["Atomic_properties"]["Xray_lines"][line]
    return figures["energy (keV)"], figures["weight"]


LINES = {"O": ["Ka"], "Si": ["Ka", "Kb"], "Fe": ["Ka", "Kb", "La", "Ln", "Ll", "Lb3"], "Cu": ["Ka", "Kb"]}
AREAS = {"O_K": 60000, "Si_K": 80000, "Fe_K": 150000, "Fe_L": 40000, "Cu_K": 100000}


def eds_counts(energy, rng, resolution=130.0, weights={}, shifts={}):
    """Lines on a smooth background, at energies [keV] of the channels."""
    width = energy[1] - energy[0]
    mn_ka = eds_line("Mn", "Ka")[0]
    expected = 400.0 * numpy.exp(-energy / 4.0) + 30.0
    for element, lines in LINES.items():
        for line in lines:
            e, weight = eds_line(element, line)
            name = f"{element}_{line}"
            e += shifts.get(name, 0.0)
            area = AREAS[f"{element}_{line[0]}"] * weights.get(name, weight)
            sigma = numpy.sqrt(2500 * (e - mn_ka) + resolution**2) / 1000 / (2 * numpy.sqrt(2 * numpy.log(2)))
            shape = numpy.exp(-(((energy - e) / sigma) ** 2) / 2) / (sigma * numpy.sqrt(2 * numpy.pi))
            expected += area * width * shape
    return rng.poisson(expected)


def background(model):
    """NumPy's least squares over the channels that HyperSpy takes: its own fit stops 0.2 % away from them."""
    used = []
    fit = model.fit
    model.fit = lambda *args, **kwargs: (used.append(model.channel_switches.copy()), fit(*args, **kwargs))[1]
    model.fit_background(kind="single")
    axis = model.axis
    polynomial = numpy.polynomial.Polynomial.fit(axis.axis[used[0]], model.signal.data[used[0]] / axis.scale, 6)
    return {f"{e:.2f}": float(polynomial(e)) for e in (0.9, 3.0, 5.0, 7.5)}


def eds_spectra():
    """What the detector says is offset 0.1 keV, scale 10 eV, resolution 130 eV; and what is true."""
    rng = numpy.random.default_rng(11)
    nominal = 0.1 + 0.01 * numpy.arange(1000)
    figures = {"offset": 0.1, "scale": 0.01, "areas": AREAS}
    figures["right"] = eds_counts(nominal, rng).tolist()
    figures["resolution"] = {"truth": 143.0, "counts": eds_counts(nominal, rng, resolution=143.0).tolist()}
    figures["scale_off"] = {"truth": 0.01004, "counts": eds_counts(0.1 + 0.01004 * numpy.arange(1000), rng).tolist()}
    figures["offset_off"] = {"truth": 0.112, "counts": eds_counts(0.112 + 0.01 * numpy.arange(1000), rng).tolist()}
    weights, shifts = {"Fe_Kb": 0.16}, {"Cu_Ka": 0.004}
    figures["lines"] = {"weights": weights, "shifts": shifts}
    figures["lines"]["counts"] = eds_counts(nominal, rng, weights=weights, shifts=shifts).tolist()

    s = eds_signal(figures["right"], 0.1, 0.01, "keV", 200.0, 130.0)
    s.set_elements(sorted(LINES))
    m = s.create_model()
    m.fit(optimizer="lstsq")
    figures["hyperspy"] = {c.name: [c.A.value, c.A.std or 0.0] for c in m if c.name.endswith("a")}
    m = s.create_model()
    figures["background"] = background(m)
    return figures


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    write("eels_models.json", eels_models())
    write("eels_map.json", eels_map())
    write("eds_models.json", eds_models())
    write("eds_spectra.json", eds_spectra())
