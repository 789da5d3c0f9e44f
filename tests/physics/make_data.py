#!/usr/bin/env python3
"""Writes tests/physics/data: what HyperSpy, SciPy and mpmath have for the same physics.

    /usr/bin/python3 tests/physics/make_data.py [FIXTURES]

With FIXTURES, a folder of HyperSpy 1.7.3's component tables (JSON), and that HyperSpy installed, its edges and effective
angles are written too.
A table is text: "case NAME" begins one, every other line is a key and its numbers.
"""
import json
import math
import pathlib
import sys

import h5py
import mpmath
import numpy
from scipy import constants, integrate, interpolate

HERE = pathlib.Path(__file__).parent / "data"
RYDBERG = constants.value("Rydberg constant times hc in eV")
BOHR = constants.value("Bohr radius")


def write(name, cases):
    lines = []
    for title, figures in cases:
        lines.append(f"case {title}")
        for key, values in figures.items():
            lines.append(key + " " + " ".join(repr(float(v)) for v in numpy.atleast_1d(values)))
    (HERE / name).write_text("\n".join(lines) + "\n")


def hyperspy_edges(folder):
    cases = []
    for case in json.loads((folder / "EELSCLEdge_hydrogenic.json").read_text())["cases"]:
        parameters, attributes = case["parameters"], case["attributes"]
        figures = {
            "beam_energy": attributes["E0"],
            "convergence_angle": attributes["convergence_angle"],
            "collection_angle": attributes["collection_angle"],
            "table_onset": case["onset_energy_table"],
            "effective_angle": case["effective_angle"],
            "onset_energy": parameters["onset_energy"],
            "intensity": parameters["intensity"],
            "energies": case["gos_energy_axis"],
            "cross_sections": case["gos_qint"],
        }
        if attributes["fine_structure_active"]:
            figures["fine_structure"] = [attributes["fine_structure_width"], attributes["fine_structure_smoothing"],
                                         attributes["energy_scale"]]
            figures["coefficients"] = parameters["fine_structure_coeff"]
        for key, column in (("x", case["x"]), ("function", case["function"]),
                            ("gradient", case["gradients"]["intensity"])):
            figures[key] = column[::2]  # every other point is enough
        cases.append((case["element_subshell"], figures))
    write("hyperspy_edges.txt", cases)


def hyperspy_angles(folder):
    rows = json.loads((folder / "effective_angle.json").read_text())["rows"]
    keys = ("E0_keV", "edge_eV", "alpha_mrad", "beta_mrad", "effective_angle_mrad")
    write("hyperspy_angles.txt", [("effective_angle", {"row": [row[k] for k in keys]}) for row in rows])


def angles():
    """The effective angle in 60 digits, where double precision cancels: a probe that hardly converges, a small cone."""
    rows = []
    for beam, onset, alpha, beta in ((200, 284, 1e-6, 10), (200, 284, 0.01, 60), (300, 7113, 1e-3, 1), (80, 55, 30, 0.01),
                                     (100, 532, 10, 10), (100, 532, 10, 10.0000001),
                                     (84.098137965878479, 94.902412713338663, 0.82368379318218277,
                                      50.353397927592177)):  # a row of HyperSpy's
        with mpmath.workdps(60):
            e, e0, a, b = (mpmath.mpf(v) for v in (onset, beam, alpha, beta))
            theta = e / (e0 * (1 + e0 / 1022) / (1 + e0 / 511))
            a2, b2, t2 = (v * v / 10**6 for v in (a, b, theta))
            eta1 = mpmath.sqrt((a2 + b2 + t2) ** 2 - 4 * a2 * b2) - a2 - b2 - t2
            eta2 = 2 * b2 * mpmath.log((mpmath.sqrt((a2 + t2 - b2) ** 2 + 4 * b2 * t2) + a2 + t2 - b2) / (2 * t2))
            eta3 = 2 * a2 * mpmath.log((mpmath.sqrt((b2 + t2 - a2) ** 2 + 4 * a2 * t2) + b2 + t2 - a2) / (2 * t2))
            f1 = (eta1 + eta2 + eta3) / (2 * a2 * mpmath.log(1 + b2 / t2))
            f2 = f1 * a2 / b2 if a > b else f1
            angle = theta * mpmath.sqrt(mpmath.exp(f2 * mpmath.log(1 + b2 / t2)) - 1)
        rows.append(("precise", {"row": [beam, onset, alpha, beta, angle]}))
    write("angles.txt", rows)


