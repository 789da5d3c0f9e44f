"""Does warpfit reach a chi2 as low as HyperSpy's on measured data, pixel by pixel, and how many times faster?

    python3 compare.py --warpfit PATH [--data FOLDER] [--json FILE] [--plots FOLDER] [--repeats N] [--only TEXT] [--tiny]

Both programs fit the model of models/NAME.toml from its start values in every pixel, with the same weights, channels and
bounds. chi2 is computed here from the parameters of both, by the same NumPy code (edges: by HyperSpy's model), and held
against what each program says. A file that the data folder lacks is said and skipped.
"""
import os

for threads in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[threads + "_NUM_THREADS"] = "1"

import argparse
import contextlib
import io
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import cases
import evaluate
import hyperspy_model
import machine
import numpy as np

ABOVE = 1e-6  # a chi2 higher than this, relative, is higher


class Problem:
    """A case's signal, channels, weights and model file, cut to the pixels that are fitted."""

    def __init__(self, hs, case, data_folder, folder, tiny):
        self.case = case
        self.model_path = os.path.join(HERE, "models", case.name + ".toml")
        with open(self.model_path, "rb") as file:
            self.description = tomllib.load(file)
        self.low_loss_path = None
        if case.prepare:
            self.signal, self.low_loss = case.prepare(hs, data_folder)
            self.data_path = os.path.join(folder, case.name + ".hspy")
            self.signal.save(self.data_path, overwrite=True)
            if self.low_loss is not None:
                self.low_loss_path = os.path.join(folder, case.name + "_lowloss.hspy")
                self.low_loss.save(self.low_loss_path, overwrite=True)
        else:
            self.signal, self.low_loss = cases.load(hs, data_folder, case.file), None
            self.data_path = os.path.join(data_folder, case.file + ".hspy")
        num_signal_axes = self.signal.axes_manager.signal_dimension
        self.part = cases.pixels_of(case.part, self.signal.data.shape[:-num_signal_axes], tiny)
        if self.part:
            slices = tuple(slice(a, b) for a, b in reversed(self.part))  # HyperSpy counts the fastest axis first
            self.signal = self.signal.inav[slices]
            self.low_loss = self.low_loss.inav[slices] if self.low_loss is not None else None
        self.signal.change_dtype("float64")
        axes = self.signal.axes_manager.signal_axes[::-1]
        self.axes = [axis.axis for axis in axes]
        self.width = axes[0].scale if axes[0].is_binned else 1.0
        self.kept = cases.channels_of(self.description["data"], self.axes)
        self.counts = self.signal.data.reshape((-1,) + self.kept.shape)
        self.variance = cases.variance_of(self.description["data"], self.counts)

    def chisq(self, values):
        weighted = (values - self.counts) ** 2 / self.variance
        return weighted[:, self.kept].sum(axis=1)


def warpfit_command(program, problem, start):
    command = [program, "fit", problem.model_path, problem.data_path, "--threads", "1", "--set", "fit.start=" + start]
    if problem.low_loss_path:
        command += ["--set", "data.low_loss=" + problem.low_loss_path]
    return command


def whole_part(problem):
    return ["--inav=" + ",".join("%d:%d" % ends for ends in problem.part)] if problem.part else []


def fit_with_warpfit(program, problem, start, repeats):
    """Parameters a pixel, the result as printed, pixels a second of the fit alone (median)."""
    command = warpfit_command(program, problem, start) + whole_part(problem) + ["--json"]
    speeds = []
    for _ in range(repeats):
        result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        speeds.append(result["pixels_per_second"])
    parameters = {c["name"] + "." + p["name"]: np.array(p["values"], dtype=float)
                  for c in result["components"] for p in c["parameters"]}
    return parameters, result, statistics.median(speeds)


def chisq_from(program, problem, free, values, pixel):
    """warpfit's chi2 of the pixel (counted within the part), started at another program's values of it."""
    command = warpfit_command(program, problem, "model") + ["--json"]
    if problem.part:
        place = np.unravel_index(pixel, [b - a for a, b in problem.part])
        command += ["--pixel", ",".join(str(int(k) + a) for k, (a, _) in zip(place, problem.part))]
    for name in free:
        command += ["--set", "%s.start=%r" % (name, float(values[name][pixel]))]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    (chisq,) = json.loads(run.stdout)["chisq"]
    return np.nan if chisq is None else chisq


def fit_with_hyperspy(hs, problem):
    """The model after the fit, and pixels per CPU second of multifit alone."""
    model = hyperspy_model.hyperspy_model(hs, problem.signal, problem.low_loss, problem.description, problem.kept,
                                          problem.variance)
    bounded = hyperspy_model.is_bounded(problem.description)
    options = dict(optimizer="lm", bounded=bounded, grad="fd", iterpath="serpentine", show_progressbar=False)
    begin = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        model.multifit(**options)
    return model, len(problem.counts) / (time.process_time() - begin)


