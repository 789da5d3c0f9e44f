"""Writes domain_map.u16 and domain_map_centres.txt: a map of Voronoi domains with two Gaussians each.

    /usr/bin/python3 make_domain_map.py

24 x 24 pixels of 200 channels, counts, little-endian uint16. In each of seven domains the two centres lie somewhere
else; start values that suit one domain lead nowhere in the next. The text holds the true centres, a pixel a line.
"""
import os

import numpy as np


def smooth_map(rng, shape, lo, hi, modes=2):
    yy, xx = np.meshgrid(*[np.linspace(0, 1, n) for n in shape], indexing="ij")
    f = np.zeros(shape)
    for _ in range(4):
        kx, ky = rng.uniform(-modes, modes, 2)
        f += rng.uniform(0.5, 1) * np.cos(2 * np.pi * (kx * xx + ky * yy) + rng.uniform(0, 2 * np.pi))
    f = (f - f.min()) / (f.max() - f.min())
    return lo + (hi - lo) * f


def gauss(x, area, centre, sigma):
    return area / (sigma * np.sqrt(2 * np.pi)) * np.exp(-0.5 * ((x - centre) / sigma) ** 2)


def main(seed=606, nav=(24, 24), channels=200, num_domains=7, spread=30.0, widths=(5.0, 8.0)):
    rng = np.random.default_rng(seed)
    x = np.arange(channels)
    points = rng.uniform(0, 1, (num_domains, 2)) * np.array(nav)
    yy, xx = np.mgrid[0:nav[0], 0:nav[1]]
    domain = np.argmin((yy[..., None] - points[:, 0]) ** 2 + (xx[..., None] - points[:, 1]) ** 2, axis=-1)
    c1 = 60.0 + rng.uniform(-spread, spread, num_domains)
    c2 = 140.0 + rng.uniform(-spread, spread, num_domains)
    first = c1[domain] + smooth_map(rng, nav, -3.0, 3.0)
    second = c2[domain] + smooth_map(rng, nav, -3.0, 3.0)
    sigmas = [smooth_map(rng, nav, *widths) for _ in range(2)]
    areas = [smooth_map(rng, nav, 1500.0, 4000.0) for _ in range(2)]
    mean = 40.0 + sum(gauss(x, a[..., None], c[..., None], s[..., None])
                      for a, c, s in zip(areas, (first, second), sigmas))
    here = os.path.dirname(os.path.abspath(__file__))
    rng.poisson(mean).astype("<u2").tofile(os.path.join(here, "domain_map.u16"))
    with open(os.path.join(here, "domain_map_centres.txt"), "w") as file:
        for a, b in zip(first.ravel(), second.ravel()):
            file.write(f"{a:.4f} {b:.4f}\n")


main()
