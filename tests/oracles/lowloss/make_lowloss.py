"""Writes lowloss.txt: fits of models convolved with a low loss, by SciPy and numpy.convolve.

    /usr/bin/python3 make_lowloss.py            # lowloss.txt; numpy, scipy
    /usr/bin/python3 make_lowloss.py --hyperspy # hyperspy.txt from lowloss.txt's first case; HyperSpy 1.7.3

Gradients are complex steps: exact to rounding. Standard errors are sqrt(diag((J' W J)^-1)), not scaled.
"""
import sys
import numpy as np
from scipy.optimize import least_squares

rng = np.random.default_rng(20261122)
LN16 = 4 * np.log(2)


def gaussian_hf(x, height, fwhm, centre):
    return height * np.exp(-LN16 * (x - centre) ** 2 / fwhm**2)


def lorentzian(x, A, gamma, centre):
    return A / np.pi * gamma / ((x - centre) ** 2 + gamma**2)


def power_law(x, A, r):
    return A * x ** (-r)


def step(x, h, onset, width):
    return h * (0.5 + np.arctan((x - onset) / width) / np.pi)


class Axis:
    def __init__(self, offset, scale, size):
        self.offset, self.scale, self.size = offset, scale, size

    def values(self):
        return self.offset + np.arange(self.size) * self.scale


def extended(core, ll):
    k = ll.size - int(round(-ll.offset / ll.scale)) - 1
    return core.offset + (np.arange(core.size + ll.size - 1) - k) * core.scale


def convolve(low_loss, f):
    return np.convolve(low_loss, f, "valid")


def low_losses(axis, count, total):
    """Zero loss, two plasmons, noise; sums to about `total`."""
    x = axis.values()
    t = np.linspace(0.3, 0.8, count)[:, None]
    y = np.exp(-(x**2) / 2 / 0.8**2) + 0.25 * t * np.exp(-((x - 11) ** 2) / 2 / 3**2) + 0.1 * t**2 * np.exp(-((x - 22) ** 2) / 2 / 4**2)
    y = y / y.sum(axis=1, keepdims=True) * total
    return np.round(y * (1 + 0.01 * rng.standard_normal(y.shape)), 6)


def fit(model, truth, data, variance, used):
    """model(p) on all channels. Returns values, standard errors, chi2."""
    w = 1 / np.sqrt(variance[used])

    def jacobian(p):
        columns = []
        for i in range(len(p)):
            q = np.array(p, complex)
            h = 1e-30 * max(abs(p[i]), 1)
            q[i] += 1j * h
            columns.append(model(q)[used].imag / h * w)
        return -np.array(columns).T

    residual = lambda p: (data[used] - model(p)[used]) * w
    p = least_squares(residual, truth, jac=jacobian, method="lm", x_scale="jac", xtol=1e-15, ftol=1e-15, gtol=1e-15).x
    for _ in range(5):  # Gauss-Newton to the end
        J = jacobian(p)
        p = p - np.linalg.lstsq(J / np.linalg.norm(J, axis=0), residual(p), rcond=None)[0] / np.linalg.norm(J, axis=0)
    J = jacobian(p)
    n = np.linalg.norm(J, axis=0)
    errors = np.sqrt(np.diag(np.linalg.inv((J / n).T @ (J / n)))) / n
    return p, errors, float(np.sum(residual(p) ** 2))


def put(out, name, values):
    out.append(name + " " + str(np.size(values)) + " " + " ".join("%.17g" % v for v in np.ravel(values)))