def hyperspy_parameters(model):
    """Values a pixel by "component.name"; a vector's elements by "component.name_k"."""
    parameters = {}
    for component in model:
        for parameter in component.parameters:
            values = (parameter.map["values"] if parameter.map is not None and model.axes_manager.navigation_size
                      else np.array([parameter.value]))
            if parameter._number_of_elements == 1:
                parameters[component.name + "." + parameter.name] = values.ravel().astype(float)
                continue
            for k, column in enumerate(values.reshape(-1, parameter._number_of_elements).T):
                parameters["%s.%s_%d" % (component.name, parameter.name, k)] = column.astype(float)
    return parameters


def has_edges(description):
    return any(entry["type"] == "EELSCLEdge" for entry in description["component"])


def values_by_hyperspy(model, parameters):
    """HyperSpy's model at parameters a pixel; channels that do not count are NaN. Leaves the model at them."""
    for component in model:
        for parameter in component.parameters:
            name = component.name + "." + parameter.name
            count = parameter._number_of_elements
            if count > 1 and name + "_0" not in parameters:
                continue  # a fine structure that is off
            columns = ([parameters[name]] if count == 1 else [parameters["%s_%d" % (name, k)] for k in range(count)])
            field = parameter.map["values"]
            field[...] = np.stack(columns, axis=-1).reshape(field.shape)
            parameter.map["is_set"][...] = True
    model.fetch_stored_values()
    values = model.as_signal(show_progressbar=False, parallel=False).data
    return values.reshape((-1,) + values.shape[-1:])


def values_of(problem, model, parameters):
    if has_edges(problem.description):
        return values_by_hyperspy(model, parameters)
    return evaluate.model_values(problem.description, problem.axes, problem.width, parameters)


def largest_deviation(said, computed):
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.nanmax(np.abs(np.asarray(said, dtype=float).ravel() / computed - 1)))


def summary(problem, mine, theirs):
    """Both chi2 arrays compared. A pixel that only one program fitted counts against the other."""
    comparable = np.isfinite(mine) & np.isfinite(theirs)
    ratio = np.full(len(mine), np.inf)
    ratio[comparable] = mine[comparable] / theirs[comparable]
    ratio[~np.isfinite(mine) & ~np.isfinite(theirs)] = 1.0
    ratio[np.isfinite(mine) & ~np.isfinite(theirs)] = 0.0
    worst = int(np.argmax(ratio))
    shape = [b - a for a, b in problem.part] or [1]
    corner = [a for a, _ in problem.part] or [0]
    return {"chisq_warpfit": float(mine[comparable].sum()), "chisq_hyperspy": float(theirs[comparable].sum()),
            "chisq_ratio": float(mine[comparable].sum() / theirs[comparable].sum()),
            "not_fitted": int((~np.isfinite(mine)).sum()), "not_fitted_hyperspy": int((~np.isfinite(theirs)).sum()),
            "above": int((ratio > 1 + ABOVE).sum()), "below": int((ratio < 1 - ABOVE).sum()),
            "ratio_max": float(ratio.max()), "ratio_median": float(np.median(ratio)), "ratio_min": float(ratio.min()),
            "worst_pixel": [int(k) + c for k, c in zip(np.unravel_index(worst, shape), corner)]}