def transfers(energy, beam, angle):
    """Qmin, Qmax: range of (a0 q)^2."""
    gamma = 1 + beam / mpmath.mpf("511.06")
    t = 511060 * (1 - 1 / gamma**2) / 2
    low = energy**2 / (4 * RYDBERG * t) + energy**3 / (8 * gamma**3 * RYDBERG * t**2)
    p2 = t / (RYDBERG * (1 - 2 * t / 511060))
    p2_after = p2 - energy / RYDBERG * (gamma - energy / 1022120)
    return low, low + 4 * mpmath.sqrt(p2 * p2_after) * mpmath.sin(mpmath.mpf(angle) / 2000) ** 2, t


def l_shell(number, exponent, energy, above, difference):
    """Egerton's oscillator strength of the L shell per eV, as a function of (a0 q)^2."""
    r = mpmath.mpf("13.606")
    charge = number - mpmath.mpf("4.15")
    k2 = energy / (r * charge**2) - mpmath.mpf(1) / 4
    k = max(mpmath.sqrt(abs(k2)), mpmath.mpf("0.01"))

    def gos(q2):
        q = q2 / charge**2
        centre = q - k2 + mpmath.mpf(1) / 4
        if k2 >= 0:
            d = 1 - mpmath.exp(-2 * mpmath.pi / k)
            b = mpmath.atan(k / centre)
            c = mpmath.exp(-2 * (b + mpmath.pi if b < 0 else b) / k)
        else:
            d, c = 1, mpmath.exp(-mpmath.log((centre + k) / (centre - k)) / k)
        a = centre**2 + k2
        if above <= difference:
            a = a**5
            g = (2.25 * q**4 - (0.75 + 3 * k2) * q**3 + (0.59375 - 0.75 * k2 - 0.5 * k2**2) * q**2
                 + (mpmath.mpf("0.11146") + mpmath.mpf("0.85417") * k2 + mpmath.mpf("1.8833") * k2**2 + k2**3) * q
                 + mpmath.mpf("0.0035807") + k2 / mpmath.mpf("21.333") + k2**2 / mpmath.mpf("4.5714")
                 + k2**3 / mpmath.mpf("2.4") + k2**4 / 4)
        else:
            a = a**4
            g = (q**3 - (5 * k2 / 3 + mpmath.mpf(11) / 12) * q**2 + (k2**2 / 3 + 1.5 * k2 + mpmath.mpf(65) / 48) * q
                 + k2**3 / 3 + 0.75 * k2**2 + 23 * k2 / 48 + mpmath.mpf(5) / 64)
        factor = ((above + mpmath.mpf("0.1")) / (mpmath.mpf("1.8") * number**2)) ** exponent
        return factor * 32 * g * c / (a * d) * energy / (r**2 * charge**4)

    return gos


def shifted_edges():
    """L edges whose onset was moved: the table of energies moves as a whole, L1 with L3."""
    cases = []
    for name, number, exponent, onset, difference, beam, angle in (
            ("Fe_L3", 26, "0.18", 700.25, 138.0, 200, 25), ("Al_L2,3", 13, "0.52", 76.5, 45.0, 60, 8),
            ("Mo_L3", 42, "0.1", 2531.0, 346.0, 300, 60)):
        figures = {"beam_energy": beam, "effective_angle": angle, "onset_energy": onset, "above": [], "cross_sections": []}
        grid = [50 * (mpmath.exp(mpmath.mpf(3) * i / 50) - 1) for i in range(50)]
        energies = [g for g in grid if g < difference] + [g + difference for g in grid]
        with mpmath.workdps(30):
            for above in energies[::5] + energies[-1:]:
                energy = onset + above
                low, high, t = transfers(energy, beam, angle)
                gos = l_shell(number, mpmath.mpf(exponent), energy, above, difference)
                ends = mpmath.linspace(mpmath.log(low), mpmath.log(high), 9)
                integral = mpmath.quad(lambda s: gos(mpmath.exp(s)), ends)
                figures["above"].append(above)
                figures["cross_sections"].append(mpmath.mpf("3.5166e8") * RYDBERG**2 / (t * energy) * integral)
        cases.append((name, figures))
    write("shifted_edges.txt", cases)


def splines():
    generator = numpy.random.default_rng(7)
    cases = []
    for n in (4, 5, 6, 30):
        x = numpy.cumsum(generator.uniform(0.1, 3.0, n))
        y = generator.normal(size=n)
        at = numpy.linspace(x[0], x[-1], 41)
        cases.append((f"cubic{n}", {"x": x, "y": y, "at": at, "values": interpolate.make_interp_spline(x, y, 3)(at)}))
    write("cubic_splines.txt", cases)