def case(name, core, ll_axis, lls, models, truths, used=None, noise=0.005):
    """models[i](p, low_loss) of pixel i; data get noise and a variance."""
    used = np.ones(core.size, bool) if used is None else used
    out = ["case " + name]
    put(out, "core", [core.offset, core.scale, core.size])
    put(out, "low_loss_axis", [ll_axis.offset, ll_axis.scale, ll_axis.size])
    put(out, "low_loss", lls)
    data, variances, values, errors, chisq = [], [], [], [], []
    for i, model in enumerate(models):
        ll = lls[i if len(lls) > 1 else 0]
        clean = model(np.array(truths[i]), ll)
        variance = np.round((noise * (np.abs(clean) + 0.02 * np.abs(clean).max())) ** 2, 9)
        y = np.round(clean + np.sqrt(variance) * rng.standard_normal(core.size), 5)
        p, e, c = fit(lambda q: model(q, ll), truths[i], y, variance, used)
        data.append(y), variances.append(variance), values.append(p), errors.append(e), chisq.append(c)
    put(out, "data", data)
    put(out, "variance", variances)
    put(out, "start", truths[0])
    put(out, "values", values)
    put(out, "errors", errors)
    put(out, "chisq", chisq)
    return out


def main():
    lines = []
    core = Axis(400.0, 0.5, 150)
    ll = Axis(-6.0, 0.5, 80)
    xc, xe = core.values(), extended(core, ll)

    # A power law beside two convolved peaks, a low loss a pixel.
    def peaks(p, low):
        return power_law(xc, p[0], p[1]) + convolve(low, gaussian_hf(xe, *p[2:5]) + lorentzian(xe, *p[5:8]))

    truths = [[3e10, 3.0, 60, 5, 425, 400, 3, 450], [4e10, 3.05, 80, 6, 427, 300, 4, 448], [2e10, 2.95, 50, 4, 424, 500, 2.5, 452]]
    lines += case("peaks", core, ll, low_losses(ll, 3, 1.0), [peaks] * 3, truths)

    # One low loss for all, of raw counts; channels left out; a binned axis; everything convolved, with a free onset.
    used = ((xc >= 404) & (xc <= 430)) | ((xc >= 436) & (xc <= 470))

    def binned(p, low):
        return 0.5 * convolve(low, power_law(xe, p[0], p[1]) + step(xe, p[2], p[3], 1.5) + p[4])

    lines += case("binned", core, ll, low_losses(ll, 1, 5e4), [binned] * 2,
                  [[3e8, 3.0, 2.0, 440.0, 0.7], [2e8, 2.9, 3.0, 441.0, 0.9]], used)

    # Constant columns, one of them compact; twins: of a linear one (affine) into another convolved component, of a
    # centre (bent) into one that is not convolved.
    def twins(p, low):
        a, b, height, centre, offset = p
        inside = convolve(low, step(xe, a, 420.0, 2.0) + step(xe, 0.5 * a + 3.0, 450.0, 1.0) +
                          gaussian_hf(xe, b, 3.0, 432.0) + gaussian_hf(xe, height, 4.0, centre))
        return inside + gaussian_hf(xc, 8.0, 5.0, centre**2 / 440.0 + 30.0) + offset * (xc - 400.0)

    lines += case("twins", core, ll, low_losses(ll, 2, 2.0), [twins] * 2,
                  [[20.0, 15.0, 12.0, 438.0, 0.3], [25.0, 12.0, 14.0, 436.0, 0.2]])

    # A component off in the second pixel; a parameter with its own value in every pixel.
    def active(centre, on):
        def model(p, low):
            peak = gaussian_hf(xe, p[2], 6.0, centre)
            second = gaussian_hf(xe, p[3], 5.0, 455.0) if on else 0.0
            return power_law(xc, p[0], p[1]) + convolve(low, peak + second)
        return model

    lls = low_losses(ll, 3, 1.0)
    lines += case("active", core, ll, lls[:2], [active(425.0, True), active(428.0, True)],
                  [[3e10, 3.0, 60, 30], [4e10, 3.05, 70, 40]])
    without = active(431.0, False)
    lines += case("inactive", core, ll, lls[2:], [lambda p, low: without([*p, 0.0], low)], [[3e10, 3.0, 60]])

    # A long axis, so that transforms are taken: core 1100, low loss 700 channels.
    core, ll = Axis(450.0, 0.25, 1100), Axis(-25.0, 0.25, 700)
    xc2, xe2 = core.values(), extended(core, ll)

    def long(p, low):
        return power_law(xc2, p[0], p[1]) + convolve(
            low, step(xe2, p[2], p[3], 1.0) + step(xe2, p[4], 610.0, 2.0) + gaussian_hf(xe2, p[5], 40.0, p[6]))

    lines += case("long", core, ll, low_losses(ll, 1, 1.0), [long], [[3e9, 3.0, 25, 532, 15, 5, 560]])

    # Products of parameters with columns that stay: an edge times its intensity, as are the coefficients of its fine
    # structure; one factor is a bent twin of that intensity; one coefficient moves, as a twin, a peak that moves itself.
    core, ll = Axis(400.0, 0.5, 150), Axis(-6.0, 0.5, 80)

    def products(p, low):
        intensity, c1, c2, d, centre, b, slope = p
        edge = intensity * (step(xe, 1.0, 420.0, 2.0) + gaussian_hf(xe, c1, 3.0, 424.0) + gaussian_hf(xe, c2, 4.0, 429.0))
        other = intensity**2 / 30.0 * (step(xe, 1.0, 450.0, 1.0) + gaussian_hf(xe, d, 5.0, 460.0))
        peaks = gaussian_hf(xe, 30.0 * c1, 4.0, centre) + gaussian_hf(xe, b, 3.0, 432.0)
        return convolve(low, edge + other + peaks) + slope * (xc - 400.0)

    lines += case("products", core, ll, low_losses(ll, 2, 2.0), [products] * 2,
                  [[20.0, 0.5, -0.3, 0.4, 440.0, 12.0, 0.3], [25.0, 0.4, 0.2, 0.6, 441.0, 14.0, 0.2]])
    open("lowloss.txt", "w").write("\n".join(lines) + "\n")


