#!/usr/bin/env python3
"""Makes the tables (form: convert.py) of components that HyperSpy does not have, from their definitions, by mpmath with
40 digits: integrals stay integrals here (a decay seen through a Gaussian is computed as that convolution)."""
import pathlib
import random

import mpmath as mp

mp.mp.dps = 40


def gauss(t, sigma):
    return mp.exp(-t**2 / (2 * sigma**2)) / (sigma * mp.sqrt(2 * mp.pi))


def decay(u, sigma, tau):
    """Integral of exp(-t / tau) / tau times the Gaussian at u - t, t > 0."""
    peak = max(mp.mpf(0), u - sigma**2 / tau)
    ends = sorted({mp.mpf(0), peak, peak + 3 * sigma, peak + 12 * sigma, peak + 40 * sigma})
    return mp.quad(lambda t: mp.exp(-t / tau) / tau * gauss(u - t, sigma), ends)


def asymmetric_lorentzian(x, A, fwhm, asymmetry, centre):
    width = 2 * fwhm / (1 + mp.exp(asymmetry * (x - centre)))
    return 2 * A / (mp.pi * width) / (1 + 4 * ((x - centre) / width)**2)


def pseudo_voigt(x, A, fwhm, fraction, centre):
    sigma = fwhm / (2 * mp.sqrt(2 * mp.log(2)))
    lorentz = fwhm / 2 / (mp.pi * ((x - centre)**2 + (fwhm / 2)**2))
    return A * ((1 - fraction) * gauss(x - centre, sigma) + fraction * lorentz)


def fano(x, A, q, fwhm, centre):
    e = (x - centre) / (fwhm / 2)
    return A * (q + e)**2 / (1 + e**2)


def ramp(t, sigma):
    """max(t, 0) convolved with a Gaussian."""
    return mp.quad(lambda s: s * gauss(t - s, sigma), [0, max(t, 0), max(t, 0) + 3 * sigma, max(t, 0) + 40 * sigma])


def vignetting(x, optical_center, height, period, left_slope, right_slope, left, right, sigma):
    return (height * mp.cos((x - optical_center) / (2 * mp.pi * period))**4 *
            (1 - left_slope * ramp(left - x, sigma)) * (1 - right_slope * ramp(x - right, sigma)))


def lorentzian2d(x, y, A, gamma_x, gamma_y, centre_x, centre_y):
    return A / (2 * mp.pi * gamma_x * gamma_y) / mp.sqrt(1 + ((x - centre_x) / gamma_x)**2 +
                                                         ((y - centre_y) / gamma_y)**2)**3


def disk2d(x, y, height, radius, sigma, centre_x, centre_y):
    d = mp.hypot(x - centre_x, y - centre_y)
    return height * mp.ncdf((radius - d) / sigma)


def ring2d(x, y, height, radius, sigma, centre_x, centre_y):
    d = mp.hypot(x - centre_x, y - centre_y)
    return height * mp.exp(-(d - radius)**2 / (2 * sigma**2))


# function, then its parameters: least and greatest value; the axes' ranges last
LINE = {"centre": (-2, 2)}
TABLES = {
    "AsymmetricLorentzian": (asymmetric_lorentzian, dict(A=(1, 9), fwhm=(0.5, 3), asymmetry=(-0.8, 0.8), **LINE), 1),
    "ExponentialGaussian": (lambda x, A, sigma, tau, centre: A * decay(x - centre, sigma, tau),
                            dict(A=(1, 9), sigma=(0.1, 2), tau=(0.1, 4), **LINE), 1),
    "BiexponentialGaussian": (lambda x, A, sigma, tau1, tau2, fraction, centre: A *
                              ((1 - fraction) * decay(x - centre, sigma, tau1) + fraction * decay(x - centre, sigma, tau2)),
                              dict(A=(1, 9), sigma=(0.1, 2), tau1=(0.1, 1), tau2=(1, 6), fraction=(0.1, 0.9), **LINE), 1),
    "Fano": (fano, dict(A=(1, 9), q=(-3, 3), fwhm=(0.5, 3), **LINE), 1),
    "PseudoVoigt": (pseudo_voigt, dict(A=(1, 9), fwhm=(0.5, 3), fraction=(0.05, 0.95), **LINE), 1),
    "VignettingSides": (vignetting, dict(optical_center=(-1, 1), height=(5, 50), period=(5, 20), left_slope=(0.01, 0.1),
                                         right_slope=(0.01, 0.1), left=(-5, -2), right=(2, 5), sigma=(0.3, 2)), 1),
    "Lorentzian2D": (lorentzian2d, dict(A=(1, 9), gamma_x=(0.5, 3), gamma_y=(0.5, 3), centre_x=(-2, 2), centre_y=(-2, 2)), 2),
    "Disk2D": (disk2d, dict(height=(1, 9), radius=(2, 5), sigma=(0.3, 1.5), centre_x=(-2, 2), centre_y=(-2, 2)), 2),
    "GaussianRing2D": (ring2d, dict(height=(1, 9), radius=(2, 5), sigma=(0.3, 1.5), centre_x=(-2, 2), centre_y=(-2, 2)), 2),
    "Plane": (lambda x, y, offset, slope_x, slope_y: offset + slope_x * x + slope_y * y,
              dict(offset=(-9, 9), slope_x=(-2, 2), slope_y=(-2, 2)), 2),
    "Polynomial2D": (lambda x, y, a00, a10, a01, a20, a11, a02: a00 + a10 * x + a01 * y + a20 * x * x + a11 * x * y + a02 * y * y,
                     dict(a00=(-9, 9), a10=(-2, 2), a01=(-2, 2), a20=(-1, 1), a11=(-1, 1), a02=(-1, 1)), 2),
}


def text_of(value):
    return repr(float(value))


def table(name, function, ranges, dimension, rng):
    lines = [f"component {name} {dimension}"]
    for _ in range(3):
        parameters = {key: rng.uniform(*ends) for key, ends in ranges.items()}
        lines.append(f"case 16 {len(parameters)}")
        lines += [f"parameter {key} {text_of(value)} 1e-10" for key, value in parameters.items()]
        for _ in range(16):
            at = [rng.uniform(-8, 8) for _ in range(dimension)]
            given = [mp.mpf(v) for v in at]
            exact = {key: mp.mpf(value) for key, value in parameters.items()}
            row = [function(*given, **exact)]
            for key in parameters:
                row.append(mp.diff(lambda v: function(*given, **{**exact, key: v}), exact[key]))
            lines.append("point " + " ".join(text_of(v) for v in at + row))
    return "\n".join(lines) + "\n"


def main():
    rng = random.Random(7)
    for name, (function, ranges, dimension) in TABLES.items():
        (pathlib.Path(__file__).parent / f"{name}.txt").write_text(table(name, function, ranges, dimension, rng))


main()
