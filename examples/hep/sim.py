"""Send generated particles through the detector: hits in the tracker, energy in the towers.

    sim.py --in events.parquet --seed 5 --out hits.npz

Every draw of an event comes from (seed, the event's number), whatever range it is simulated in.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import detector
from detector import BoolArray, FloatArray, IntArray
from helix import Helices
from readout import Arrays, write_readout
from rows import Columns, read_rows, read_settings

NEUTRINOS = (12, 14, 16)
MUON = 13
SHOWERS = (11, 22)
"""Electrons and photons: measured better than hadrons."""


@dataclass(frozen=True)
class Conditions:
    """State of the tracker: chance of a hit a layer, mean noise hits a layer."""

    efficiency: float = detector.HIT_EFFICIENCY
    noise: float = detector.NOISE_HITS


def tracker_hits(particles: Columns, conditions: Conditions, random: np.random.Generator) -> Arrays:
    """Hits of one event: smeared crossings of charged particles, and noise."""
    momentum = columns(particles, "px", "py", "pz")
    charge = particles["charge"].astype(np.float64)
    origin = columns(particles, "vx", "vy", "vz")
    seen = (charge != 0) & (np.hypot(momentum[:, 0], momentum[:, 1]) > 0.3)
    seen &= np.hypot(origin[:, 0], origin[:, 1]) < 20
    which = np.nonzero(seen)[0]
    helices = Helices.starting(origin[seen], momentum[seen], charge[seen])
    layers = [
        layer_hits(layer, helices, which, conditions, random)
        for layer in range(len(detector.LAYERS))
    ]
    hits = {name: np.concatenate([layer[name] for layer in layers]) for name in layers[0]}
    hits["p_truth"] = findable(helices, which)
    return hits


def layer_hits(
    layer: int,
    helices: Helices,
    which: IntArray,
    conditions: Conditions,
    random: np.random.Generator,
) -> Arrays:
    radius, half = float(detector.LAYERS[layer]), float(detector.HALF_LENGTH[layer])
    crossings = helices.crossings(radius)
    found = random.random(len(crossings.which)) < conditions.efficiency
    real = crossings.kept((np.abs(crossings.z) < half) & found & (crossings.angle < np.pi))
    count = len(real.which)
    phi = np.arctan2(real.y, real.x)
    phi += random.normal(0, detector.SIGMA_RPHI[layer] / radius, count)
    z = real.z + random.normal(0, detector.SIGMA_Z[layer], count)
    noise = int(random.poisson(conditions.noise))
    noise_phi = random.uniform(-np.pi, np.pi, noise)
    noise_z = random.uniform(-half, half, noise)
    return {
        "h_layer": np.full(count + noise, layer, dtype=np.int8),
        "h_phi": np.concatenate([phi, noise_phi]).astype(np.float32),
        "h_z": np.concatenate([z, noise_z]).astype(np.float32),
        "h_truth": np.concatenate([which[real.which], np.full(noise, -1)]).astype(np.int32),
    }


def findable(helices: Helices, which: IntArray) -> IntArray:
    """Particles above 1 GeV, from near the beam, that point at every layer (|eta| < 0.85)."""
    pt = helices.radius * detector.CURVE
    central = np.abs(np.arcsinh(helices.slope)) < 0.85
    prompt = (np.hypot(helices.x, helices.y) < 2) & (np.abs(helices.z) < 8)
    return which[(pt > 1) & central & prompt].astype(np.int32)


def towers(particles: Columns, random: np.random.Generator) -> Arrays:
    """Energy sums of one event: each visible particle smeared by its own resolution."""
    kind = np.abs(particles["pdg"])
    momentum, energy = columns(particles, "px", "py", "pz"), particles["e"].astype(np.float64)
    size = np.maximum(np.sqrt((momentum**2).sum(axis=1)), 1e-9)
    eta = np.arctanh(np.clip(momentum[:, 2] / size, -1 + 1e-12, 1 - 1e-12))
    pt = np.hypot(momentum[:, 0], momentum[:, 1])
    visible = ~np.isin(kind, (*NEUTRINOS, MUON)) & (np.abs(eta) < detector.ETA_MAX) & (pt > 0.2)
    kind, energy, eta = kind[visible], energy[visible], eta[visible]
    phi = np.arctan2(momentum[visible, 1], momentum[visible, 0])
    spread = 1 + resolution(energy, np.isin(kind, SHOWERS)) * random.normal(0, 1, len(energy))
    sums = np.zeros(detector.ETA_CELLS * detector.PHI_CELLS)
    np.add.at(sums, cells(eta, phi), np.maximum(energy * spread, 0))
    lit = np.nonzero(sums > detector.CELL_THRESHOLD)[0]
    return {"t_cell": lit.astype(np.int32), "t_e": sums[lit].astype(np.float32)}


def resolution(energy: FloatArray, shower: BoolArray) -> FloatArray:
    """Relative, of a calorimeter: stochastic term over sqrt(E / GeV), plus a constant."""
    fine = np.hypot(0.10 / np.sqrt(energy), 0.01)
    coarse = np.hypot(0.80 / np.sqrt(energy), 0.05)
    return np.where(shower, fine, coarse)


def cells(eta: FloatArray, phi: FloatArray) -> IntArray:
    row = ((eta + detector.ETA_MAX) / (2 * detector.ETA_MAX) * detector.ETA_CELLS).astype(int)
    column = ((phi + np.pi) / (2 * np.pi) * detector.PHI_CELLS).astype(int) % detector.PHI_CELLS
    return np.asarray(row * detector.PHI_CELLS + column)


def columns(particles: Columns, *names: str) -> FloatArray:
    return np.stack([particles[name].astype(np.float64) for name in names], axis=1)


def simulate(particles: Columns, events: range, seed: int, conditions: Conditions) -> Arrays:
    """Readout of a range of events; `particles` is sorted by event."""
    pieces: list[Arrays] = []
    for event in events:
        start, stop = np.searchsorted(particles["event"], [event, event + 1])
        one = {name: column[start:stop] for name, column in particles.items()}
        random = np.random.Generator(np.random.Philox(key=[seed, event]))
        piece = tracker_hits(one, conditions, random) | towers(one, random)
        for group, member in (("h", "h_phi"), ("t", "t_e"), ("p", "p_truth")):
            piece[f"{group}_event"] = np.full(len(piece[member]), event, dtype=np.int64)
        pieces.append(piece)
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}


def settings_of(
    made: Mapping[str, Any], events: range, seed: int, conditions: Conditions
) -> dict[str, Any]:
    return {
        "process": made["process"],
        "first_event": events.start,
        "events": len(events),
        "seed": seed,
        "efficiency": conditions.efficiency,
        "noise": conditions.noise,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Simulate the detector.")
    parser.add_argument("--in", dest="events", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--efficiency", type=float, default=detector.HIT_EFFICIENCY)
    parser.add_argument("--noise", type=float, default=detector.NOISE_HITS)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    made = read_settings(options.events)
    events = range(made["first_event"], made["first_event"] + made["events"])
    conditions = Conditions(options.efficiency, options.noise)
    arrays = simulate(read_rows(options.events), events, options.seed, conditions)
    write_readout(options.out, arrays, settings_of(made, events, options.seed, conditions))


if __name__ == "__main__":
    main()
