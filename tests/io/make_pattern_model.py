"""Writes tests/io/data/model_pattern_as_it_is.hspy by HyperSpy 1.7.3: a stored model with a pattern taken as it is.

    /usr/bin/python3 tests/io/make_pattern_model.py
"""

import pathlib
import warnings

warnings.filterwarnings("ignore")

import hyperspy.api as hs
import numpy as np

OUT = pathlib.Path(__file__).resolve().parent / "data" / "model_pattern_as_it_is.hspy"


def spectrum(data):
    s = hs.signals.Signal1D(data)
    s.axes_manager[-1].offset = 2.0
    s.axes_manager[-1].scale = 0.5
    return s


def main():
    hs.preferences.General.show_progressbar = False
    pattern = spectrum(np.arange(1.0, 13.0) ** 1.5)
    pattern.axes_manager[-1].is_binned = True
    noise = np.random.default_rng(3).normal(size=(3, 12))
    s = spectrum(np.array([[2.0], [3.0], [4.0]]) * pattern.data + 5.0 + noise)
    m = s.create_model()
    component = hs.model.components1D.ScalableFixedPattern(pattern, interpolate=False)
    component.shift.value, component.xscale.value = 0.7, 2.0  # without effect
    m.extend([component, hs.model.components1D.Offset()])
    m.multifit()
    m.store("pattern")
    s.save(OUT, overwrite=True)


main()
