"""A model file's components in NumPy: both programs' parameters go through the same formulas."""
import numpy as np
from scipy.special import erf

FUNCTIONS = {
    "Offset": lambda x, p: p["offset"] + 0 * x,
    "Polynomial": lambda x, p: sum(p["a%d" % j] * x ** j for j in range(len(p))),
    "PowerLaw": lambda x, p: p["A"] * x ** -p["r"],
    "Gaussian": lambda x, p: (p["A"] / (p["sigma"] * np.sqrt(2 * np.pi))
                              * np.exp(-((x - p["centre"]) / p["sigma"]) ** 2 / 2)),
    "GaussianHF": lambda x, p: p["height"] * np.exp(-4 * np.log(2) * ((x - p["centre"]) / p["fwhm"]) ** 2),
    "Lorentzian": lambda x, p: p["A"] / np.pi * p["gamma"] / ((x - p["centre"]) ** 2 + p["gamma"] ** 2),
    "VolumePlasmonDrude": lambda x, p: (p["intensity"] * x * p["fwhm"] * p["plasmon_energy"] ** 2
                                        / ((x ** 2 - p["plasmon_energy"] ** 2) ** 2 + (x * p["fwhm"]) ** 2)),
    "SkewNormal": lambda x, p: (p["A"] / np.sqrt(2 * np.pi) * np.exp(-((x - p["x0"]) / p["scale"]) ** 2 / 2)
                                * (1 + erf(p["shape"] * (x - p["x0"]) / p["scale"] / np.sqrt(2)))),
}
FUNCTIONS_2D = {
    "Gaussian2D": lambda x, y, p: (p["A"] / (2 * np.pi * p["sigma_x"] * p["sigma_y"])
                                   * np.exp(-((x - p["centre_x"]) / p["sigma_x"]) ** 2 / 2
                                            - ((y - p["centre_y"]) / p["sigma_y"]) ** 2 / 2)),
    "Plane": lambda x, y, p: p["offset"] + p["slope_x"] * x + p["slope_y"] * y,
}
NAMES = {"erf": erf, "exp": np.exp, "sqrt": np.sqrt, "atan": np.arctan, "log": np.log, "pi": np.pi}


def model_values(description, axes, width, parameters):
    """The model at every pixel and channel; parameters["component.name"] is a value a pixel, axes slowest first."""
    total = 0
    for entry in description["component"]:
        own = {key.rsplit(".", 1)[1]: values.reshape((-1,) + (1,) * len(axes))
               for key, values in parameters.items() if key.rsplit(".", 1)[0] == entry["name"]}
        with np.errstate(over="ignore", invalid="ignore"):
            if entry["type"] == "Expression":
                total = total + eval(entry["expression"], dict(NAMES, x=axes[0], **own))
            elif len(axes) == 2:
                total = total + FUNCTIONS_2D[entry["type"]](axes[1][None, :], axes[0][:, None], own)
            else:
                total = total + FUNCTIONS[entry["type"]](axes[0], own)
    return total * width
