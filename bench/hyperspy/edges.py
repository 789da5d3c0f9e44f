"""How many times more pixels per CPU second than HyperSpy's fit does `warpfit fit` make of core-loss spectra with
EELSCLEdge, each convolved with a low loss of its own?

    python3 edges.py --warpfit PATH [--json FILE] [--repeats N] [--pixels N] [--tiny]
"""
import os

for threads in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[threads + "_NUM_THREADS"] = "1"

import argparse
import json
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import machine
from compare import quiet_hyperspy, run_warpfit

CHANNELS, LOW_LOSS_CHANNELS, STEP = 2048, 1024, 0.25  # [eV]
EDGES = (("N_K", 400.1), ("O_K", 532.1), ("Mn_L3", 640.1))
OFF = 0.6  # where free onsets start [eV]


class Case:
    """columns: that are convolved. pixels: of HyperSpy's, which takes up to seconds for each."""

    def __init__(self, name, columns, goal, pixels, splines=False, free=False, low_loss=True):
        self.name, self.columns, self.goal, self.pixels = name, columns, goal, pixels
        self.splines, self.free, self.low_loss = splines, free, low_loss


CASES = (Case("fixed onsets", 3, 100.0, 8),
         Case("fixed onsets, splines for the first 50 eV", 75, 50.0, 2, splines=True),
         Case("free onsets", 6, 1000.0, 2, free=True),
         Case("free onsets, no low loss", 0, 1000.0, 2, free=True, low_loss=False))


def spectra(hs, np, num_pixels, with_low_loss):
    """Counts of a power law and the edges with sharp onsets, and their low loss or None."""
    core = hs.signals.EELSSpectrum(np.ones((num_pixels, CHANNELS)))
    low = hs.signals.EELSSpectrum(np.ones((num_pixels, LOW_LOSS_CHANNELS)))
    for signal, offset in ((core, 350.1), (low, -25.0)):
        axis = signal.axes_manager[-1]
        axis.offset, axis.scale, axis.units = offset, STEP, "eV"
        signal.set_microscope_parameters(beam_energy=200, convergence_angle=10, collection_angle=20)
    x = low.axes_manager[-1].axis
    for pixel in range(num_pixels):
        t = 0.3 + 0.5 * pixel / num_pixels
        y = np.exp(-0.5 * x * x) + 0.05 * t * np.exp(-0.5 * ((x - 23) / 4) ** 2)
        y += 0.02 * t * t * np.exp(-0.5 * ((x - 46) / 6) ** 2)
        low.data[pixel] = y / y.sum()
    low = low if with_low_loss else None
    m = model_of(hs, core, low, Case("", 0, 0.0, 0), (2.2e12, 40.0))
    mean = np.concatenate([m.inav[i].as_signal(show_progressbar=False).data.reshape(1, -1) for i in range(num_pixels)])
    core.data = np.random.default_rng(1).poisson(mean).astype("float32")
    variance = core.deepcopy()
    variance.data = np.maximum(core.data, 1)
    core.set_noise_variance(variance)
    return core, low


def model_of(hs, core, low, case, values):
    m = core.create_model(ll=low, auto_background=False, auto_add_edges=False)
    background = hs.model.components1D.PowerLaw()
    m.append(background)
    for name, onset in EDGES:
        edge = hs.model.components1D.EELSCLEdge(name, GOS="hydrogenic")
        m.append(edge)
        edge.fine_structure_active = case.splines
        if case.splines:
            edge.fine_structure_width, edge.fine_structure_smoothing = 50.0, 0.1
        edge.onset_energy.value = onset + (OFF if case.free else 0.0)
        edge.onset_energy.free = case.free
        edge.intensity.value = values[1]
    background.A.value, background.r.value = values[0], 3.0  # to append an edge sets them anew
    m.assign_current_values_to_all()
    return m


