"""The demo's models fitted by HyperSpy and by warpfit: pixels per second of both, and whether they agree.

usage: compare.py WARPFIT     (from the repository's root; needs python3-hyperspy)
"""
import contextlib
import io
import json
import logging
import subprocess
import sys
import time
import tomllib
import warnings

import numpy as np

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
import hyperspy.api as hs  # noqa: E402

CONSTRUCTOR_KEYS = ("type", "name", "order", "expression", "parameters")


def hyperspy_model(signal, description):
    """The model of a warpfit model file, with HyperSpy's own components, start values, bounds and twins."""
    model = signal.create_model()
    while len(model):  # EELS and EDS signals bring components of their own
        model.remove(model[0])
    by_name = {}
    for entry in description["component"]:
        values = dict(entry.get("parameters", {}))
        values.update({k: v for k, v in entry.items() if k not in CONSTRUCTOR_KEYS})
        if entry["type"] == "Expression":
            component = hs.model.components1D.Expression(expression=entry["expression"], name=entry["name"])
        elif entry["type"] == "Polynomial":
            component = hs.model.components1D.Polynomial(order=entry["order"], legacy=False)
        else:
            component = getattr(hs.model.components1D, entry["type"])()
        component.name = entry["name"]
        model.append(component)
        by_name[entry["name"]] = component
        for name, value in values.items():
            parameter = getattr(component, name)
            if not isinstance(value, dict):
                value = {"start": value}
            if "min" in value:
                parameter.bmin = value["min"]
            if "max" in value:
                parameter.bmax = value["max"]
            if "start" in value:
                parameter.value = value["start"]
            parameter.free = value.get("free", True)
    for twin in description.get("twin", []):
        (child, child_parameter), (parent, parent_parameter) = (twin[k].rsplit(".", 1) for k in ("parameter", "to"))
        parameter = getattr(by_name[child], child_parameter)
        if "expression" in twin:
            parameter.twin_function_expr = twin["expression"]
        parameter.twin = getattr(by_name[parent], parent_parameter)
    return model, by_name


def run_warpfit(program, model, data, part, threads=None):
    command = [program, "fit", model, data, "--json", "--inav", part, "--set", "fit.start=model"]
    if threads:
        command += ["--threads", str(threads)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def compare(program, name, data, part, slices):
    model_path, data_path = f"examples/models/{name}.toml", f"examples/data/{data}.hspy"
    with open(model_path, "rb") as file:
        description = tomllib.load(file)
    signal = hs.load(data_path)
    signal.change_dtype("float64")
    signal = signal.inav[slices]
    options = description["data"]
    if options["variance"] == "poisson":
        variance = signal.deepcopy()
        variance.data = options.get("gain", 1.0) * np.maximum(signal.data, 1.0)
        signal.metadata.set_item("Signal.Noise_properties.variance", variance)
    model, components = hyperspy_model(signal, description)
    model.set_signal_range(*options["range"][0])
    model.assign_current_values_to_all()
    begin = time.perf_counter()
    with contextlib.redirect_stderr(io.StringIO()):
        model.multifit(optimizer="lm", bounded=True, show_progressbar=False)
    hyperspy_speed = signal.axes_manager.navigation_size / (time.perf_counter() - begin)

    # The same pixels for the agreement, the whole map for the speed (a few pixels end before the clock resolves them).
    result = run_warpfit(program, model_path, data_path, part)
    whole = ",".join(":" for _ in slices)
    speed = {n: run_warpfit(program, model_path, data_path, whole, n)["pixels_per_second"] for n in (1, None)}
    threads = run_warpfit(program, model_path, data_path, whole)["threads"]

    num_pixels = signal.axes_manager.navigation_size
    chisq = np.array(result["chisq"], dtype=float)
    theirs = model.chisq.data.ravel()
    same = np.abs(chisq - theirs) <= 1e-3 * theirs
    deviations = []
    for component in result["components"]:
        for parameter in component["parameters"]:
            if parameter["free"]:
                ours = np.array(parameter["values"], dtype=float)
                error = np.array(parameter["standard_errors"], dtype=float)
                other = getattr(components[component["name"]], parameter["name"]).map["values"].ravel()
                use = same & (error > 0)
                deviations.append(np.abs(ours - other)[use] / error[use])
    deviations = np.concatenate(deviations)
    better = theirs[chisq < theirs * 0.999] / chisq[chisq < theirs * 0.999]
    print(f"{name}: {num_pixels} pixels, every one from the model file's start values, same bounds and twins")
    print(f"  HyperSpy {hs.__version__} multifit(optimizer='lm', bounded=True): "
          f"{hyperspy_speed:.3g} pixels/s")
    print(f"  warpfit, 1 thread: {speed[1]:.4g} pixels/s, {speed[1] / hyperspy_speed:.0f} times as fast")
    print(f"  warpfit, {threads} threads: {speed[None]:.4g} pixels/s, {speed[None] / hyperspy_speed:.0f} times as fast")
    print(f"  chi2 equal within 0.1 % in {same.sum()} pixels; lower with warpfit in {better.size}"
          + (f" (median factor {np.median(better):.4f})" if better.size else "")
          + f", with HyperSpy in {np.sum(chisq > theirs * 1.001)}")
    print(f"  where it is equal, parameters differ by {np.median(deviations):.1e} standard errors (median), "
          f"{np.quantile(deviations, 0.99):.1e} (99 %)")


if __name__ == "__main__":
    compare(sys.argv[1], "lsmo", "eels_lsmo_core", "0:10", (slice(0, 10),))
    compare(sys.argv[1], "eds", "eds_core_shell_map", "10:26,36:52", (slice(36, 52), slice(10, 26)))
