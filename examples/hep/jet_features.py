"""Ten quantities of a jet that tell a boosted top quark from a light jet: the tagger's input.

w is a tower's share of the jet's transverse momentum. `tau21` and `tau32` are in the manner of
N-subjettiness (Thaler and Van Tilburg, JHEP 03 (2011) 015), with hard towers as axes.
"""

import numpy as np

from detector import FloatArray, wrap
from jets import RADIUS, Jet
from track_finding import Tracks

FEATURES = (
    "m_over_pt",
    "width",
    "ptd",
    "lead_frac",
    "ecf2",
    "eccentricity",
    "n_tracks",
    "track_pt_frac",
    "tau21",
    "tau32",
)

PAIRED_TOWERS = 60
AXIS_DISTANCE = 0.25


def features(jet: Jet, tracks: Tracks) -> list[float]:
    """In the order of `FEATURES`; all without a unit."""
    share = jet.towers[:, 0] / jet.towers[:, 0].sum()
    eta, phi = jet.towers[:, 1] - jet.eta, wrap(jet.towers[:, 2] - jet.phi)
    inside = np.hypot(tracks.eta - jet.eta, wrap(tracks.phi - jet.phi)) < RADIUS
    tau = subjet_sums(share, eta, phi)
    return [
        jet.mass / jet.pt,
        float((share * np.hypot(eta, phi)).sum()),
        float(np.sqrt((share**2).sum())),
        float(share[0]),
        pair_correlation(share, eta, phi),
        eccentricity(share, eta, phi),
        float(inside.sum()),
        float(tracks.pt[inside].sum() / jet.pt),
        tau[1] / max(tau[0], 1e-6),
        tau[2] / max(tau[1], 1e-6),
    ]


def pair_correlation(share: FloatArray, eta: FloatArray, phi: FloatArray) -> float:
    """Sum over pairs of the hardest towers: product of the shares, times the distance."""
    one, other = np.triu_indices(min(len(share), PAIRED_TOWERS), 1)
    distance = np.hypot(eta[one] - eta[other], wrap(phi[one] - phi[other]))
    return float((share[one] * share[other] * distance).sum())


def eccentricity(share: FloatArray, eta: FloatArray, phi: FloatArray) -> float:
    """1 - small over large eigenvalue of the second moments: 0 is round, 1 is a line."""
    mixed = (share * eta * phi).sum()
    moments = np.array([[(share * eta**2).sum(), mixed], [mixed, (share * phi**2).sum()]])
    small, large = np.linalg.eigvalsh(moments)
    return float(1 - max(small, 0) / large) if large > 0 else 0.0


def subjet_sums(share: FloatArray, eta: FloatArray, phi: FloatArray) -> list[float]:
    """Sums of w times the distance to the nearest of one, two, three axes, over R."""
    axes = subjet_axes(eta, phi)
    distances = [np.hypot(eta - eta[axis], phi - phi[axis]) for axis in axes]
    nearest = [np.min(distances[: min(n, len(axes))], axis=0) for n in (1, 2, 3)]
    return [float((share * distance).sum()) / RADIUS for distance in nearest]


def subjet_axes(eta: FloatArray, phi: FloatArray) -> list[int]:
    """The hardest towers that are apart from each other, at most three."""
    axes: list[int] = []
    for tower in range(len(eta)):
        apart = [np.hypot(eta[tower] - eta[axis], wrap(phi[tower] - phi[axis])) for axis in axes]
        if all(distance > AXIS_DISTANCE for distance in apart):
            axes.append(tower)
        if len(axes) == 3:
            break
    return axes
