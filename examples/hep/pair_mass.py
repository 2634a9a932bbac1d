"""The mass of two particles whose own masses are negligible."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from detector import FloatArray

Momenta = Sequence[ArrayLike]
"""pt, eta and phi."""


def pair_mass(one: Momenta, other: Momenta) -> FloatArray:
    """m² = 2 pt pt' (cosh Δη - cos Δφ), in the unit of pt; all of shape (n)."""
    pt, eta, phi = (np.asarray(part, dtype=np.float64) for part in one)
    pt2, eta2, phi2 = (np.asarray(part, dtype=np.float64) for part in other)
    square = 2 * pt * pt2 * (np.cosh(eta - eta2) - np.cos(phi - phi2))
    return np.asarray(np.sqrt(np.maximum(square, 0)))
