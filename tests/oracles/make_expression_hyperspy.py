#!/usr/bin/env python3
"""HyperSpy's own values and gradients of Expression components as a table for tests/expression.

    make_expression_hyperspy.py Expression_1d.json Expression_2d.json > expression_hyperspy.txt

The format is that of make_expression_table.py; every third point; nan where HyperSpy has no gradient that runs.
"""
import json
import sys

ROTATION = (
    "; x = x0 + (x - x0)*cos(rotation_angle) - (y - y0)*sin(rotation_angle)"
    "; y = y0 + (x - x0)*sin(rotation_angle) + (y - y0)*cos(rotation_angle)"
)


def main():
    print("# made by make_expression_hyperspy.py with HyperSpy 1.7.3: do not edit")
    for path in sys.argv[1:]:
        with open(path) as file:
            table = json.load(file)
        axes = ["x", "y"][: table["dimension"]]
        for case in table["cases"]:
            # HyperSpy substitutes x and then y, so that x is rotated twice.
            print("formula", case["expression"] + (ROTATION if case.get("add_rotation") else ""))
            names = case["parameter_order"]
            print("symbols", *names, *axes)
            gradients = {
                name: case["gradients"].get(name) if case["gradient_check"][name]["status"] == "ok" else None
                for name in names
            }
            for i in range(0, len(case["x"]), 3):
                print("point", *[repr(case["parameters"][n]) for n in names], *[repr(case[a][i]) for a in axes])
                print("value", repr(case["function"][i]))
                column = lambda v: v[i] if isinstance(v, list) else v
                print("gradient", *["nan" if gradients[n] is None else repr(column(gradients[n])) for n in names])


if __name__ == "__main__":
    main()
