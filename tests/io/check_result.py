"""Holds result files against what a test expects, through HyperSpy's own load and restore.

usage: check_result.py FOLDER    (NAME.hspy and NAME.json each; exit 77: no HyperSpy here)
"""

import glob
import json
import os
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

hs.preferences.General.show_progressbar = False
problems = []


def check(case, what, condition, detail=""):
    if not condition:
        problems.append(f"{case}: {what} {detail}")


def same(case, what, found, expected, tolerance=0.0):
    found = np.asarray(found, dtype=float).ravel()
    expected = np.array([np.nan if v is None else v for v in np.ravel(expected)], dtype=float)
    if found.shape != expected.shape:
        check(case, what, False, f"{found.shape} != {expected.shape}")
        return
    close = np.isclose(found, expected, rtol=tolerance, atol=0, equal_nan=True)
    if not close.all():
        i = int(np.argmin(close))
        check(case, what, False, f"[{i}] {found[i]!r} != {expected[i]!r} ({(~close).sum()} of {close.size})")


def check_signal(case, s, e):
    check(case, "title", s.metadata.General.title == e["title"], repr(s.metadata.General.title))
    check(case, "signal_type", s.metadata.Signal.signal_type == e["signal_type"])
    check(case, "dtype", s.data.dtype.name == e["dtype"], s.data.dtype.name)
    check(case, "signal dimension", s.axes_manager.signal_dimension == e["signal_dimension"])
    same(case, "data", s.data, e["data"])
    for axis, want in zip(s.axes_manager._axes, e["axes"]):
        same(case, f"axis {axis}", axis.axis, want["values"], 1e-14)
        check(case, "navigate", axis.navigate == want["navigate"])
        check(case, "is_binned", axis.is_binned == want["is_binned"], str(axis))
        check(case, "axis name", str(axis.name).replace("<undefined>", "") == want["name"], repr(axis.name))
        check(case, "axis units", str(axis.units).replace("<undefined>", "") == want["units"], repr(axis.units))
    variance = s.metadata.get_item("Signal.Noise_properties.variance")
    if not e["variance"]:
        check(case, "variance", variance is None)
    elif len(e["variance"]) == 1:
        check(case, "variance", variance == e["variance"][0], repr(variance))
    else:
        check(case, "variance shape", variance.data.shape == s.data.shape)
        same(case, "variance", variance.data, e["variance"], 1e-7)
    for key, text in (e["metadata"] or {}).items():
        found = s.metadata.get_item(key)
        check(case, f"metadata {key}", str(found) == text, repr(found))
        if key.endswith("beam_energy"):
            check(case, f"metadata {key}", isinstance(found, float))


def check_model(case, s, m, e):
    check(case, "number of components", len(m) == len(e["components"]))
    same(case, "channel_switches", m.channel_switches, e["channel_switches"])
    same(case, "chisq", m.chisq.data, e["chisq"])
    same(case, "dof", m.dof.data, e["dof"])
    for names in ("xray_lines", "background_components"):
        if names in e:
            found = [c.name for c in getattr(m, names)]
            check(case, names, found == e[names], repr(found))
    for component, want in zip(m, e["components"]):
        check(case, "component name", component.name == want["name"], component.name)
        check(case, component.name + " class", type(component).__name__ == want["class"], type(component).__name__)
        active = np.broadcast_to(
            component._active_array if component.active_is_multidimensional else component.active, len(e["dof"])
        ) if not component.active_is_multidimensional else component._active_array
        same(case, component.name + " active", active, want["active"])
        check(case, component.name + " parameters",
              sorted(p.name for p in component.parameters) == sorted(p["name"] for p in want["parameters"]))
        for p in want["parameters"]:
            parameter = getattr(component, p["name"])
            path = f"{component.name}.{p['name']}"
            same(case, path + " values", parameter.map["values"], p["values"])
            same(case, path + " std", parameter.map["std"], p["std"])
            same(case, path + " is_set", parameter.map["is_set"], p["is_set"])
            check(case, path + " free", parameter.free == p["free"], parameter.free)
            check(case, path + " bmin", parameter.bmin == p["bmin"], parameter.bmin)
            check(case, path + " bmax", parameter.bmax == p["bmax"], parameter.bmax)
            if "twin" in p:
                twin = parameter.twin
                check(case, path + " twin", twin is not None and f"{twin.component.name}.{twin.name}" == p["twin"]["to"])
            else:
                check(case, path + " twin", parameter.twin is None)
    curves = m.as_signal(out_of_range_to_nan=False).data.reshape((len(e["dof"]), -1))
    used = np.ravel(e["channel_switches"]).astype(bool)
    for at in e["model_at"]:
        # A twin's value comes through HyperSpy's own twin function.
        same(case, f"model at pixel {at['pixel']}", curves[at["pixel"]][used], np.array(at["values"])[used], 1e-9)


for expectation in sorted(glob.glob(os.path.join(sys.argv[1], "*.json"))):
    case = os.path.splitext(os.path.basename(expectation))[0]
    with open(expectation) as f:
        e = json.load(f)
    try:
        s = hs.load(expectation.replace(".json", ".hspy"))
        check_signal(case, s, e)
        check(case, "models", list(s.models._models.keys()) == ["warpfit"], str(s.models))
        check_model(case, s, s.models.restore("warpfit"), e)
    except Exception as error:  # noqa: BLE001  every case is reported
        import traceback

        problems.append(f"{case}: {type(error).__name__}: {error}\n{traceback.format_exc()}")

print("\n".join(problems))
sys.exit(1 if problems else 0)