def plot(program, problem, folder):
    """FOLDER/NAME.hspy and its images in FOLDER/NAME."""
    result = os.path.join(folder, problem.case.name + ".hspy")
    for command in (warpfit_command(program, problem, "model") + whole_part(problem) + ["-o", result],
                    [program, "plot", result, "--png", result[:-len(".hspy")]]):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def compare(hs, case, a, folder):
    problem = Problem(hs, case, a.data, folder, a.tiny)
    mine, result, speed = fit_with_warpfit(a.warpfit, problem, "model", a.repeats)
    seeded, seeded_result, _ = fit_with_warpfit(a.warpfit, problem, "auto", 1)
    if a.plots:
        plot(a.warpfit, problem, a.plots)
    model, their_speed = fit_with_hyperspy(hs, problem)
    theirs = hyperspy_parameters(model)
    their_own_chisq = model.chisq.data.ravel().copy()
    chisq = {who: problem.chisq(values_of(problem, model, p))
             for who, p in (("warpfit", mine), ("seeded", seeded), ("hyperspy", theirs))}
    num_pixels = len(problem.counts)
    num_channels = int(problem.kept.sum())
    free = [c["name"] + "." + p["name"] for c in result["components"] for p in c["parameters"] if p["free"]]
    num_free = len(free)
    above = np.flatnonzero(~(chisq["warpfit"] <= chisq["hyperspy"] * (1 + ABOVE)) & np.isfinite(chisq["hyperspy"]))
    still_above = [int(k) for k in above
                   if not chisq_from(a.warpfit, problem, free, theirs, k) <= chisq["hyperspy"][k] * (1 + ABOVE)]
    if result["num_channels"] != num_channels:
        raise RuntimeError("%s: warpfit keeps %d channels, %d are meant" % (case.name, result["num_channels"], num_channels))
    report = {"name": case.name, "file": case.file, "pixels": num_pixels, "channels": num_channels, "free": num_free,
              "status": result["status"], "status_seeded": seeded_result["status"],
              "converged": sum(n for s, n in result["status"].items() if s.startswith("converged")) / num_pixels,
              **summary(problem, chisq["warpfit"], chisq["hyperspy"]),
              "still_above_from_hyperspy_values": len(still_above),
              "seeded": summary(problem, chisq["seeded"], chisq["hyperspy"]),
              "red_chisq_median": [float(np.nanmedian(chisq[w])) / (num_channels - num_free) for w in ("warpfit", "hyperspy")],
              "chisq_said_off": {"warpfit": largest_deviation(result["chisq"], chisq["warpfit"]),
                                 "hyperspy": largest_deviation(their_own_chisq, chisq["hyperspy"])},
              "iterations_median": statistics.median(n for n in result["iterations"] if n is not None),
              "key": {name: [float(np.nanmedian(p[name])) for p in (mine, theirs)] for name in case.key},
              "pixels_per_second": [speed, their_speed], "speed_ratio": speed / their_speed}
    if a.json:
        report["status_map"] = result["status_map"]
        report["chisq_maps"] = {who: [float(v) for v in values] for who, values in chisq.items()}
    return report


HEAD = ("| model | pixels | free | converged, singular | chi2 total / HyperSpy's | "
        "pixels above (from HyperSpy's values), below | highest ratio, at pixel | "
        "`auto`: total, above | median chi2_r, both | parameters, medians: warpfit / HyperSpy | fits/s | HyperSpy | times |")


def row(r):
    key = "; ".join("%s %.4g / %.4g" % (name, *pair) for name, pair in r["key"].items())
    singular = 100 * r["status"].get("singular", 0) / r["pixels"]
    return "| %s | %d | %d | %.1f %%, %.1f %% | %.9f | %d (%d), %d | %.9f (%s) | %.9f, %d | %.4g, %.4g | %s | %.3g | %.3g | %.0f |" % (
        r["name"], r["pixels"], r["free"], 100 * r["converged"], singular, r["chisq_ratio"], r["above"],
        r["still_above_from_hyperspy_values"], r["below"], r["ratio_max"],
        ", ".join(map(str, r["worst_pixel"])), r["seeded"]["chisq_ratio"], r["seeded"]["above"], *r["red_chisq_median"],
        key, *r["pixels_per_second"], r["speed_ratio"])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--warpfit", required=True)
    arguments.add_argument("--data", default=os.path.join(HERE, "..", "..", "..", "shared", "data"))
    arguments.add_argument("--json")
    arguments.add_argument("--plots", help="folder for warpfit's results and their images, to be looked at")
    arguments.add_argument("--repeats", type=int, default=5, help="of warpfit")
    arguments.add_argument("--only", default="", help="models whose name holds this")
    arguments.add_argument("--tiny", action="store_true", help="two pixels an axis: only whether it runs")
    a = arguments.parse_args()
    warnings.simplefilter("ignore")
    import hyperspy.api as hs
    logging.getLogger("hyperspy").setLevel(logging.ERROR)
    if a.plots:
        os.makedirs(a.plots, exist_ok=True)

    report = {"machine": machine.describe(), "hyperspy": hs.__version__, "cases": []}
    print("HyperSpy %s multifit(lm, fd; bounded where the model is) in CPU time beside `warpfit fit --threads 1`, median of "
          "%d, fitting alone" % (hs.__version__, a.repeats))
    print(HEAD)
    print("|---" * HEAD.count(" | ") + "|---|")
    with tempfile.TemporaryDirectory() as folder:
        for case in cases.CASES:
            if a.only not in case.name:
                continue
            if not os.path.exists(os.path.join(a.data, case.file + ".hspy")):
                print("| %s | skipped: %s.hspy is not in the data folder |" % (case.name, case.file))
                continue
            r = compare(hs, case, a, folder)
            report["cases"].append(r)
            print(row(r), flush=True)
            if a.json:  # after each: the whole takes minutes
                with open(a.json, "w") as out:
                    json.dump(report, out, indent=1)


if __name__ == "__main__":
    main()
