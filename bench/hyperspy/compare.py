"""How many times more pixels per CPU second does `warpfit fit` make than HyperSpy's multifit, bounded and weighted?

    python3 compare.py --warpfit PATH [--json FILE] [--repeats N] [--tiny]
"""
import os

for threads in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[threads + "_NUM_THREADS"] = "1"

import argparse
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import machine
import workloads

GOALS = {"power law + 3 Gaussians": {"mixed": 1000.0, "float64": 600.0}}


def signal_of(hs, w):
    s = hs.signals.Signal1D(w.data)
    variance = hs.signals.Signal1D(w.variance)
    for each in (s, variance):
        axis = each.axes_manager.signal_axes[0]
        axis.offset, axis.scale = w.offset, w.scale
    s.set_noise_variance(variance)
    return s


def hyperspy_model(hs, w):
    s = signal_of(hs, w)
    m = s.create_model()
    m.append(hs.model.components1D.PowerLaw())
    for _ in w.peaks:
        m.append(hs.model.components1D.Gaussian())
    for component, values in zip(m, [w.background] + w.peaks):
        for name, (start, bmin, bmax) in values.items():
            parameter = getattr(component, name)
            parameter.bmin, parameter.bmax = bmin, bmax
            parameter.value = start
    return m


def model_file(w):
    def table(values):
        return "".join("%s = {start = %r, min = %s, max = %s}\n"
                       % (n, v, '"-inf"' if a is None else float(a), '"inf"' if b is None else float(b))
                       for n, (v, a, b) in values.items())

    text = 'schema = 1\n\n[[component]]\ntype = "PowerLaw"\n' + table(w.background)
    for k, peak in enumerate(w.peaks):
        text += '\n[[component]]\ntype = "Gaussian"\nname = "peak%d"\n' % k + table(peak)
    return text


def run_warpfit(program, model, data, precision, *more):
    """CPU seconds of the whole process, and what it printed."""
    with tempfile.TemporaryFile("w+") as out:
        child = subprocess.Popen([program, "fit", model, data, "--threads", "1", "--set",
                                  "fit.precision=" + precision, *more], stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise RuntimeError("warpfit ended with %d" % child.returncode)
        out.seek(0)
        return usage.ru_utime + usage.ru_stime, out.read()


def measure(hs, np, make, small, large, program, repeats, folder):
    few, many = make(small), make(large)
    model, few_file, many_file = (os.path.join(folder, n) for n in ("model.toml", "few.hspy", "many.hspy"))
    with open(model, "w") as out:
        out.write(model_file(few))
    signal_of(hs, few).save(few_file, overwrite=True)
    signal_of(hs, many).save(many_file, overwrite=True)
    num_few, num_many = np.prod(small), np.prod(large)

    theirs, ours = [], {"float64": [], "mixed": []}
    for _ in range(repeats):
        m = hyperspy_model(hs, few)
        begin = time.process_time()
        m.multifit(optimizer="lm", bounded=True, grad="fd", iterpath="serpentine", show_progressbar=False)
        theirs.append(num_few / (time.process_time() - begin))
        for precision in ours:
            seconds, _ = run_warpfit(program, model, many_file, precision)
            ours[precision].append(num_many / seconds)
    report = {"workload": few.name, "free_parameters": few.num_free, "channels": int(few.data.shape[-1]),
              "hyperspy_pixels": int(num_few), "warpfit_pixels": int(num_many), "hyperspy_pixels_per_cpu_second": theirs}
    chisq = m.chisq.data
    for precision in ours:
        result = json.loads(run_warpfit(program, model, few_file, precision, "--json")[1])
        mine = np.array(result["chisq"], dtype=float).reshape(chisq.shape)
        ratio = statistics.median(a / b for a, b in zip(ours[precision], theirs))
        report[precision] = {"pixels_per_cpu_second": ours[precision], "ratio": ratio, "status": result["status"],
                             "chisq_over_hyperspy_min": float((mine / chisq).min()),
                             "chisq_over_hyperspy_max": float((mine / chisq).max())}
        goal = GOALS.get(few.name, {}).get(precision)
        if goal:
            report[precision].update(goal=goal, met=bool(ratio >= goal))
    return report


def quiet_hyperspy():
    """HyperSpy and numpy, on one core and without their warnings."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    warnings.simplefilter("ignore")
    import hyperspy.api as hs
    import numpy as np
    logging.getLogger("hyperspy").setLevel(logging.ERROR)
    return hs, np


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--warpfit", required=True)
    arguments.add_argument("--json")
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--tiny", action="store_true", help="few pixels: only whether it runs")
    a = arguments.parse_args()
    hs, np = quiet_hyperspy()

    report = {"machine": machine.describe(), "hyperspy": hs.__version__, "workloads": []}
    print("HyperSpy %s multifit(lm, bounded, fd) beside `warpfit fit --threads 1` (CPU time of the whole process, reading included)"
          % hs.__version__)
    print("| workload | free | program | pixels / CPU s | times HyperSpy | goal | chi2 over HyperSpy's, min .. max |")
    print("|---|---|---|---|---|---|---|")
    small, large = ((2, 2), (8, 8)) if a.tiny else ((6, 6), (96, 96))
    with tempfile.TemporaryDirectory() as folder:
        for make in (workloads.core_loss, workloads.three_peaks):
            r = measure(hs, np, make, small, large, a.warpfit, a.repeats, folder)
            report["workloads"].append(r)
            head = "| %s | %d | " % (r["workload"], r["free_parameters"])
            print(head + "HyperSpy | %.3g | 1 | | |" % statistics.median(r["hyperspy_pixels_per_cpu_second"]))
            for precision in ("float64", "mixed"):
                p = r[precision]
                goal = "%.0f: %s" % (p["goal"], "met" if p["met"] else "missed") if "goal" in p else ""
                print(head + "warpfit %s | %.4g | %.0f | %s | %.9f .. %.9f |" % (
                    precision, statistics.median(p["pixels_per_cpu_second"]), p["ratio"], goal,
                    p["chisq_over_hyperspy_min"], p["chisq_over_hyperspy_max"]), flush=True)
    if a.json:
        with open(a.json, "w") as out:
            json.dump(report, out, indent=1)


if __name__ == "__main__":
    main()
