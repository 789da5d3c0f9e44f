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
(tolerance 1e-8); a parameter that HyperSpy cannot differentiate at all has nan. Cases with add_rotation, which HyperSpy
shears, become a table NAMESheared; the expression is a*exp(-r/s); r = sqrt((x - x0)**2 + 2*(y - y0)**2).
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


def convert(table, is_sheared=False):
    lines = [f"component {table['component']} {table.get('dimension', 2)}"]
    for case in table["cases"]:
        if bool((case.get("init") or case).get("add_rotation")) != is_sheared:
            continue
        if any((case.get("attributes") or {}).get(switch) for switch in SWITCHES):
            continue
        names = case.get("parameter_order") or list(case["parameters"])
        names = [name for name in names if name not in OTHERS.get(table["component"], [])]
        points = range(len(case["x"]))
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
            lines.append(f"parameter {name} {text_of(value)} {'1e-10' if right else '1e-8'}")
        for i in points:
            at = [case["x"][i]] + ([case["y"][i]] if table.get("dimension", 2) == 2 else [])
            row = at + [case["function"][i]] + [column[i] for column in columns]
            lines.append("point " + " ".join(text_of(v) for v in row))
    return "\n".join(lines) + "\n"


def main():
    source = pathlib.Path(sys.argv[1])
    target = pathlib.Path(__file__).parent
    for name in NAMES:
        table = json.loads((source / f"{name}.json").read_text())
        (target / f"{name}.txt").write_text(convert(table))
    for name, source_name in (("Gaussian2D", "Gaussian2D"), ("Expression", "Expression_2d")):
        table = json.loads((source / f"{source_name}.json").read_text())
        (target / f"{name}Sheared.txt").write_text(convert(table, is_sheared=True))


main()