def fine_structures():
    cases = []
    for onset, width, spline_onset, smoothing, scale in ((532.0, 30.0, 0.0, 0.3, 0.5), (708.0, 50.0, 10.0, 0.25, 1.0),
                                                         (284.0, 25.0, 0.0, 0.0, 0.1), (99.2, 12.5, 2.5, 0.65, 1.0),
                                                         (401.0, 10.0, 0.0, 0.45, 1.0), (401.0, 10.0, 0.0, 0.55, 1.0)):
        count = round(smoothing * (width - spline_onset) / scale) + 4
        knots = numpy.r_[[onset] * 4, numpy.linspace(onset, onset + width, count)[2:-2], [onset + width] * 4]
        x = numpy.r_[onset + spline_onset, numpy.linspace(onset + spline_onset, onset + width, 17, endpoint=False)[1:]]
        matrix = interpolate.BSpline.design_matrix(x, knots, 3).toarray()
        cases.append(("splines", {"onset": onset, "width": width, "spline_onset": spline_onset, "smoothing": smoothing,
                                  "energy_scale": scale, "count": count, "knots": knots, "x": x,
                                  "basis": matrix.ravel()}))
    write("fine_structures.txt", cases)


def simpson(y, t):
    """SciPy's rule; for an even number of points Cartwright's correction of the last interval, SciPy's since 1.11."""
    if len(t) % 2 == 1:
        return integrate.simpson(y, x=t)
    if len(t) == 2:
        return 0.5 * (t[1] - t[0]) * (y[0] + y[1])
    h0, h1 = t[-2] - t[-3], t[-1] - t[-2]
    alpha = (2 * h1**2 + 3 * h0 * h1) / (6 * (h1 + h0))
    beta = (h1**2 + 3 * h0 * h1) / (6 * h0)
    eta = h1**3 / (6 * h0 * (h0 + h1))
    return integrate.simpson(y[:-1], x=t[:-1]) + alpha * y[-1] + beta * y[-2] - eta * y[-3]


def tabulated(energies, q, gos, factor, onset, beam, angle):
    """Cross-sections [barn/eV/atom] of a GOS table [energies, q]."""
    values = []
    for above, row in zip(energies, gos):
        energy = above + onset
        low, high, t = (float(v) for v in transfers(energy, beam, angle))
        ends = numpy.sqrt([low, high]) / BOHR
        end = min(ends[1], q[-1])
        nodes = numpy.r_[ends[0], q[(q > ends[0]) & (q < end)], end]
        line = interpolate.InterpolatedUnivariateSpline(q, row, k=1)
        integral = simpson(line(nodes), numpy.log((BOHR * nodes) ** 2))
        if ends[1] > q[-1]:  # the power law through the last two points
            exponent = math.log(row[-1] / row[-2]) / math.log(q[-1] / q[-2])
            tail = integrate.quad(lambda s: row[-1] * math.exp(exponent * s), 0, math.log(ends[1] / q[-1]), epsrel=1e-12)
            integral += 2 * tail[0]
        values.append(4e28 * math.pi * BOHR**2 * RYDBERG**2 / (energy * t) * factor * integral)
    return numpy.array(values)


def gos_of(energies, q, onset):
    """Smooth, of the right size and shape: falls as E^-3.2 and, above a momentum transfer that grows, as q^-6."""
    edge = (1 + energies / onset)[:, None]
    return 2e-3 * edge**-3.2 / (1 + (q[None, :] * BOHR / (2.5 * numpy.sqrt(edge))) ** 2) ** 3


def edge_case(energies, q, gos, factor, onset, beam, angle):
    values = tabulated(energies, q, gos, factor, onset, beam, angle)
    axis = energies + onset
    x = numpy.r_[onset - 5, onset, numpy.linspace(onset, axis[-1] * 1.2, 37)[1:]]
    spline = interpolate.make_interp_spline(axis, values, 3)
    r = math.log(values[-1] / values[-2]) / math.log(axis[-2] / axis[-1])
    tail = values[-2] * axis[-2] ** r * x**-r
    f = numpy.where(x < onset, 0, numpy.where(x >= axis[-1], tail, spline(numpy.clip(x, onset, axis[-1]))))
    return {"beam_energy": beam, "effective_angle": angle, "onset_energy": onset, "cross_sections": values, "x": x,
            "function": f}


