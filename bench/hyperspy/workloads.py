"""Seeded maps that both programs fit (numpy only)."""
import numpy as np

ROOT_2PI = np.sqrt(2 * np.pi)


def gauss(x, area, sigma, centre):
    return area / (sigma * ROOT_2PI) * np.exp(-0.5 * ((x - centre) / sigma) ** 2)


def smooth_map(rng, shape, low, high):
    """Smooth random field rescaled to [low, high]."""
    yy, xx = np.meshgrid(*[np.linspace(0, 1, n) for n in shape], indexing="ij")
    field = np.zeros(shape)
    for _ in range(4):
        kx, ky = rng.uniform(-2, 2, 2)
        field += rng.uniform(0.5, 1) * np.cos(2 * np.pi * (kx * xx + ky * yy) + rng.uniform(0, 2 * np.pi))
    field = (field - field.min()) / (field.max() - field.min())
    return low + (high - low) * field


class Workload:
    """data and variance [y, x, channels]; peaks and background: parameter -> (start, bmin, bmax)."""

    def __init__(self, name, offset, scale, background, peaks, mean, rng):
        self.name, self.offset, self.scale = name, offset, scale
        self.background, self.peaks = background, peaks
        self.data = rng.poisson(mean).astype(np.float32)
        self.variance = np.maximum(self.data, 1)

    @property
    def num_free(self):
        return 2 + 3 * len(self.peaks)


def core_loss(nav, channels=1024):
    """Power law + 2 Gaussians, 8 free, 300..3000 counts: an EELS core-loss map."""
    rng = np.random.default_rng(101)
    x = 400.0 + 0.5 * np.arange(channels)
    r = smooth_map(rng, nav, 2.6, 3.1)[..., None]
    a = smooth_map(rng, nav, 1500.0, 3000.0)[..., None] * 400.0**r
    mean = a * x**-r
    for low, high, sigma, centres in ((2000, 9000, 6.0, (529, 537)), (3000, 12000, 9.0, (634, 648))):
        area = smooth_map(rng, nav, low, high)[..., None]
        mean = mean + gauss(x, area, sigma, smooth_map(rng, nav, *centres)[..., None])
    background = dict(A=(1.0e11, 0, None), r=(3.0, 1, 5))
    peaks = [dict(A=(1000.0, 0, None), sigma=(6.0, 2, 20), centre=(532.0, 520, 545)),
             dict(A=(1000.0, 0, None), sigma=(9.0, 2, 25), centre=(640.0, 620, 660))]
    return Workload("power law + 2 Gaussians (W1)", 400.0, 0.5, background, peaks, mean, rng)


def three_peaks(nav, channels=1024):
    """Power law + 3 Gaussians, 11 free."""
    rng = np.random.default_rng(111)
    x = 200.0 + 0.5 * np.arange(channels)
    mean = smooth_map(rng, nav, 900, 1100)[..., None] * (x / 200.0) ** -smooth_map(rng, nav, 2.95, 3.05)[..., None]
    background = dict(A=(8.0e9, 0, None), r=(3.0, 1, 5))
    peaks = []
    for centre, sigma, height in ((300, 10, 300), (440, 14, 200), (600, 12, 150)):
        s = smooth_map(rng, nav, 0.9 * sigma, 1.1 * sigma)[..., None]
        area = smooth_map(rng, nav, 0.9 * height, 1.1 * height)[..., None] * s * ROOT_2PI
        mean = mean + gauss(x, area, s, smooth_map(rng, nav, centre - 0.3 * sigma, centre + 0.3 * sigma)[..., None])
        peaks.append(dict(A=(height * sigma * ROOT_2PI * 0.8, 0, None), sigma=(sigma * 1.1, 2, 40),
                          centre=(centre + 2.0, centre - 50, centre + 50)))
    return Workload("power law + 3 Gaussians", 200.0, 0.5, background, peaks, mean, rng)
