#!/usr/bin/env python3
"""Writes dual_oracle.txt: functions of kernels/core/dual.hpp with their derivatives, by mpmath in 40 digits."""
import mpmath as mp

mp.mp.dps = 40
ONE = {
    "exp": (mp.exp, mp.exp, [-3.5, 0.0, 1.25, 20.0]),
    "log": (mp.log, lambda x: 1 / x, [1e-3, 0.7, 1.0, 42.0]),
    "log10": (mp.log10, lambda x: 1 / (x * mp.log(10)), [1e-3, 0.7, 42.0]),
    "sqrt": (mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x)), [1e-3, 2.0, 900.0]),
    "sin": (mp.sin, mp.cos, [-2.0, 0.0, 1.0, 9.5]),
    "cos": (mp.cos, lambda x: -mp.sin(x), [-2.0, 0.5, 1.0, 9.5]),
    "tan": (mp.tan, lambda x: mp.sec(x) ** 2, [-1.2, 0.0, 0.5]),
    "asin": (mp.asin, lambda x: 1 / mp.sqrt(1 - x * x), [-0.9, 0.0, 0.3]),
    "acos": (mp.acos, lambda x: -1 / mp.sqrt(1 - x * x), [-0.9, 0.0, 0.3]),
    "atan": (mp.atan, lambda x: 1 / (1 + x * x), [-5.0, 0.0, 0.3]),
    "sinh": (mp.sinh, mp.cosh, [-2.0, 0.0, 3.0]),
    "cosh": (mp.cosh, mp.sinh, [-2.0, 0.5, 3.0]),
    "tanh": (mp.tanh, lambda x: mp.sech(x) ** 2, [-2.0, 0.0, 1.5]),
    "asinh": (mp.asinh, lambda x: 1 / mp.sqrt(1 + x * x), [-20.0, -0.3, 0.0, 1e-9, 2.5]),
    "acosh": (mp.acosh, lambda x: 1 / mp.sqrt((x - 1) * (x + 1)), [1.25, 2.0, 40.0]),
    "atanh": (mp.atanh, lambda x: 1 / ((1 - x) * (1 + x)), [-0.9, 0.0, 1e-9, 0.5]),
    "erf": (mp.erf, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x), [-1.5, 0.0, 0.4]),
    "erfc": (mp.erfc, lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x), [-1.5, 0.0, 0.4]),
    "abs": (abs, mp.sign, [-1.5, 0.4]),
    "floor": (mp.floor, lambda x: 0, [-1.5, 2.4]),
    "ceil": (mp.ceil, lambda x: 0, [-1.5, 2.4]),
    "neg": (lambda x: -x, lambda x: -1, [-1.5, 2.0]),
}
PAIRS = [(0.7, 2.5), (3.0, -1.25), (1.5, 1.5), (12.0, 0.25)]
TWO = {
    "add": (lambda a, b: a + b, lambda a, b: 1, lambda a, b: 1),
    "sub": (lambda a, b: a - b, lambda a, b: 1, lambda a, b: -1),
    "mul": (lambda a, b: a * b, lambda a, b: b, lambda a, b: a),
    "div": (lambda a, b: a / b, lambda a, b: 1 / b, lambda a, b: -a / b**2),
    "pow": (lambda a, b: a**b, lambda a, b: b * a ** (b - 1), lambda a, b: a**b * mp.log(a)),
    "atan2": (mp.atan2, lambda a, b: b / (a * a + b * b), lambda a, b: -a / (a * a + b * b)),
    "min": (min, lambda a, b: int(a <= b), lambda a, b: int(b < a)),
    "max": (max, lambda a, b: int(a >= b), lambda a, b: int(b > a)),
    "fma": (lambda a, b: a * b + a, lambda a, b: b + 1, lambda a, b: a),
}
with open("dual_oracle.txt", "w") as out:
    row = lambda *values: out.write(" ".join(v if isinstance(v, str) else mp.nstr(mp.mpf(v), 20) for v in values) + "\n")
    for name, (f, slope, points) in ONE.items():
        for x in map(mp.mpf, points):
            row(name, x, 0, f(x), slope(x), 0)
    for name, (f, by_a, by_b) in TWO.items():
        for a, b in PAIRS:
            a, b = mp.mpf(a), mp.mpf(b)
            row(name, a, b, f(a, b), by_a(a, b), by_b(a, b))
