"""Writes tests/io/data/load_*: small files of every layout that io::load() reads, and of some that it refuses.

    /usr/bin/python3 tests/io/make_load_data.py [FIXTURES]

Values follow from the element's linear index, so that the tests know them. With FIXTURES, a folder of HyperSpy's own
files and their JSON, it copies the small ones and sums up what they hold in hyperspy.json.
"""

import ctypes
import ctypes.util
import json
import pathlib
import shutil
import struct
import sys

import h5py
import numpy as np

OUT = pathlib.Path(__file__).resolve().parent / "data"
LZ4 = ctypes.CDLL(ctypes.util.find_library("lz4") or "liblz4.so.1")


def ramp(shape, dtype):
    """i % 251: fits every type."""
    return (np.arange(np.prod(shape)) % 251).reshape(shape).astype(dtype)


def signal(file, name, data, axes, version="3.3", metadata=None, **options):
    """A signal as RosettaSciIO lays it out (format 3.3)."""
    file.attrs["file_format"] = "HyperSpy"
    file.attrs["file_format_version"] = version
    group = file.require_group("Experiments").create_group(name)
    group.attrs["package"] = "hyperspy"
    group.attrs["package_version"] = "2.4.0"
    fill_signal(group, data, axes, metadata or {}, **options)
    return group


def fill_signal(group, data, axes, metadata, list_axes=False, **options):
    group.create_dataset("data", data=data, **options)
    parent = group.create_group(f"_list_{len(axes)}_axes") if list_axes else group
    for i, axis in enumerate(axes):
        a = parent.create_group(str(i) if list_axes else f"axis-{i}")
        for key, value in axis.items():
            if isinstance(value, np.ndarray):
                a.create_dataset(key, data=value)
            elif isinstance(value, dict):
                sub = a.create_group(key)
                for k, v in value.items():
                    sub.attrs[k] = v
            else:
                a.attrs[key] = value
    fill_metadata(group.create_group("metadata"), metadata)
    group.create_group("original_metadata")
    attributes = group.create_group("attributes")
    attributes.attrs["_lazy"] = False
    attributes.attrs["ragged"] = False


def fill_metadata(group, metadata):
    for key, value in metadata.items():
        if isinstance(value, dict):
            fill_metadata(group.create_group(key), value)
        elif callable(value):
            value(group.create_group(key))
        else:
            group.attrs[key] = value


def uniform(size, offset=0.0, scale=1.0, navigate=None, binned=None, **more):
    axis = {"_type": "UniformDataAxis", "size": size, "offset": offset, "scale": scale, **more}
    if navigate is not None:
        axis["navigate"] = navigate
    if binned is not None:
        axis["is_binned"] = binned
    return axis


def nav(size, **more):
    return uniform(size, navigate=True, binned=False, **more)


def sig(size, **more):
    more.setdefault("binned", False)
    return uniform(size, navigate=False, **more)