def hartree_slater_axes():
    q = 0.05 * (numpy.exp(numpy.arange(20) * 0.22) - 1) * 1e10
    return q, 40.0 * (numpy.exp(numpy.arange(11) * 12.0 / 40.0) - 1)


def tables():
    """Three edges of one GOS, in a .gosh file and in a Hartree-Slater table, and what they amount to."""
    energies = 8 * (numpy.exp(0.33 * numpy.arange(14)) - 1)
    q = numpy.geomspace(2e8, 4e11, 23)
    gos = gos_of(energies, q, 708.0)
    with h5py.File(HERE / "small.gosh", "w") as file:
        for subshell, table, ratio in (("K", "K", 1.0), ("L2", "L3", 0.5), ("L3", "L3", 1.0)):
            info = file.create_group(f"metadata/edges_info/{subshell}")
            info.attrs["table"] = table
            info.attrs["occupancy_ratio"] = ratio
        file.create_group("metadata/data_ref").attrs["data_doi"] = "none"
        group = file.create_group("Fe/L3")
        group["data"] = gos.T[None, :, :]
        group["q"] = q
        group["free_energies"] = energies + 0.01
        file["Al/L3"] = group
        file.create_group("O/K")
        file.create_group("Ti/L3")["data"] = gos
        file["Ti/L3/q"] = q
        file["Ti/L3/free_energies"] = energies
    cases = [("Fe_L3", edge_case(energies, q, gos, 1.0, 708.0, 200, 38.5)),
             ("Fe_L2", edge_case(energies, q, gos, 0.5, 725.5, 80, 12.0)),
             ("Al_L2,3", edge_case(energies, q, gos, 1.5, 73.0, 300, 20.0)),  # L2 and L3
             ("Fe_L3", edge_case(energies, q, gos, 1.0, 708.0, 300, 150.0))]  # beyond the last momentum transfer
    write("gosh_edges.txt", cases)

    q, energies = hartree_slater_axes()
    gos = gos_of(energies, q, 708.0)
    lines = ["Iron L3", "0.05\t0.22", "Q", f"{len(q)}", "40.0 12.0", f"{len(energies)}"]
    lines += ["\t".join(repr(float(v)) for v in row) for row in gos * RYDBERG]
    (HERE / "Fe.L3").write_text("\r".join(lines) + "\r")
    write("hartree_slater_edges.txt", [("Fe_L3", edge_case(energies, q, gos, 1.0, 708.0, 200, 38.5)),
                                       ("Fe_L2", edge_case(energies, q, gos, 0.5, 721.0, 100, 20.0))])


def hyperspy_tables():
    """The Hartree-Slater table as HyperSpy itself integrates it, where its number of points is odd: for even ones it
    depends on SciPy's version."""
    import hyperspy.api as hyperspy
    from hyperspy.components1d import EELSCLEdge

    hyperspy.preferences.EELS.eels_gos_files_path = str(HERE)
    q, energies = hartree_slater_axes()
    cases = []
    for name, onset, beam, angle in (("Fe_L3", 708.0, 300, 9.0), ("Fe_L2", 721.0, 200, 8.0), ("Fe_L3", 715.0, 100, 5.0),
                                     ("Fe_L3", 702.0, 200, 11.0)):
        edge = EELSCLEdge(name, GOS="Hartree-Slater")
        edge.set_microscope_parameters(E0=beam, alpha=0, beta=angle, energy_scale=0.5)
        edge.onset_energy.value = onset
        indices, values = [], []
        for i, (above, value) in enumerate(zip(energies, edge.GOS.qint)):
            low, high = (math.sqrt(v) / BOHR for v in transfers(float(above + onset), beam, angle)[:2])
            if high < q[-1] and ((q > low) & (q < high)).sum() % 2 == 1:
                indices.append(i)
                values.append(value)
        cases.append((name, {"beam_energy": beam, "effective_angle": angle, "onset_energy": onset, "indices": indices,
                             "cross_sections": values}))
    write("hyperspy_tables.txt", cases)


def main():
    HERE.mkdir(exist_ok=True)
    if len(sys.argv) > 1:
        hyperspy_edges(pathlib.Path(sys.argv[1]))
        hyperspy_angles(pathlib.Path(sys.argv[1]))
    angles()
    shifted_edges()
    splines()
    fine_structures()
    tables()
    if len(sys.argv) > 1:
        hyperspy_tables()


main()
