"""Does warpfit read a gzipped map at least as fast as h5py?

    python3 compare.py --read-map PATH [--json FILE] [--repeats N] [--tiny]
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import machine


def with_h5py(path, rows):
    """CPU and wall seconds for the whole map into one buffer, `rows` lines of pixels at a time."""
    cpu, wall = time.process_time(), time.perf_counter()
    with h5py.File(path, "r") as f:
        data = f["data"]
        out = np.empty((rows,) + data.shape[1:], data.dtype)
        for first in range(0, data.shape[0], rows):
            last = min(first + rows, data.shape[0])
            data.read_direct(out, np.s_[first:last], np.s_[0:last - first])
    return time.process_time() - cpu, time.perf_counter() - wall


def with_warpfit(program, path):
    r = json.loads(subprocess.run([program, path + "#/data"], check=True, capture_output=True).stdout)
    return r["cpu_seconds"], r["wall_seconds"]


CASES = {  # name: dtype, chunk, shuffle
    "u16, chunks 8 x 32 pixels": ("u2", (8, 32, None), False),
    "u16, shuffled, chunks 8 x 32 pixels": ("u2", (8, 32, None), True),
    "f32, chunks 8 x 32 pixels": ("f4", (8, 32, None), False),
    "u16, chunks cut the spectra (16 x 16 pixels, 256 channels)": ("u2", (16, 16, 256), False),
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--read-map", required=True)
    arguments.add_argument("--json")
    arguments.add_argument("--repeats", type=int, default=9)
    arguments.add_argument("--tiny", action="store_true", help="a small map: only whether it runs")
    a = arguments.parse_args()
    shape = (16, 32, 1024) if a.tiny else (192, 128, 1024)
    report = {"machine": machine.describe(), "h5py": h5py.__version__, "cases": {}}
    print("| map (gzip 4) | MB | h5py CPU s | warpfit CPU s | h5py / warpfit, CPU | h5py / warpfit, wall | goal >= 1 |")
    print("|---|---|---|---|---|---|---|")
    rng = np.random.default_rng(3)
    data = rng.poisson(200 * np.exp(-np.arange(shape[2]) / 400), shape)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "map.h5")
        for name, (dtype, chunk, shuffle) in CASES.items():
            chunk = tuple(c or shape[2] for c in chunk)
            with h5py.File(path, "w") as f:
                f.create_dataset("data", data=data.astype(dtype), chunks=chunk, compression="gzip",
                                 compression_opts=4, shuffle=shuffle)
            theirs, ours = [], []
            for repeat in range(a.repeats + 1):  # interleaved; the first round warms up
                pair = with_h5py(path, chunk[0]), with_warpfit(a.read_map, path)
                if repeat > 0:
                    theirs.append(pair[0])
                    ours.append(pair[1])
            ratio = [statistics.median(t[k] / o[k] for t, o in zip(theirs, ours)) for k in (0, 1)]
            megabytes = data.size * np.dtype(dtype).itemsize / 1e6
            report["cases"][name] = {"megabytes": megabytes, "h5py": theirs, "warpfit": ours, "cpu_ratio": ratio[0],
                                     "wall_ratio": ratio[1], "met": ratio[0] >= 1 or ratio[1] >= 1}
            print("| %s | %.0f | %.3f | %.3f | %.2f | %.2f | %s |" % (
                name, megabytes, statistics.median(t[0] for t in theirs), statistics.median(o[0] for o in ours),
                ratio[0], ratio[1], "met" if ratio[0] >= 1 else "met in wall time" if ratio[1] >= 1 else "missed"),
                flush=True)
    if a.json:
        with open(a.json, "w") as out:
            json.dump(report, out, indent=1)


if __name__ == "__main__":
    main()
