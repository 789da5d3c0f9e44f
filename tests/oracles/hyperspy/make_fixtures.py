"""Cuts fits made with HyperSpy 1.7.3 down to what hyperspy_test.cpp reads.

    /usr/bin/python3 make_fixtures.py SOURCE

SOURCE holds NAME.hspy (signal and fitted models) and NAME.json (the same in plain lists). Written here: NAME.hspy with
the signal alone, and NAME.json with the model before the fit and the optimum HyperSpy reached with its tolerances near
machine precision. Maps are flat, in array order.
"""
import json
import os
import sys

import h5py

NAMES = ["active_multidim", "binned_bounded_histogram", "eels_powerlaw_gauss", "expression_subs", "gaussian2d_stack",
         "linear_lstsq", "nav3d_lorentzian", "navigation_1d", "polynomial_hetero", "polynomial_legacy_vector",
         "signal_range_gaps", "twins_expr"]
IN_IO = {"gaussian2d_stack", "nav3d_lorentzian", "navigation_1d", "polynomial_hetero"}  # tests/io/data has these


def flat(values, depth):
    return values if depth == 1 else [v for row in values for v in flat(row, depth - 1)]


def parameter(p, depth):
    out = {"name": p["name"], "start": p["value"], "free": p["free"], "bounds": p["bounds"]}
    if p["twin"]:
        out["twin"] = {"to": p["twin"]["component"] + "." + p["twin"]["parameter"],
                       "expression": p["twin"]["function_expr"]}
    if "start_map" in p:
        assert all(flat(p["start_map"]["is_set"], depth))
        out["map"] = flat(p["start_map"]["values"], depth)
    return out


def component(c, depth):
    out = {"type": c["cls"], "name": c["name"], "parameters": [parameter(p, depth) for p in c["parameters"]]}
    if c["cls"] == "Expression":
        out["expression"] = c["init"]["expression"]
    if c["active_map"]:
        out["active_map"] = [int(a) for a in flat(c["active_map"], depth)]
    if c["cls"] == "Polynomial" and c["parameters"][0]["name"] == "coefficients":  # highest order first
        start = c["parameters"][0]["value"][::-1]
        out["parameters"] = [{"name": f"a{i}", "start": v, "free": True, "bounds": [None, None]}
                             for i, v in enumerate(start)]
    return out


def optimum(result, depth):
    values, errors = {}, {}
    for path, maps in result["parameters"].items():
        is_set = flat(maps["is_set"], depth)
        v = [a if known else None for a, known in zip(flat(maps["values"], depth), is_set)]  # None: component off
        s = flat(maps["std"], depth)
        if path.endswith(".coefficients"):
            n = len(v[0])
            for i in range(n):
                name = path.rsplit(".", 1)[0] + f".a{i}"
                values[name] = [row[n - 1 - i] for row in v]
                errors[name] = [row[n - 1 - i] for row in s]
        else:
            values[path], errors[path] = v, s
    return {"values": values, "std": errors, "chisq": flat(result["chisq"], depth)}


def main(source):
    here = os.path.dirname(os.path.abspath(__file__))
    for name in NAMES:
        with open(os.path.join(source, name + ".json")) as file:
            given = json.load(file)
        depth = len(given["signal"]["navigation_shape_in_array"])
        models = given["models"]
        description = models[0]["description"]
        channels = description["channels_used"]
        whole = channels["count"] == given["signal"]["data_shape"][-1] or len(given["signal"]["signal_shape_in_array"]) == 2
        out = {"name": models[0]["name"], "components": [component(c, depth) for c in description["components"]],
               "num_channels": channels["count"],
               "channels": None if whole else channels["runs"],
               # The model "lm" of linear_lstsq: HyperSpy's vectorised lstsq fills chisq at one pixel only.
               "optimum": optimum(models[-1]["tight"], depth)}
        with open(os.path.join(here, name + ".json"), "w") as file:
            json.dump(out, file, separators=(",", ":"))
            file.write("\n")
        if name in IN_IO:
            continue
        with h5py.File(os.path.join(source, name + ".hspy"), "r") as old, \
                h5py.File(os.path.join(here, name + ".hspy"), "w", libver="latest") as new:
            new.attrs.update(old.attrs)
            old.copy("Experiments", new)


main(sys.argv[1])