def hspy_files():
    with h5py.File(OUT / "load_big_endian.hspy", "w") as f:
        meta = {
            "General": {"title": "big endian", "date": "2024-05-06", "time": "_None_"},
            "Signal": {"signal_type": "EELS", "Noise_properties": {"variance": 2.5}},
            "Acquisition_instrument": {"TEM": {"beam_energy": 200.0, "is_on": True, "frames": 12}},
            "_HyperSpy": {"Folding": {"unfolded": False}},
        }
        axes = [nav(3, name="y", units="nm"), nav(4, name="x"), sig(50, offset=-1.5, scale=0.25, binned=True,
                                                                 name="Energy loss", units="eV")]
        signal(f, "big endian", ramp((3, 4, 50), ">u2"), axes, metadata=meta, chunks=(2, 3, 20), compression="gzip",
               shuffle=True)
    with h5py.File(OUT / "load_half.hspy", "w") as f:
        values = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
        data = np.array([[0.0, 2.0**-24, -(2.0**-14), 65504.0, -1.5], [1 / 3, np.inf, -np.inf, 0.099975586, 7.0]], "f2")
        axes = [nav(2), {"_type": "DataAxis", "axis": values, "navigate": False, "is_binned": True, "name": "t",
                         "units": "_None_"}]
        signal(f, "half", data, axes)
    with h5py.File(OUT / "load_half_big.hspy", "w") as f:
        signal(f, "half", np.array([[1.5, -2.0, 1024.0]], ">f2"), [nav(1), sig(3)])
    with h5py.File(OUT / "load_transposed.hspy", "w") as f:
        variance = lambda g: fill_signal(g, ramp((5, 3, 4), "f4") + 1, [sig(5), nav(3), nav(4)], {})
        meta = {"Signal": {"Noise_properties": {"_sig_variance": variance}}}
        axes = [sig(5, scale=2.0, name="E"), nav(3, name="y"), nav(4, name="x")]
        signal(f, "__unnamed__", ramp((5, 3, 4), "i4"), axes, metadata=meta, chunks=(2, 2, 2), compression="gzip")
    with h5py.File(OUT / "load_between.hspy", "w") as f:  # y (signal), navigation, x (signal)
        axes = [sig(2, name="y"), nav(3, name="n"), sig(4, name="x")]
        signal(f, "between", ramp((2, 3, 4), ">i2"), axes)
    with h5py.File(OUT / "load_old.hspy", "w") as f:  # before format 2.1: no navigate flag, lists as groups
        meta = {"General": {"title": "old"}, "Signal": {"record_by": "spectrum", "binned": True}}
        signal(f, "old", ramp((2, 3, 6), "f4"), [uniform(2), uniform(3), uniform(6, units="<undefined>")],
               version="1.3", metadata=meta, list_axes=True)
    with h5py.File(OUT / "load_old_image.hspy", "w") as f:
        meta = {"Signal": {"record_by": "image"}}
        signal(f, "image", ramp((2, 3, 6), "u1"), [uniform(2), uniform(3), uniform(6)], version="2.0", metadata=meta)
    with h5py.File(OUT / "load_functional.hspy", "w") as f:
        axes = [nav(2), {"_type": "FunctionalDataAxis", "expression": "a / (x + b)", "a": 1239.0, "b": 5.0, "size": 4,
                         "navigate": False, "is_binned": False, "units": "nm",
                         "x": {"_type": "UniformDataAxis", "offset": 1.0, "scale": 2.0, "size": 4}}]
        signal(f, "functional", ramp((2, 4), "f8"), axes)
    with h5py.File(OUT / "load_several.hspy", "w") as f:
        channel = lambda g: fill_signal(g, np.array([1.0, 2.0, 4.0]), [sig(3)], {})
        stored = lambda g: fill_signal(g, ramp((2, 3), "u1") + 1, [nav(2), sig(3)], {}, list_axes=True)
        for name, title, v in (("first", "First one", channel), ("second", "Second", stored)):
            meta = {"General": {"title": title}, "Signal": {"Noise_properties": {"_sig_variance": v}}}
            signal(f, name, ramp((2, 3), "i8"), [nav(2), sig(3)], metadata=meta)
    with h5py.File(OUT / "load_refused.hspy", "w") as f:
        wrong = lambda g: fill_signal(g, ramp((2, 4), "u1"), [nav(2), sig(4)], {})
        signal(f, "all navigate", ramp((2, 3), "f4"), [nav(2), nav(3)])
        signal(f, "three signal axes", ramp((2, 3, 4), "f4"), [sig(2), sig(3), sig(4)])
        signal(f, "complex", np.ones((2, 3), "c8"), [nav(2), sig(3)])
        signal(f, "ragged", 0.0, [])
        signal(f, "scale 0", ramp((2, 3), "f4"), [nav(2), sig(3, scale=0.0)])
        signal(f, "wrong size", ramp((2, 3), "f4"), [nav(2), sig(4)])
        signal(f, "no axis", ramp((2, 3), "f4"), [nav(2)])
        signal(f, "nan axis", ramp((2, 3), "f4"), [nav(2), {"axis": np.array([1.0, np.nan, 3.0]), "navigate": False}])
        signal(f, "wrong variance", ramp((2, 3), "f4"), [nav(2), sig(3)],
               metadata={"Signal": {"Noise_properties": {"_sig_variance": wrong}}})
        signal(f, "negative variance", ramp((2, 3), "f4"), [nav(2), sig(3)],
               metadata={"Signal": {"Noise_properties": {"variance": -1.0}}})
        f["Experiments"].create_group("no data")


