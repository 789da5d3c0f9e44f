"""Holds a result with EELS edges or X-ray lines against HyperSpy's own model of it: every pixel has the chi2 that the file says.

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
is_map = model.axes_manager.navigation_size > 0
stored = model.chisq.data.copy()
for pixel in np.ndindex(stored.shape):
    if is_map:
        model.axes_manager.indices = pixel[::-1]
    data = model.signal.data[pixel] if is_map else model.signal.data
    chisq = np.sum((data - model()) ** 2)
    if not np.isclose(chisq, stored[pixel], rtol=1e-9):
        sys.exit(f"pixel {pixel}: {chisq!r}, stored {stored[pixel]!r}")
print(" ".join(type(component).__name__ for component in model))
if hasattr(model, "xray_lines"):
    print("lines", *(line.name for line in model.xray_lines))
    print("below", *(component.name for component in model.background_components))
