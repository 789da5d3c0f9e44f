"""How many pixels per CPU second does estimate_parameters() make beside HyperSpy's, and are the values the same?

    python3 compare.py --estimates PATH [--json FILE] [--repeats N] [--tiny]
"""
import os

for threads in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[threads + "_NUM_THREADS"] = "1"

import argparse
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import machine

# HyperSpy's name of a component and of its parameters, by ours. Its estimates go by the whole map at once.
CASES = {
    "Gaussian": ("Gaussian", {"A": "A", "centre": "centre", "sigma": "sigma"}),
    "GaussianHF": ("GaussianHF", {"height": "height", "centre": "centre", "fwhm": "fwhm"}),
    "Lorentzian": ("Lorentzian", {"A": "A", "gamma": "gamma"}),
    "Offset": ("Offset", {"offset": "offset"}),
    "Polynomial": ("Polynomial", {"a0": "a0", "a1": "a1", "a2": "a2"}),
}
# What differs: a Lorentzian's strength (HyperSpy multiplies the value at the median) and its quartiles (channels).
COMPARED = {"Lorentzian": {}}
OFFSET, SCALE = 5.0, 0.05


def data_of(shape, channels):
    rng = np.random.default_rng(17)
    x = OFFSET + SCALE * np.arange(channels)
    middle = OFFSET + 0.5 * SCALE * channels
    centre = middle + rng.uniform(-2, 2, shape + (1,))
    width = SCALE * channels * rng.uniform(0.04, 0.07, shape + (1,))
    return rng.poisson(3 + 400 * np.exp(-0.5 * ((x - centre) / width) ** 2)).astype(np.float32)


def with_hyperspy(hs, data, name, parameters, first, last):
    """CPU seconds of the estimate, and the means of its maps."""
    s = hs.signals.Signal1D(data)
    axis = s.axes_manager.signal_axes[0]
    axis.offset, axis.scale = OFFSET, SCALE
    model = s.create_model()
    component = getattr(hs.model.components1D, name)(**({"order": 2, "legacy": False} if name == "Polynomial" else {}))
    model.append(component)
    begin = time.process_time()
    component.estimate_parameters(s, first, last, only_current=False)
    seconds = time.process_time() - begin
    return seconds, {ours: float(getattr(component, theirs).map["values"].mean())
                     for ours, theirs in parameters.items()}


def with_warpfit(program, path, name, first, last):
    found = json.loads(subprocess.run([program, path, name, repr(first), repr(last)], check=True,
                                      capture_output=True).stdout)
    return found.pop("cpu_seconds"), found


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--estimates", required=True)
    arguments.add_argument("--json")
    arguments.add_argument("--repeats", type=int, default=7)
    arguments.add_argument("--tiny", action="store_true", help="a small map: only whether it runs")
    a = arguments.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    import hyperspy.api as hs

    hs.preferences.General.show_progressbar = False
    shape, channels = ((8, 8), 256) if a.tiny else ((64, 64), 1024)
    pixels = shape[0] * shape[1]
    data = data_of(shape, channels)
    first, last = OFFSET, OFFSET + SCALE * (channels - 1)  # HyperSpy leaves the channel at the second end out
    report = {"machine": machine.describe(), "hyperspy": hs.__version__ if hasattr(hs, "__version__") else "",
              "pixels": pixels, "channels": channels, "cases": {}}
    print("| component | HyperSpy pixels/s | warpfit pixels/s | ratio | largest difference of means |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "map.hspy")
        s = hs.signals.Signal1D(data)
        axis = s.axes_manager.signal_axes[0]
        axis.offset, axis.scale = OFFSET, SCALE
        s.save(path)
        for name, (theirs_name, parameters) in CASES.items():
            theirs, ours = [], []
            for repeat in range(a.repeats + 1):  # interleaved; the first round warms up
                t, their_values = with_hyperspy(hs, data, theirs_name, parameters, first, last)
                o, our_values = with_warpfit(a.estimates, path, name, first, last - SCALE)
                if repeat > 0:
                    theirs.append(t)
                    ours.append(o)
            compared = COMPARED.get(name, parameters)
            difference = max((abs(our_values[k] / their_values[k] - 1) for k in compared), default=float("nan"))
            ratio = statistics.median(t / o for t, o in zip(theirs, ours))
            report["cases"][name] = {"hyperspy": theirs, "warpfit": ours, "ratio": ratio, "difference": difference}
            print("| %s | %.0f | %.0f | %.1f | %.1e |" % (name, pixels / statistics.median(theirs),
                                                        pixels / statistics.median(ours), ratio, difference), flush=True)
            if difference > 1e-6:
                sys.exit("%s: the estimates differ: %r, HyperSpy's %r" % (name, our_values, their_values))
    if a.json:
        with open(a.json, "w") as out:
            json.dump(report, out, indent=1)


if __name__ == "__main__":
    main()
