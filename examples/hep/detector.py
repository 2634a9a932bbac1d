"""The detector: a solenoid, ten cylindrical tracker layers, one calorimeter.

A toy of the usual size, no experiment's own. Lengths are in mm, energies in GeV, angles in rad.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

FIELD = 3.8
"""Tesla, along z."""

CURVE = 0.0003 * FIELD
"""GeV per mm: transverse momentum = CURVE × radius of the helix, for unit charge."""

LAYERS: FloatArray = np.array([30, 70, 110, 160, 260, 360, 500, 700, 900, 1100], dtype=float)
HALF_LENGTH: FloatArray = np.array([270] * 4 + [700] * 3 + [1100] * 3, dtype=float)
SIGMA_RPHI: FloatArray = np.array([0.012] * 4 + [0.03] * 3 + [0.05] * 3)
SIGMA_Z: FloatArray = np.array([0.03] * 4 + [0.3] * 3 + [0.5] * 3)

HIT_EFFICIENCY = 0.98
NOISE_HITS = 3.0
"""Mean number of noise hits in a layer and event."""

ETA_MAX = 3.0
ETA_CELLS = 60
PHI_CELLS = 63
CELL_THRESHOLD = 0.4
"""GeV: a calorimeter tower with less is not read out."""


def wrap(angle: Any) -> Any:
    """The same angle in [-π, π)."""
    return (angle + np.pi) % (2 * np.pi) - np.pi


def tower_directions(cell: IntArray) -> tuple[FloatArray, FloatArray]:
    """Pseudorapidity and azimuth of the centres of towers."""
    eta = (cell // PHI_CELLS + 0.5) / ETA_CELLS * 2 * ETA_MAX - ETA_MAX
    phi = (cell % PHI_CELLS + 0.5) / PHI_CELLS * 2 * np.pi - np.pi
    return eta, phi


def tower_momenta(cell: IntArray, energy: FloatArray) -> FloatArray:
    """Massless four-momenta of towers, shape (n, 4): px, py, pz, e in GeV."""
    eta, phi = tower_directions(cell)
    pt = energy / np.cosh(eta)
    return np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), energy], axis=1)
