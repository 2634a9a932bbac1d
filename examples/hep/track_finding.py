"""Find tracks in the hits of one event: triplets of the inner layers, followed outward, fitted.

A candidate is a row of ten hit numbers, one a layer, -1 where it has none.
"""

from dataclasses import dataclass

import numpy as np

from detector import (
    CURVE,
    LAYERS,
    SIGMA_RPHI,
    SIGMA_Z,
    BoolArray,
    FloatArray,
    IntArray,
    wrap,
)
from track_fit import Fits, fit

MIN_PT = 0.45
"""GeV: softer tracks are not looked for."""
MAX_Z0 = 8.0
"""mm: the length of the region where collisions happen, to either side."""
MIN_HITS = 6
MAX_SHARED = 2
"""Hits that a track may have in common with better ones."""
MAX_CHI2 = 25.0
"""By degree of freedom."""
TRIPLETS = ((0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3))


@dataclass(frozen=True)
class Hits:
    """Hits of one event, each array of shape (n); `by_layer[l]` numbers those of layer l by phi."""

    phi: FloatArray
    z: FloatArray
    by_layer: list[IntArray]

    @classmethod
    def of(cls, layer: IntArray, phi: FloatArray, z: FloatArray) -> "Hits":
        order = np.argsort(phi, kind="stable")
        by_layer = [order[layer[order] == number] for number in range(len(LAYERS))]
        return cls(phi, z, by_layer)

    def near(self, layer: int, low: FloatArray, high: FloatArray) -> tuple[IntArray, IntArray]:
        """All pairs (query, hit) with low <= phi <= high, in the full circle."""
        hits = np.tile(self.by_layer[layer], 3)
        phi = self.phi[self.by_layer[layer]]
        unrolled = np.concatenate([phi - 2 * np.pi, phi, phi + 2 * np.pi])
        start, stop = np.searchsorted(unrolled, low), np.searchsorted(unrolled, high)
        count = stop - start
        query = np.repeat(np.arange(len(low)), count)
        before = np.repeat(np.cumsum(count) - count, count)
        place = np.repeat(start, count) + np.arange(int(count.sum())) - before
        return query, hits[place]

    def fit(self, candidates: IntArray) -> Fits:
        there = candidates >= 0
        phi = np.where(there, self.phi[candidates], np.nan)
        return fit(phi, np.where(there, self.z[candidates], np.nan))


@dataclass(frozen=True)
class Tracks:
    """The tracks of one event, hardest first: GeV, rad, mm. `hits` has the shape (n, 10)."""

    pt: FloatArray
    eta: FloatArray
    phi: FloatArray
    charge: IntArray
    z0: FloatArray
    chi2: FloatArray
    hits: IntArray

    @property
    def hit_count(self) -> IntArray:
        return np.asarray(np.count_nonzero(self.hits >= 0, axis=1))


def find_tracks(hits: Hits) -> Tracks:
    candidates = np.concatenate([triplets(hits, *layers) for layers in TRIPLETS])
    for layer in range(2, len(LAYERS)):
        if len(candidates):
            follow(hits, candidates, layer)
    candidates = candidates[(candidates >= 0).sum(axis=1) >= MIN_HITS]
    fits = hits.fit(candidates) if len(candidates) else Fits(*(np.zeros(0),) * 5)
    chi2 = fits.chi2 / (2 * (candidates >= 0).sum(axis=1) - 4)
    kept = without_rivals(candidates, chi2, (chi2 < MAX_CHI2) & (np.abs(fits.z0) < MAX_Z0))
    pt = CURVE / (2 * np.abs(fits.curvature[kept]))
    order = np.lexsort((fits.phi0[kept], -pt))
    kept = kept[order]
    return Tracks(
        pt=pt[order],
        eta=np.arcsinh(fits.slope[kept]),
        phi=fits.phi0[kept],
        charge=np.sign(fits.curvature[kept]).astype(np.int64),
        z0=fits.z0[kept],
        chi2=chi2[kept],
        hits=candidates[kept],
    )


def triplets(hits: Hits, inner: int, middle: int, outer: int) -> IntArray:
    """Candidates of three hits that agree with a helix from the beam line."""
    ra, rb, rc = LAYERS[[inner, middle, outer]]
    first = hits.by_layer[inner]
    reach = (rb - ra) * CURVE / (2 * MIN_PT) * 1.1 + 0.002
    query, second = hits.near(middle, hits.phi[first] - reach, hits.phi[first] + reach)
    first = first[query]
    slope = (hits.z[second] - hits.z[first]) / (rb - ra)
    z0 = hits.z[first] - slope * ra
    near_beam = np.abs(z0) < MAX_Z0
    first, second, slope, z0 = (part[near_beam] for part in (first, second, slope, z0))
    bend = -wrap(hits.phi[second] - hits.phi[first]) / (rb - ra)
    expected = wrap(hits.phi[second] - bend * (rc - rb))
    window = 0.004 + 0.15 * np.abs(bend) * (rc - rb)
    query, third = hits.near(outer, expected - window, expected + window)
    off = np.abs(hits.z[third] - (z0[query] + slope[query] * rc))
    query, third = (part[off < 1.5 + 0.02 * np.abs(hits.z[third])] for part in (query, third))
    found = np.full((len(query), len(LAYERS)), -1)
    found[:, inner], found[:, middle], found[:, outer] = first[query], second[query], third
    return found


def follow(hits: Hits, candidates: IntArray, layer: int) -> None:
    """Gives each candidate without a hit in this layer the best one near its path, in place."""
    inner = layer < 4
    phi, z = hits.fit(candidates).at(layer)
    window = (0.4 if inner else 3.0) / LAYERS[layer] + 0.002
    query, hit = hits.near(layer, phi - window, phi + window)
    off_z = np.abs(hits.z[hit] - z[query])
    off_phi = np.abs(wrap(hits.phi[hit] - phi[query])) * LAYERS[layer]
    fits = (candidates[query, layer] < 0) & (off_z < (1.0 if inner else 6.0))
    cost = (off_phi / SIGMA_RPHI[layer]) ** 2 + (off_z / SIGMA_Z[layer]) ** 2
    query, hit, cost = query[fits], hit[fits], cost[fits]
    order = np.lexsort((hit, cost, query))
    query, best = np.unique(query[order], return_index=True)
    candidates[query, layer] = hit[order][best]


def without_rivals(candidates: IntArray, chi2: FloatArray, good: BoolArray) -> IntArray:
    """Numbers of good candidates, best first (hits, then chi square), that share few hits."""
    count = (candidates >= 0).sum(axis=1)
    order = np.lexsort((candidates[:, 0], candidates[:, 1], np.round(chi2, 6), -count))
    used: set[int] = set()
    kept: list[int] = []
    for number in order[good[order]]:
        row = [int(hit) for hit in candidates[number] if hit >= 0]
        if sum(hit in used for hit in row) <= MAX_SHARED:
            used.update(row)
            kept.append(int(number))
    return np.array(sorted(kept), dtype=np.int64)


def truth_of(tracks: Tracks, truth: IntArray) -> IntArray:
    """The particle that made at least 70 % of a track's hits; -1 where there is none."""
    matched = np.full(len(tracks.pt), -1)
    for number, row in enumerate(tracks.hits):
        makers = truth[row[row >= 0]]
        values, counts = np.unique(makers[makers >= 0], return_counts=True)
        if len(counts) and counts.max() >= 0.7 * len(makers):
            matched[number] = values[counts.argmax()]
    return matched