def lz4_block(raw):
    bound = LZ4.LZ4_compressBound(len(raw))
    out = ctypes.create_string_buffer(bound)
    size = LZ4.LZ4_compress_default(raw, out, len(raw), bound)
    return out.raw[:size]


def lz4_chunk(data, block):
    """HDF5 filter 32004: big-endian total size, block size; then size and bytes of each block."""
    raw = data.tobytes()
    out = struct.pack(">QI", len(raw), block)
    for i in range(0, len(raw), block):
        part = raw[i : i + block]
        packed = lz4_block(part)
        packed = part if len(packed) >= len(part) else packed
        out += struct.pack(">I", len(packed)) + packed
    return out


def shuffle_bits(data):
    """Bit i of byte b of every element makes row 8 b + i."""
    as_bytes = np.frombuffer(data.tobytes(), "u1").reshape(data.size, data.itemsize)
    bits = np.unpackbits(as_bytes, axis=1, bitorder="little")
    return np.packbits(bits.T, axis=1, bitorder="little").tobytes()


def bitshuffle_chunk(data, block, compress):
    """HDF5 filter 32008; block in elements."""
    flat = data.reshape(-1)
    out = struct.pack(">QI", flat.nbytes, block * flat.itemsize) if compress else b""
    whole = flat.size // 8 * 8
    for i in range(0, whole, block):
        part = shuffle_bits(flat[i : min(i + block, whole)])
        if compress:
            part = lz4_block(part)
            out += struct.pack(">I", len(part))
        out += part
    return out + flat[whole:].tobytes()


