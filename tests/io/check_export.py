"""Holds exported maps against map.npy values that the test computed. usage: check_export.py FOLDER EXPECTED.json
exit 77: a package is missing."""

import json
import os
import sys

try:
    import numpy as np
except ImportError as error:
    print(error)
    sys.exit(77)
try:
    import tifffile
except ImportError:
    tifffile = None
try:
    from PIL import Image
except ImportError:
    Image = None

folder, expected = sys.argv[1:]
problems = []
with open(expected) as f:
    e = json.load(f)
shape = tuple(e["shape"])
for name, values in e["maps"].items():
    want = np.array([np.nan if v is None else v for v in values]).reshape(shape)
    npy = np.load(os.path.join(folder, name + ".npy"))
    if npy.shape != shape or not np.array_equal(npy, want, equal_nan=True):
        problems.append(f"{name}.npy: {npy!r}")
    if npy.dtype.str != e["dtypes"].get(name, "<f8"):
        problems.append(f"{name}.npy: {npy.dtype}")
    csv = np.genfromtxt(os.path.join(folder, name + ".csv"), delimiter=",")
    rows = want.reshape((-1, shape[-1])) if len(shape) > 1 else want.ravel()
    if csv.shape != (rows.shape if rows.size > 1 else ()) or not np.array_equal(csv, rows.reshape(csv.shape), equal_nan=True):
        problems.append(f"{name}.csv: {csv!r}")
    pages = want.reshape((-1,) + (shape[-2:] if len(shape) > 1 else (1, want.size)))
    if tifffile:
        image = tifffile.imread(os.path.join(folder, name + ".tiff")).reshape(pages.shape)
        if not np.allclose(image, pages, rtol=1e-7, atol=0, equal_nan=True):
            problems.append(f"{name}.tiff: {image!r}")
    if Image:
        with Image.open(os.path.join(folder, name + ".tiff")) as image:
            if image.n_frames != len(pages) or image.size != pages.shape[:0:-1]:
                problems.append(f"{name}.tiff: {image.n_frames} pages of {image.size}")
            image.seek(image.n_frames - 1)
            if not np.allclose(np.array(image), pages[-1], rtol=1e-7, atol=0, equal_nan=True):
                problems.append(f"{name}.tiff: last page {np.array(image)!r}")
print("\n".join(problems))
sys.exit(1 if problems else 0)
