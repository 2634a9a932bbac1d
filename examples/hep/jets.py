"""Jets of one event: anti-kt with R = 0.8 over calorimeter towers (FastJet)."""

from dataclasses import dataclass

import fastjet
import numpy as np

from detector import FloatArray, IntArray, tower_momenta

RADIUS = 0.8
ANTI_KT = fastjet.JetDefinition(fastjet.antikt_algorithm, RADIUS)


@dataclass(frozen=True)
class Jet:
    """GeV and rad; `towers` has the shape (n, 3), hardest first: pt, eta, phi."""

    pt: float
    eta: float
    phi: float
    mass: float
    towers: FloatArray


def find_jets(cell: IntArray, energy: FloatArray, min_pt: float) -> list[Jet]:
    """Hardest first."""
    momenta = tower_momenta(cell, energy).tolist()
    sequence = fastjet.ClusterSequence([fastjet.PseudoJet(*p) for p in momenta], ANTI_KT)
    return [
        Jet(jet.pt(), jet.eta(), jet.phi_std(), jet.m(), towers_of(jet))
        for jet in fastjet.sorted_by_pt(sequence.inclusive_jets(min_pt))
    ]


def towers_of(jet: fastjet.PseudoJet) -> FloatArray:
    parts = [(part.pt(), part.eta(), part.phi()) for part in jet.constituents()]
    return np.array(sorted(parts, reverse=True))