def raw_dataset(file, name, data, chunk, filter_id, parameters, encode):
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk(chunk)
    properties.set_filter(filter_id, h5py.h5z.FLAG_OPTIONAL, parameters)
    space = h5py.h5s.create_simple(data.shape)
    low = h5py.h5d.create(file.id, name.encode(), h5py.h5t.py_create(data.dtype), space, properties)
    for start in np.ndindex(*[-(-n // c) for n, c in zip(data.shape, chunk)]):
        offset = tuple(s * c for s, c in zip(start, chunk))
        part = np.zeros(chunk, data.dtype)
        box = data[tuple(slice(o, o + c) for o, c in zip(offset, chunk))]
        part[tuple(slice(0, n) for n in box.shape)] = box
        low.write_direct_chunk(offset, encode(part))


def layouts():
    shape = (5, 7, 6, 11)
    data = ramp(shape, "u2")
    with h5py.File(OUT / "load_layouts.h5", "w") as f:
        f.create_dataset("contiguous", data=data)
        f.create_dataset("compact_free", data=data, chunks=(2, 3, 4, 5))
        f.create_dataset("gzip", data=data, chunks=(2, 3, 4, 5), compression="gzip")
        f.create_dataset("gzip_shuffle", data=data, chunks=(1, 3, 6, 11), compression="gzip", shuffle=True)
        f.create_dataset("pixel_chunks", data=data, chunks=(1, 1, 6, 11), compression="gzip", shuffle=True)
        f.create_dataset("one_chunk", data=data, chunks=shape, compression="gzip", shuffle=True)
        f.create_dataset("checksum", data=data, chunks=(2, 3, 4, 5), compression="gzip", fletcher32=True)
        f.create_dataset("growing", data=data, chunks=(3, 9, 8, 12), maxshape=(None, 20, 20, 20), compression="gzip")
        part = f.create_dataset("half_written", shape=shape, dtype="u2", chunks=(1, 7, 6, 11), fillvalue=77)
        part[1] = data[1]
        raw_dataset(f, "lz4", data, (2, 3, 4, 5), 32004, (64,), lambda d: lz4_chunk(d, 64))
        raw_dataset(f, "bitshuffle_lz4", data, (2, 7, 6, 11), 32008, (0, 3, 2, 0, 2),
                    lambda d: bitshuffle_chunk(d, 4096, True))
        raw_dataset(f, "bitshuffle_blocks", data.astype(">u4"), (2, 3, 4, 5), 32008, (0, 3, 4, 16, 2),
                    lambda d: bitshuffle_chunk(d, 16, True))
        raw_dataset(f, "bitshuffle_only", data.astype("f8"), (1, 3, 6, 11), 32008, (0, 3, 8),
                    lambda d: bitshuffle_chunk(d, 1024, False))
        raw_dataset(f, "bitshuffle_zstd", data, shape, 32008, (0, 3, 2, 0, 3), lambda d: d.tobytes())
        raw_dataset(f, "zstd", data, shape, 32015, (3,), lambda d: d.tobytes())
        raw_dataset(f, "bad_gzip", data, shape, 1, (4,), lambda d: b"not a zlib stream at all" * 40)
        f.create_dataset("text", data=np.array(["a", "b"], dtype=object), dtype=h5py.string_dtype())
        f.create_dataset("empty", shape=(0, 3), dtype="f4")


def nexus():
    with h5py.File(OUT / "load_nexus.nxs", "w") as f:
        f.attrs["default"] = "entry"
        entry = f.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        entry.attrs["default"] = "map"
        data = entry.create_group("map")
        data.attrs["NX_class"] = "NXdata"
        data.attrs["signal"] = "counts"
        data.attrs["axes"] = ["y", ".", "energy"]
        data.attrs["y_indices"] = 0
        data.attrs["energy_indices"] = 2
        counts = data.create_dataset("counts", data=ramp((2, 3, 5), "i4"))
        counts.attrs["long_name"] = "Counts of the map"
        data.create_dataset("counts_errors", data=np.sqrt(ramp((2, 3, 5), "f8") + 1))
        data.create_dataset("y", data=np.array([0.5, 1.0]))
        energy = data.create_dataset("energy", data=np.linspace(100, 102, 5).astype("f4"))
        energy.attrs["units"] = "eV"
        energy.attrs["long_name"] = "Energy"
        image = entry.create_group("images")
        image.attrs["NX_class"] = "NXdata"
        image.attrs["signal"] = "stack"
        image.create_dataset("stack", data=ramp((4, 2, 3), "u1")).attrs["interpretation"] = "image"
        old = entry.create_group("old_style")
        old.attrs["NX_class"] = "NXdata"
        values = old.create_dataset("values", data=ramp((2, 4), "f4"))
        values.attrs["signal"] = 1
        values.attrs["axes"] = "row:wave"
        old.create_dataset("row", data=np.array([3.0, 1.0]))
        old.create_dataset("wave", data=np.array([1.0, 2.0, 4.0, 8.0, 16.0]))  # edges


def copy_fixtures(folder):
    summary = []
    for name in ("navigation_1d", "nav3d_lorentzian", "polynomial_hetero", "gaussian2d_stack", "poisson_ml"):
        shutil.copy(folder / f"{name}.hspy", OUT / f"{name}.hspy")
        summary.append({"name": name, **json.loads((folder / f"{name}.json").read_text())["signal"]})
    (OUT / "hyperspy.json").write_text(json.dumps(summary, indent=1) + "\n")


if __name__ == "__main__":
    hspy_files()
    layouts()
    nexus()
    if len(sys.argv) > 1:
        copy_fixtures(pathlib.Path(sys.argv[1]))
