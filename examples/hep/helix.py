"""Where charged particles cross a tracker layer: two circles in the transverse plane."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from detector import CURVE, BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Helices:
    """Paths of n charged particles in the solenoid; every array has the shape (n).

    Lengths in mm. `turn` is the sense of rotation: +1 for positive charge.
    """

    x: FloatArray
    y: FloatArray
    z: FloatArray
    radius: FloatArray
    turn: FloatArray
    slope: FloatArray
    centre_x: FloatArray
    centre_y: FloatArray

    @classmethod
    def starting(cls, origin: FloatArray, momentum: FloatArray, charge: FloatArray) -> Self:
        """Origins (mm) and momenta (GeV) have the shape (n, 3)."""
        x, y, z = origin.T
        px, py, pz = momentum.T
        pt = np.hypot(px, py)
        phi, turn, radius = np.arctan2(py, px), np.sign(charge), pt / CURVE
        centre_x = x + turn * radius * np.sin(phi)
        centre_y = y - turn * radius * np.cos(phi)
        return cls(x, y, z, radius, turn, pz / pt, centre_x, centre_y)

    def crossings(self, layer: float) -> "Crossings":
        """The first crossing of each path with a cylinder of radius `layer`, if there is one."""
        distance = np.hypot(self.centre_x, self.centre_y)
        meets = distance + self.radius > layer
        meets &= (np.abs(distance - self.radius) < layer) & (np.hypot(self.x, self.y) < layer)
        which = np.nonzero(meets)[0]
        along = layer**2 - self.radius[which] ** 2 + distance[which] ** 2
        along /= 2 * distance[which]
        across = np.sqrt(np.maximum(layer**2 - along**2, 0))
        ux, uy = self.centre_x[which] / distance[which], self.centre_y[which] / distance[which]
        one = self._reach(which, along * ux - across * uy, along * uy + across * ux)
        other = self._reach(which, along * ux + across * uy, along * uy - across * ux)
        return one.or_sooner(other)

    def _reach(self, which: IntArray, x: FloatArray, y: FloatArray) -> "Crossings":
        """How far each path has turned (in [0, 2π)) when it comes to the point (x, y)."""
        centre_x, centre_y = self.centre_x[which], self.centre_y[which]
        start = np.arctan2(self.y[which] - centre_y, self.x[which] - centre_x)
        end = np.arctan2(y - centre_y, x - centre_x)
        angle = np.mod(-self.turn[which] * (end - start), 2 * np.pi)
        z = self.z[which] + angle * self.radius[which] * self.slope[which]
        return Crossings(which, x, y, z, angle)


@dataclass(frozen=True)
class Crossings:
    """`which` numbers the helices that cross; the other arrays have its shape."""

    which: IntArray
    x: FloatArray
    y: FloatArray
    z: FloatArray
    angle: FloatArray

    def or_sooner(self, other: "Crossings") -> "Crossings":
        """The one of two crossings that each path meets first."""
        sooner = other.angle < self.angle
        x, y, z, angle = (
            np.where(sooner, theirs, mine)
            for mine, theirs in (
                (self.x, other.x),
                (self.y, other.y),
                (self.z, other.z),
                (self.angle, other.angle),
            )
        )
        return Crossings(self.which, x, y, z, angle)

    def kept(self, keep: BoolArray) -> "Crossings":
        return Crossings(
            self.which[keep], self.x[keep], self.y[keep], self.z[keep], self.angle[keep]
        )
