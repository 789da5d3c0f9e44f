#!/usr/bin/env python3
"""Makes faddeeva_table.txt: x y, then Re and Im of w, w' and (z w)' at z = x + i y, by mpmath with 60 digits."""
import pathlib
import random

import mpmath as mp

mp.mp.dps = 60


def w(z):
    if abs(z) < 60 or z.imag < 0:
        return mp.exp(-z * z) * mp.erfc(-1j * z)
    f = z  # continued fraction
    for k in range(200, 0, -1):
        f = z - mp.mpf(k) / 2 / f
    return 1j / mp.sqrt(mp.pi) / f


def main():
    rng = random.Random(3)
    points = [(10**rng.uniform(-6, 6), 10**rng.uniform(-12, 6)) for _ in range(80)]
    points += [(rng.uniform(-8, 8), 10**rng.uniform(-4, 1)) for _ in range(80)]
    points += [(rng.uniform(-40, 40), rng.uniform(0, 8)) for _ in range(40)]
    points += [(rng.uniform(-5, 5), -rng.uniform(0, 3)) for _ in range(30)]
    points += [(x, 0.0) for x in (0.0, 0.5, -1.0, 3.0, 5.0, 11.9, 12.1)] + [(0.0, y) for y in (1e-9, 0.3, 6.39, 6.4, 27.0)]
    lines = []
    for x, y in points:
        z = mp.mpc(x, y)
        value = w(z)
        slope = -2 * z * value + 2j / mp.sqrt(mp.pi)
        parts = [v for c in (value, slope, value + z * slope) for v in (c.real, c.imag)]
        lines.append(" ".join(repr(float(v)) for v in [x, y] + parts))
    (pathlib.Path(__file__).parent / "faddeeva_table.txt").write_text("\n".join(lines) + "\n")


main()
