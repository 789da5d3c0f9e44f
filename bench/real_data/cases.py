"""Which model is fitted to which part of which file, and how the file is prepared for both programs."""
import os
from dataclasses import dataclass
from typing import Callable, Optional

import numpy as np


@dataclass
class Case:
    name: str                               # of the model file, too
    file: str                               # in the data folder, without its ending
    part: Optional[tuple] = None            # pixels, a (first, end) each axis, slowest first; None: all
    prepare: Optional[Callable] = None      # (hs, folder) -> (signal, low loss or None), where the file is not fitted as it is
    key: tuple = ()                         # parameters of the table


def load(hs, folder, name):
    return hs.load(os.path.join(folder, name + ".hspy"))


def streak_rows(hs, folder):
    """A spectrum an instant, 29 to 186 ps, instead of one image."""
    image = load(hs, folder, "trcl_aln_streak")
    return image.transpose(signal_axes=["Wavelength"]).inav[20:110], None


def eds_binned(hs, folder):
    """16 spectra in one: they hold 216 counts each."""
    return load(hs, folder, "eds_core_shell_map").rebin(scale=(4, 4, 1)), None


def patterns(hs, folder):
    """Rows and columns 40 to 109, counted from 0 at the cut."""
    cut = load(hs, folder, "nbed_scan").isig[40:110, 40:110]
    for axis in cut.axes_manager.signal_axes:
        axis.offset = 0
    return cut, None


def lsmo_aligned(hs, folder):
    """Both parts of the line scan with the zero-loss peak at 0."""
    core, low_loss = (load(hs, folder, "eels_lsmo_" + part) for part in ("core", "lowloss"))
    low_loss.align_zero_loss_peak(also_align=[core], print_stats=False, show_progressbar=False)
    return core, low_loss


def particle_edges(hs, folder):
    """Ten by ten pixels with particles: the map's core losses, and its low losses to convolve with."""
    particles = load(hs, folder, "eels_particles_map").inav[2:12, 14:24]
    particles.set_microscope_parameters(beam_energy=200, convergence_angle=30, collection_angle=50)
    return particles.isig[220.0:515.0], particles.isig[-20.0:180.0]


PARTICLES = ((0, 16), (0, 16))

CASES = (
    Case("cl_asymmetric_skewed", "cl_asymmetric_map", key=("band.x0", "band.scale", "band.shape")),
    Case("cl_asymmetric_two_bands", "cl_asymmetric_map",
         key=("band.centre", "band.fwhm", "shoulder.centre", "shoulder.fwhm")),
    Case("cl_nanoparticle", "cl_nanoparticle_map", key=("peak.centre", "peak.fwhm")),
    Case("raman", "raman_map", part=((15, 31), (6, 22)),
         key=("breathing.centre", "breathing.gamma", "in_plane.centre", "in_plane.gamma")),
    Case("trcl_ingan", "trcl_ingan_map", part=((0, 16), (0, 16)), key=("decay.tau", "decay.s", "decay.t0")),
    Case("trcl_aln", "trcl_aln_streak", prepare=streak_rows, key=("line_205_57.A", "line_205_57.sigma")),
    Case("stem_adf_columns", "stem_adf_columns", key=("column.sigma_x", "column.sigma_y", "background.offset")),
    Case("nbed_spots", "nbed_spots", key=("spot.A", "spot.sigma_x", "spot.sigma_y")),
    Case("nbed_patterns", "nbed_scan", prepare=patterns, key=("spot.centre_x", "spot.centre_y", "spot.sigma_x")),
    Case("eels_al_drude", "eels_al_lowloss", key=("plasmon.plasmon_energy", "plasmon.fwhm")),
    Case("eels_al_lorentzian", "eels_al_lowloss", key=("plasmon.centre", "plasmon.gamma")),
    Case("eels_particles_plasmons", "eels_particles_map", part=PARTICLES, key=("carbon.centre", "carbon.gamma")),
    Case("eels_particles_edges", "eels_particles_map", prepare=particle_edges,
         key=("C_K.intensity", "Ca_L3.intensity", "background.r")),
    Case("eds_core_shell", "eds_core_shell_map", prepare=eds_binned, key=("Fe_Ka.A", "Cu_Ka.A", "Pt_La.A")),
    Case("eels_lsmo_peaks", "eels_lsmo_core",
         key=("Mn_L3.centre", "Mn_L2.centre", "Mn_L3.sigma", "Mn_L2.sigma")),
    Case("eels_lsmo_edges", "eels_lsmo_core", prepare=lsmo_aligned,
         key=("O_K.intensity", "Mn_L3.intensity", "background.r")),
    Case("eels_lsmo_fine_structure", "eels_lsmo_core", prepare=lsmo_aligned,
         key=("O_K.intensity", "Mn_L3.intensity", "background.r")),
)


def pixels_of(part, shape, tiny):
    """Half-open index ranges of the pixels that are fitted; two an axis where it shall be tiny."""
    part = part or tuple((0, n) for n in shape)
    return tuple((a, min(b, a + 2)) if tiny else (a, b) for a, b in part)


def channels_of(data, axes):
    """True for the channels that a model file keeps: range, less exclude, ends at the nearest channel and included."""
    kept = np.ones(tuple(len(x) for x in axes), dtype=bool)
    if len(axes) > 1:
        return kept
    x = axes[0]

    def inside(ranges):
        chosen = np.zeros(len(x), dtype=bool)
        for low, high in ranges:
            chosen[np.argmin(np.abs(x - low)):np.argmin(np.abs(x - high)) + 1] = True
        return chosen

    if "range" in data:
        kept &= inside(data["range"])
    return kept & ~inside(data.get("exclude", []))


def variance_of(data, counts):
    """What a model file's `variance` says, as an array like counts."""
    variance = data.get("variance", "none")
    if variance == "poisson":
        return data.get("gain", 1.0) * np.maximum(counts, 1.0) + data.get("offset", 0.0)
    return np.full(counts.shape, 1.0 if variance == "none" else float(variance))
