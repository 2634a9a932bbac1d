"""Select Z → μμ among reconstructed tracks: the two hardest isolated ones.

select_pairs.py --in tracks.parquet --pairs pairs.parquet --mass mass.json --counts counts.json
"""

import argparse
from pathlib import Path

import numpy as np

from cut_flow import CutFlow
from detector import IntArray, wrap
from histogram import Axis, fill, write_histograms
from pair_mass import pair_mass
from rows import Columns, read_rows, write_rows
from whole_file import write_json

MASS = Axis(60.0, 120.0, 60)
CONE = 0.3
MAX_ACTIVITY = 0.1
"""Of a muon's pt: what other tracks in the cone around it may carry."""


def muons(tracks: Columns, min_pt: float) -> IntArray:
    """Row numbers of the hard, isolated tracks; rows are sorted by event, hardest first."""
    hard = np.nonzero(tracks["pt"] > min_pt)[0]
    return np.array([row for row in hard.tolist() if isolated(tracks, row)], dtype=np.int64)


def isolated(tracks: Columns, row: int) -> bool:
    event = tracks["event"][row]
    start, stop = np.searchsorted(tracks["event"], [event, event + 1])
    others = np.arange(start, stop) != row
    eta, phi, pt = (tracks[name][start:stop].astype(np.float64) for name in ("eta", "phi", "pt"))
    distance = np.hypot(eta - float(tracks["eta"][row]), wrap(phi - float(tracks["phi"][row])))
    activity = pt[others & (distance < CONE)].sum()
    return bool(activity < MAX_ACTIVITY * float(tracks["pt"][row]))


def select(tracks: Columns, min_pt: float) -> tuple[Columns, CutFlow]:
    """Rows of pairs (event, mass in GeV), and the cut flow over events that have a track."""
    candidates = muons(tracks, min_pt)
    events = np.unique(tracks["event"])
    _, first, count = np.unique(tracks["event"][candidates], return_index=True, return_counts=True)
    first = first[count >= 2]
    one, other = candidates[first], candidates[first + 1]
    flow = CutFlow("with_tracks", len(events))
    flow.require("two_muons", np.isin(events, tracks["event"][one]))
    opposite = tracks["charge"][one] * tracks["charge"][other] < 0
    one, other = one[opposite], other[opposite]
    flow.require("opposite_charge", np.isin(events, tracks["event"][one]))
    sides = ([tracks[name][rows] for name in ("pt", "eta", "phi")] for rows in (one, other))
    mass = pair_mass(*sides)
    window = (mass >= MASS.lower) & (mass < MASS.upper)
    flow.require("mass", np.isin(events, tracks["event"][one][window]))
    return {"event": tracks["event"][one][window], "mass": mass[window].astype(np.float32)}, flow


def main() -> None:
    parser = argparse.ArgumentParser(description="Select muon pairs among tracks.")
    parser.add_argument("--in", dest="tracks", type=Path, required=True)
    parser.add_argument("--min-pt", type=float, default=20.0, help="GeV")
    for name in ("pairs", "mass", "counts"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    pairs, flow = select(read_rows(options.tracks), options.min_pt)
    write_rows(options.pairs, pairs)
    write_histograms(options.mass, {"mass": fill(MASS, pairs["mass"], "pair mass / GeV")})
    write_json(options.counts, flow.counts())


if __name__ == "__main__":
    main()