def hyperspy():
    """The first case, by HyperSpy: its fit (lm, finite differences) starts at warpfit's start."""
    import hyperspy.api as hs
    from hyperspy._signals.eels import EELSSpectrum

    blocks = {}
    for line in open("lowloss.txt"):
        words = line.split()
        if words[0] == "case":
            if blocks:
                break
            continue
        blocks[words[0]] = np.array([float(w) for w in words[2:]])
    offset, scale, size = blocks["core"]
    axis = lambda a, n: {"offset": a[0], "scale": a[1], "size": int(a[2]), "name": n, "units": "eV"}
    shape = (3, int(size))
    s = EELSSpectrum(blocks["data"].reshape(shape), axes=[{"size": 3, "name": "i"}, axis(blocks["core"], "E")])
    s.metadata.Signal.set_item("Noise_properties.variance", hs.signals.Signal1D(blocks["variance"].reshape(shape)))
    s.set_microscope_parameters(beam_energy=200, convergence_angle=10, collection_angle=20)
    ll = EELSSpectrum(blocks["low_loss"].reshape(3, -1), axes=[{"size": 3, "name": "i"}, axis(blocks["low_loss_axis"], "E")])
    ll.set_microscope_parameters(beam_energy=200, convergence_angle=10, collection_angle=20)
    s.axes_manager[-1].is_binned = False
    m = s.create_model(ll=ll, auto_background=False, auto_add_edges=False)
    p, g, l = hs.model.components1D.PowerLaw(), hs.model.components1D.GaussianHF(), hs.model.components1D.Lorentzian()
    m.extend([p, g, l])
    assert m.convolved and not p.convolved and g.convolved and l.convolved
    parameters = [p.A, p.r, g.height, g.fwhm, g.centre, l.A, l.gamma, l.centre]
    for q, v in zip(parameters, blocks["start"]):
        q.value = v
    out = ["case hyperspy"]
    put(out, "start_model", m())
    m.multifit(optimizer="lm", iterpath="serpentine", show_progressbar=False, xtol=1e-14, ftol=1e-14, gtol=1e-14)
    put(out, "values", np.array([q.map["values"] for q in parameters]).T)
    put(out, "chisq", m.chisq.data)
    models = []
    for i in range(3):
        m.axes_manager.indices = (i,)
        models.append(m())
    put(out, "models", models)
    open("hyperspy.txt", "w").write("\n".join(out) + "\n")


if __name__ == "__main__":
    hyperspy() if "--hyperspy" in sys.argv else main()
