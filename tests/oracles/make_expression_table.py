#!/usr/bin/env python3
"""Values and derivatives of formulas for tests/expression, by SymPy and mpmath with 40 digits.

    /usr/bin/python3 make_expression_table.py > expression_table.txt

Lines of the table: `formula TEXT`, `symbols NAMES`, then for each point `point VALUES`, `value V`,
`gradient D...` with one derivative for each symbol but x and y, in the order of the symbols.
"""
import random

import mpmath
import sympy

mpmath.mp.dps = 40

FORMULAS = [
    "A/(sigma*sqrt(2*pi))*exp(-(x - centre)**2/(2*sigma**2))",
    "height*exp(-(x - x0)**2*4*log(2)/fwhm**2)",
    "(A/pi)*g/((x - c)**2 + g**2)",
    "A*(x + 5)**(-r)",
    "where(x > left, A*(x + 5)**(-r), 0)",
    "a/(1 + b*exp(-c*(x - o)))",
    "V0 + Vmax*(1 - exp(-x/tau))",
    "A*atan(k*(x - x0))",
    "A*arctan2(x - x0, k)",
    "a0 + a1*x + a2*x^2 + a3*x^3 + a4*x**4 + a5*x**5",
    "A/2*erf((x - o)/(sqrt(2)*s))",
    "a*erfc(b*x - c)",
    "2*A*exp(-t**2/2)/sqrt(2*pi)*(1 + erf(al*t/sqrt(2)))/2; t = (x - x0)/w",
    "a*tanh(b*x)**3 + sinh(c*x)/cosh(x*a)",
    "a*sin(b*x + c)*cos(x) - tan(a*x/9)",
    "a*asin(x/9*b) + acos(x*c/9)",
    "log(a + b*x**2)*log10(c + x**2) + log(a + 1, b + 2)",
    "ln(a*x**2 + b)",
    "a*Abs(x - b)**1.5 + abs(c*x)",
    "sqrt(a + x**2)/sqrt(b + x**2)**3",
    "(a + b*x**2)**c",
    "2**(-a*x) + b**x",
    "Min(a*x, b, c*x**2) + Max(a, b*x)",
    "Piecewise((a*x, x < -1), (b*x**2, x <= c), (a + b, True))",
    "a*x*Heaviside(x - b) + c*Heaviside(b - x, 0.25)",
    "sign(x - a)*b*x + c",
    "floor(3*x)*a + ceiling(2*x)*b",
    "a*exp(-((x - x0)**2 + (y - y0)**2)/(2*s**2)) + b",
    "k1*x + k2*y + k3*x*y + k0",
    "a*exp(-r/s); r = sqrt((x - x0)**2 + 2*(y - y0)**2)",
    "A*B/(A + B); A = sin(x) + one + 3; B = cos(x) + two + 4",
    "u**2 + v; u = v*a; v = x - b",
    "a*(x - b)**7/(c + 1)**9 + (x/b)**-4",
    "-a**2*x - -b*-x**2 + +c",
    "a*x/b/c*a*x - 2*a*(x - b)*(x + b)",
    "(a*x + b)/(c*x**2 + 1) - (a*x + b)**2/(c*x**2 + 1)**2",
    "exp(a*x)*exp(-b*x)/exp(c)",
    "1/3*a + 2/7*x**(1/3*3)*b - 7/2/3",
    "where((x > a) & (x < b + 3) | (x > 9), a*x**2, c*x)",
    "where(~(x > a), b*x, c*x) + where(x != 3, 1, 2)*a",
    "I0*x*w*Ep**2/((x**2 - Ep**2)**2 + (x*w)**2)",
    "a*(1 - exp(-(x/b)**2))**c + E**(a*x/4) + pi*b",
    "(A*(1 - n)*exp(-u**2/2) + A*n/(1 + u**2)); u = (x - c)/s",
    "pow(a, 2)*x + pow(b + x**2, c)",
    "asinh0*log(x + sqrt(x**2 + 1)) + a",
    "sqrt(x**2*a**2 + 1e-3*b)*1.5e1",
    "a*asinh(b*x) + c*asinh(1e-9*b*x)",
    "a*acosh(1 + b*x**2) + acosh(1 + 1e-3*c)",
    "a*atanh(b*x/9) + c*atanh(1e-9*x)",
    "a*arcsinh(x) - b*arccosh(2 + x**2) + c*arctanh(x/3)",
    "a*cot(b*x/9) + sec(c*x/9)/csc(b*x/9)",
    "a*acot(b*x) + asec(2 + c*x**2) - b*acsc(1 + a*x**2)",
    "coth(a*x) - b*sech(c*x) + csch(x + 3)*c",
    "a*acoth(1 + b + x**2) + asech(c*exp(-x**2)/3) + acsch(b*x)",
    "a*sinc(b*x) + sinc(1e-3*c*x) + c*sinc(4e-4*b*x)",
    "a*gamma(b + x**2) + gamma(x + c/9)/gamma(5*a)",
    "loggamma(a + x**2)*b + gammaln(c*9)*x",
    "b**x*exp(-b)/gamma(x + 9) + a/factorial(c + x**2)",
    "a*digamma(b + x**2) + c*x",
    "re(a*x) + real(b*x**2)*conjugate(c) + im(x) + gamma*sec",
    "\u03b1*x + \u03bc*exp(-x**2/\u03c3_1**2); \u03c3_1 = \u0394E*2",
]


