#!/usr/bin/env python3
"""Makes the compact tables of this folder from HyperSpy's component tables (JSON, one a component).

usage: convert.py FOLDER_WITH_JSON

A table is text:
    component NAME DIMENSION
    case NUM_POINTS NUM_PARAMETERS
    parameter NAME VALUE TOLERANCE     TOLERANCE: of the gradient, relative to its largest value
    point X [Y] FUNCTION GRADIENT...   nan: HyperSpy has no value there
    pattern OFFSET SCALE BINNED VALUE...   before a case: what a ScalableFixedPattern scales
HyperSpy's own gradient (tolerance 1e-10) where it is right, else Ridders' numerical derivative of its function
(tolerance 1e-7); a parameter that HyperSpy cannot differentiate at all has nan.
"""
import json
import pathlib
import sys

NAMES = ["Arctan", "Bleasdale", "Doniach", "DoublePowerLaw", "EELSArctan", "Erf", "Exponential", "Gaussian", "Gaussian2D",
         "GaussianHF", "HeavisideStep", "Logistic", "Lorentzian", "Offset", "PESCoreLineShape", "PESVoigt", "Polynomial",
         "PowerLaw", "RC", "ScalableFixedPattern", "SEE", "SkewNormal", "SplitVoigt", "Vignetting", "Voigt", "VolumePlasmonDrude"]
# Parameters of switches that our component has as plain numbers or elsewhere.
OTHERS = {"PESVoigt": ["shirley_background"], "PESCoreLineShape": ["shirley"]}
# Switched off in the case.
ZERO = {"Vignetting": ["left_slope", "right_slope"]}
SWITCHES = ["Shirley", "shirley_background_active", "spin_orbit_splitting", "side_vignetting"]


def text_of(value):
    return "nan" if value is None else repr(float(value))


def convert(table):
    lines = [f"component {table['component']} {table['dimension']}"]
    for case in table["cases"]:
        if (case.get("init") or {}).get("add_rotation"):
            continue  # an expression, not the component alone
        if any((case.get("attributes") or {}).get(switch) for switch in SWITCHES):
            continue
        step = 2 if table["dimension"] == 1 else 3  # every other point is enough
        names = case.get("parameter_order") or list(case["parameters"])
        names = [name for name in names if name not in OTHERS.get(table["component"], [])]
        points = range(0, len(case["x"]), step)
        columns = []
        if "pattern" in case:
            pattern = case["pattern"]
            given = [pattern["offset"], pattern["scale"], pattern["is_binned"]] + pattern["values"]
            lines.append("pattern " + " ".join(text_of(v) for v in given))
        lines.append(f"case {len(points)} {len(names)}")
        for name in names:
            right = case["gradient_check"][name]["status"] == "ok"
            column = case["gradients"][name] if right else case["gradients_numeric"].get(name)
            is_off = name in ZERO.get(table["component"], [])
            columns.append([None] * len(case["x"]) if is_off or not column else column)
            value = 0.0 if is_off else case["parameters"][name]
            lines.append(f"parameter {name} {text_of(value)} {'1e-10' if right else '1e-7'}")
        for i in points:
            at = [case["x"][i]] + ([case["y"][i]] if table["dimension"] == 2 else [])
            row = at + [case["function"][i]] + [column[i] for column in columns]
            lines.append("point " + " ".join(text_of(v) for v in row))
    return "\n".join(lines) + "\n"


def main():
    source = pathlib.Path(sys.argv[1])
    target = pathlib.Path(__file__).parent
    for name in NAMES:
        table = json.loads((source / f"{name}.json").read_text())
        (target / f"{name}.txt").write_text(convert(table))


main()
