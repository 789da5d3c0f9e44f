#!/usr/bin/env python3
"""Writes tests/physics/data/hyperspy_edge_slopes.txt: derivatives of HyperSpy 1.7.3's edges by effective angle and onset.

    /usr/bin/python3 tests/physics/make_edge_slopes.py

Central differences of fourth order of its function, at channels where two steps of displacement agree to 1e-6: away from
the kinks of Egerton's tables. The form is that of make_data.py.
"""
import pathlib
import warnings

import numpy

warnings.filterwarnings("ignore")

from hyperspy.components1d import EELSCLEdge

TARGET = pathlib.Path(__file__).parent / "data" / "hyperspy_edge_slopes.txt"
# element and subshell, beam energy, convergence and collection angle, how far the onset was moved
EDGES = [("Fe_L3", 200, 15, 40, 0.0), ("O_K", 100, 0, 10, 0.0), ("Mn_L3", 300, 25, 20, 1.5), ("C_K", 200, 10, 25, -0.8),
         ("Zr_L3", 200, 10, 50, 0.0), ("Li_K", 60, 8, 8, 0.4)]


def slope(edge, parameter, x, step):
    value = parameter.value
    columns = []
    for displacement in (-2, -1, 1, 2):
        parameter.value = value + displacement * step
        columns.append(edge.function(x))
    parameter.value = value
    return (columns[0] - 8 * columns[1] + 8 * columns[2] - columns[3]) / (12 * step)


def case(name, beam, convergence, collection, shift):
    edge = EELSCLEdge(name, GOS="hydrogenic")
    edge.set_microscope_parameters(E0=beam, alpha=convergence, beta=collection, energy_scale=0.5)
    edge.onset_energy.value += shift
    onset, angle = edge.onset_energy.value, edge.effective_angle.value
    x = onset + 1.7 * numpy.geomspace(1, 200, 40)
    figures = {"beam_energy": beam, "convergence_angle": convergence, "collection_angle": collection,
               "effective_angle": angle, "onset_energy": onset}
    rows = [x, edge.function(x)]
    smooth = numpy.ones(x.size, dtype=bool)
    for parameter, size in ((edge.effective_angle, 0.002 * angle), (edge.onset_energy, 0.02)):
        rows.append(slope(edge, parameter, x, size))
        coarse = slope(edge, parameter, x, 2 * size)
        smooth &= abs(coarse - rows[-1]) <= 1e-6 * abs(rows[-1]).max()
    keys = ("x", "function", "by_effective_angle", "by_onset_energy")
    figures.update({key: row[smooth] for key, row in zip(keys, rows)})
    return name, figures


def main():
    lines = []
    for edge in EDGES:
        name, figures = case(*edge)
        lines.append(f"case {name}")
        for key, values in figures.items():
            lines.append(key + " " + " ".join(repr(float(v)) for v in numpy.atleast_1d(values)))
    TARGET.write_text("\n".join(lines) + "\n")


main()
