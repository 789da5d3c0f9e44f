"""Holds a result with EELS edges against HyperSpy's own model of it: every pixel has the chi2 that the file says.

usage: check_edges.py RESULT.hspy    (exit 77: no HyperSpy here)
"""

import sys
import warnings

warnings.filterwarnings("ignore")
try:
    import logging

    logging.disable(logging.CRITICAL)
    import hyperspy.api as hs
    import numpy as np
except ImportError as error:
    print(error)
    sys.exit(77)

model = hs.load(sys.argv[1]).models.restore("warpfit")
stored = model.chisq.data.copy()
for pixel in range(len(stored)):
    is_map = model.axes_manager.navigation_size > 0
    if is_map:
        model.axes_manager.indices = (pixel,)
    data = model.signal.inav[pixel].data if is_map else model.signal.data
    chisq = np.sum((data - model()) ** 2)
    if not np.isclose(chisq, stored[pixel], rtol=1e-9):
        sys.exit(f"pixel {pixel}: {chisq!r}, stored {stored[pixel]!r}")
print(" ".join(type(component).__name__ for component in model))
