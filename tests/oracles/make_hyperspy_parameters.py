#!/usr/bin/env python3
"""Writes the parameters of every component of HyperSpy 1.7.3, as its constructor leaves them.

    /usr/bin/python3 make_hyperspy_parameters.py > hyperspy_parameters.txt

    component NAME DIMENSION
    parameter NAME VALUE BMIN BMAX FREE UNITS     in HyperSpy's order; none: no bound; a dash: no units; nan: not a number
"""
import warnings

warnings.filterwarnings("ignore")

import hyperspy.api as hs
import numpy as np

# What constructors need, and what makes them version 2's.
ARGUMENTS = {
    "EELSCLEdge": {"element_subshell": "Fe_L3"},
    "Polynomial": {"order": 2, "legacy": False},
    "ScalableFixedPattern": {"signal1D": hs.signals.Signal1D(np.arange(8.0))},
    "Voigt": {"legacy": False},
}
NOT_A_COMPONENT = ["Expression"]  # has the parameters that its formula has


def bound(value):
    return "none" if value is None else repr(float(value))


def write(name, dimension, component):
    print("component", name, dimension)
    for p in component.parameters:
        if np.ndim(p.value) != 0:
            continue  # a vector, of an edge's fine structure
        print("parameter", p.name, repr(float(p.value)), bound(p.bmin), bound(p.bmax), int(p.free), p.units or "-")


def main():
    print("# made by make_hyperspy_parameters.py: do not edit")
    for dimension, components in ((1, hs.model.components1D), (2, hs.model.components2D)):
        for name in sorted(n for n in dir(components) if n[0].isupper() and n not in NOT_A_COMPONENT):
            write(name, dimension, getattr(components, name)(**ARGUMENTS.get(name, {})))


if __name__ == "__main__":
    main()
