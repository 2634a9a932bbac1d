"""Fit tracks from the beam line to hits: phi = phi0 - asin(c r), z = z0 + slope × asin(c r) / c.

r is a layer's radius in mm and c the signed half curvature, 1 / (2 R): a circle through the
origin. Both fits are weighted least squares, the first by four Gauss-Newton steps.
"""

from dataclasses import dataclass

import numpy as np

from detector import LAYERS, SIGMA_RPHI, SIGMA_Z, BoolArray, FloatArray, wrap

STEPS = 4
STRAIGHT = 1e-9
"""1/mm: half curvatures are kept at least this far from zero where they divide."""


@dataclass(frozen=True)
class Fits:
    """Parameters of n tracks, each of shape (n): rad, 1/mm, mm, 1, and the chi square."""

    phi0: FloatArray
    curvature: FloatArray
    z0: FloatArray
    slope: FloatArray
    chi2: FloatArray

    def at(self, layer: int) -> tuple[FloatArray, FloatArray]:
        """Azimuth and z where each track crosses a layer."""
        radius = float(LAYERS[layer])
        turn = np.arcsin(sine(self.curvature * radius))
        z = self.z0 + self.slope * turn / off_zero(self.curvature)
        return wrap(self.phi0 - turn), z


def sine(value: FloatArray) -> FloatArray:
    return np.clip(value, -0.99, 0.99)


def off_zero(curvature: FloatArray) -> FloatArray:
    return np.where(np.abs(curvature) < STRAIGHT, STRAIGHT, curvature)


def fit(phi: FloatArray, z: FloatArray) -> Fits:
    """`phi` and `z` have the shape (n, 10), NaN where a layer has no hit."""
    there = ~np.isnan(phi)
    reference = phi[np.arange(len(phi)), np.argmax(there, axis=1)]
    bend = np.where(there, wrap(phi - reference[:, None]), 0)
    phi0, curvature, chi2_phi = fit_circle(bend, there)
    z0, slope, chi2_z = fit_slope(np.where(there, z, 0), there, curvature)
    return Fits(wrap(phi0 + reference), curvature, z0, slope, chi2_phi + chi2_z)


def fit_circle(bend: FloatArray, there: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """phi0 (relative to the first hit), half curvature, chi square."""
    weight = np.where(there, (LAYERS / SIGMA_RPHI) ** 2, 0)
    phi0, curvature = np.zeros(len(bend)), np.zeros(len(bend))
    for _ in range(STEPS):
        reach = sine(curvature[:, None] * LAYERS)
        off = np.where(there, bend - (phi0[:, None] - np.arcsin(reach)), 0)
        by_curvature = -LAYERS / np.sqrt(1 - reach**2)
        change, bending, _ = line(weight, by_curvature, off)
        phi0, curvature = phi0 + change, curvature + bending
    model = phi0[:, None] - np.arcsin(sine(curvature[:, None] * LAYERS))
    return phi0, curvature, (weight * np.where(there, bend - model, 0) ** 2).sum(axis=1)


def fit_slope(
    z: FloatArray, there: BoolArray, curvature: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """z0, slope along the arc, chi square."""
    c = off_zero(curvature)[:, None]
    weight = np.where(there, 1 / SIGMA_Z**2, 0)
    return line(weight, np.arcsin(sine(c * LAYERS)) / c, z)


def line(
    weight: FloatArray, x: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weighted straight lines y = a + b x, one a row: a, b and the chi square."""
    w, wx, wxx = weight.sum(axis=1), (weight * x).sum(axis=1), (weight * x * x).sum(axis=1)
    wy, wxy = (weight * y).sum(axis=1), (weight * y * x).sum(axis=1)
    determinant = w * wxx - wx * wx
    a, b = (wxx * wy - wx * wxy) / determinant, (w * wxy - wx * wy) / determinant
    return a, b, (weight * (y - a[:, None] - b[:, None] * x) ** 2).sum(axis=1)