def where(condition, a, b):
    return sympy.Piecewise((a, condition), (b, True))


FUNCTIONS = {
    "where": where,
    "arctan2": sympy.atan2,
    "arcsinh": sympy.asinh,
    "arccosh": sympy.acosh,
    "arctanh": sympy.atanh,
    # By their definitions: what SymPy writes for mpmath lacks parentheses.
    "cot": lambda v: 1 / sympy.tan(v),
    "sec": lambda v: 1 / sympy.cos(v),
    "csc": lambda v: 1 / sympy.sin(v),
    "coth": lambda v: 1 / sympy.tanh(v),
    "sech": lambda v: 1 / sympy.cosh(v),
    "csch": lambda v: 1 / sympy.sinh(v),
    "acoth": lambda v: sympy.atanh(1 / v),
    "asech": lambda v: sympy.acosh(1 / v),
    "acsch": lambda v: sympy.asinh(1 / v),
    "gammaln": sympy.loggamma,
    "real": lambda v: v,
    "log10": lambda v: sympy.log(v) / sympy.log(10),
    "Heaviside": lambda v, h=sympy.Rational(1, 2): sympy.Heaviside(v, h),
}
NUMERIC = [
    {
        "Heaviside": lambda v, h=mpmath.mpf(0.5): mpmath.mpf(0) if v < 0 else mpmath.mpf(1) if v > 0 else h,
        "DiracDelta": lambda *a: mpmath.mpf(0),
        "Abs": abs,
        "sign": mpmath.sign,
        "erf": mpmath.erf,
        "sinc": mpmath.sinc,
        "asec": mpmath.asec,
        "polygamma": mpmath.psi,
    },
    "mpmath",
]


def names_of(text):
    import re

    words = set(re.findall(r"[^\W\d]\w*(?!\w*\()", re.sub(r"\d+\.?\d*e[-+]?\d+", "1", text)))
    return words - {"pi", "E", "True", "False"}


def parse(text):
    pieces = text.split(";")
    local = {name: sympy.Symbol(name, real=True) for name in names_of(text)}
    local.update({name: function for name, function in FUNCTIONS.items() if name + "(" in text})
    # Python reads != between symbols at once; == is not used above.
    formula = sympy.sympify(pieces[0].replace("x != 3", "Ne(x, 3)"), locals=local)
    for piece in pieces[1:]:
        name, by = piece.split("=", 1)
        formula = formula.subs(local[name.strip()], sympy.sympify(by, locals=local))
    return formula


def main():
    generator = random.Random(20)
    print("# made by make_expression_table.py: do not edit")
    for text in FORMULAS:
        formula = parse(text)
        symbols = sorted(formula.free_symbols, key=lambda s: s.name)
        parameters = [s for s in symbols if s.name not in ("x", "y")]
        outputs = [formula] + [sympy.diff(formula, p) for p in parameters]
        functions = [sympy.lambdify(symbols, o, modules=NUMERIC) for o in outputs]
        print("formula", text)
        print("symbols", *[s.name for s in symbols])
        for _ in range(5):
            values = [
                generator.uniform(-2.5, 2.5) if s.name in ("x", "y") else generator.uniform(0.3, 2.4) for s in symbols
            ]
            numbers = [mpmath.mpf(f(*[mpmath.mpf(v) for v in values])) for f in functions]
            print("point", *[repr(v) for v in values])
            print("value", mpmath.nstr(numbers[0], 19))
            print("gradient", *[mpmath.nstr(n, 19) for n in numbers[1:]])


if __name__ == "__main__":
    main()
