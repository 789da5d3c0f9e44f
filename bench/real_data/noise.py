"""Gain and offset of a detector from the scatter of its spectra: variance = offset + gain counts.

    python3 noise.py FILE MIN MAX     (channels, in axis units)

The second difference y[i-1] - 2 y[i] + y[i+1] of a smooth spectrum is noise of variance 6 sigma^2. The differences are
binned by level (the mean of the three channels) into bins of equal numbers; a bin's sigma is the median of |difference|
/ (0.6745 sqrt(6)), which spikes do not move. A line through the bins, weighted by 1 / sigma^4 (the relative scatter
of all bins' variances is the same), offset and gain at least 0. Neighbouring channels that are correlated make it too small.
"""
import logging
import sys
import warnings

import numpy as np
from scipy.optimize import nnls


def estimate(spectra, num_bins=20):
    """(offset, gain) of spectra[..., num_channels]."""
    y = np.asarray(spectra, dtype=float).reshape(-1, spectra.shape[-1])
    difference = np.abs(y[:, :-2] - 2 * y[:, 1:-1] + y[:, 2:]).ravel()
    level = ((y[:, :-2] + y[:, 1:-1] + y[:, 2:]) / 3).ravel()
    order = np.argsort(level)
    bins = np.array_split(order, num_bins)
    levels = np.array([level[b].mean() for b in bins])
    variances = np.array([(np.median(difference[b]) / 0.6745) ** 2 / 6 for b in bins])
    weights = 1 / np.maximum(variances, 1e-12 * variances.max())
    columns = np.stack([np.ones_like(levels), np.maximum(levels, 0)], axis=1)
    (offset, gain), _ = nnls(columns * weights[:, None], variances * weights)
    return offset, gain


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    warnings.simplefilter("ignore")
    import hyperspy.api as hs
    logging.getLogger("hyperspy").setLevel(logging.ERROR)
    signal = hs.load(sys.argv[1])
    x = signal.axes_manager.signal_axes[0].axis
    offset, gain = estimate(signal.data[..., (x >= float(sys.argv[2])) & (x <= float(sys.argv[3]))])
    print("gain = %.4g\noffset = %.4g" % (gain, offset))


if __name__ == "__main__":
    main()