def model_file(case, low_file):
    text = "schema = 1\n\n[data]\n" + ('low_loss = "%s"\n' % low_file if case.low_loss else "")
    text += '\n[fit]\nstart = "model"\n\n[[component]]\ntype = "PowerLaw"\nA = 2e12\nr = 3.0\n'
    for name, onset in EDGES:
        text += '\n[[component]]\ntype = "EELSCLEdge"\nelement_subshell = "%s"\nintensity = 30.0\n' % name
        text += "onset_energy = {start = %r, free = %s}\n" % (onset + (OFF if case.free else 0.0), str(case.free).lower())
        if case.splines:
            text += "fine_structure_active = true\nfine_structure_width = 50.0\nfine_structure_smoothing = 0.1\n"
    return text


def measure(hs, np, case, pixels, program, repeats, folder):
    core, low = spectra(hs, np, pixels, case.low_loss)
    names = [os.path.join(folder, n) for n in ("model.toml", "core.hspy", "low.hspy", "few.hspy")]
    model, core_file, low_file, few_file = names
    with open(model, "w") as out:
        out.write(model_file(case, low_file))
    core.save(core_file, overwrite=True)
    if low is not None:
        low.save(low_file, overwrite=True)
    few = core.inav[:case.pixels]
    theirs, ours = [], []
    for _ in range(repeats):
        m = model_of(hs, few, low.inav[:case.pixels] if low is not None else None, case, (2e12, 30.0))
        seconds = 0.0
        for pixel in range(case.pixels):  # each from the start values: from its neighbour's it ends at maxfev
            m.axes_manager.indices = (pixel,)
            m.fetch_stored_values()
            begin = time.process_time()
            m.fit(optimizer="lm")
            seconds += time.process_time() - begin
        theirs.append(case.pixels / seconds)
        ours.append(pixels / run_warpfit(program, model, core_file, "float64")[0])
    result = json.loads(run_warpfit(program, model, core_file, "float64", "--json")[1])
    chisq = np.array(result["chisq"][:case.pixels], dtype=float) / m.chisq.data.ravel()
    ratio = statistics.median(a / b for a, b in zip(ours, theirs))
    return {"case": case.name, "convolved_columns": case.columns, "hyperspy_pixels": case.pixels,
            "warpfit_pixels": pixels, "hyperspy_pixels_per_cpu_second": theirs, "pixels_per_cpu_second": ours,
            "ratio": ratio, "goal": case.goal, "met": bool(ratio >= case.goal), "status": result["status"],
            "chisq_over_hyperspy_min": float(chisq.min()), "chisq_over_hyperspy_max": float(chisq.max())}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--warpfit", required=True)
    arguments.add_argument("--json")
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--pixels", type=int, default=256, help="of warpfit's map")
    arguments.add_argument("--tiny", action="store_true", help="few pixels: only whether it runs")
    a = arguments.parse_args()
    hs, np = quiet_hyperspy()

    report = {"machine": machine.describe(), "hyperspy": hs.__version__, "cases": []}
    print("Power law + N K, O K, Mn L3 on %d channels, low loss of %d: HyperSpy %s fit(lm) of each pixel beside `warpfit fit "
          "--threads 1` (CPU time of the whole process, reading included)" % (CHANNELS, LOW_LOSS_CHANNELS, hs.__version__))
    print("| model | convolved columns | HyperSpy, pixels/s | warpfit, pixels/s | times | goal | chi2 over HyperSpy's |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            r = measure(hs, np, case, 2 * case.pixels if a.tiny else a.pixels, a.warpfit, a.repeats, folder)
            report["cases"].append(r)
            print("| %s | %d | %.3g | %.4g | %.0f | %.0f: %s | %.6f .. %.6f |" % (
                case.name, case.columns, statistics.median(r["hyperspy_pixels_per_cpu_second"]),
                statistics.median(r["pixels_per_cpu_second"]), r["ratio"], case.goal, "met" if r["met"] else "missed",
                r["chisq_over_hyperspy_min"], r["chisq_over_hyperspy_max"]), flush=True)
    if a.json:
        with open(a.json, "w") as out:
            json.dump(report, out, indent=1)


if __name__ == "__main__":
    main()
