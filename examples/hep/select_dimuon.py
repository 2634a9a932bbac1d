"""Select Z → μμ in a range of rows of a table of muon pairs.

    select_dimuon.py --in Zmumu_Run2011A.csv --first 0 --count 1500 --pairs pairs.parquet \\
        --mass mass.json --counts counts.json
"""

import argparse
from pathlib import Path

import numpy as np

from cut_flow import CutFlow
from dimuon_table import read_pairs
from histogram import Axis, fill, write_histograms
from pair_mass import pair_mass
from rows import Columns, write_rows
from whole_file import write_json

MASS = Axis(60.0, 120.0, 60)


def select(pairs: Columns, first: int, min_pt: float, max_eta: float) -> tuple[Columns, CutFlow]:
    """Rows that pass (row number in the file, Run, Event, mass in GeV), and the cut flow."""
    sides = ([pairs[f"{name}{side}"] for name in ("pt", "eta", "phi")] for side in (1, 2))
    mass = pair_mass(*sides)
    flow = CutFlow("all", len(mass))
    flow.require("opposite_charge", pairs["Q1"] * pairs["Q2"] < 0)
    flow.require("pt", (pairs["pt1"] > min_pt) & (pairs["pt2"] > min_pt))
    flow.require("eta", (np.abs(pairs["eta1"]) < max_eta) & (np.abs(pairs["eta2"]) < max_eta))
    flow.require("mass", (mass >= MASS.lower) & (mass < MASS.upper))
    kept = flow.passing
    rows = {
        "row": np.nonzero(kept)[0].astype(np.int64) + first,
        "run": pairs["Run"][kept].astype(np.int64),
        "event": pairs["Event"][kept].astype(np.int64),
        "mass": mass[kept],
    }
    return rows, flow


def main() -> None:
    parser = argparse.ArgumentParser(description="Select muon pairs of a table.")
    parser.add_argument("--in", dest="table", type=Path, required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--min-pt", type=float, default=20.0, help="GeV")
    parser.add_argument("--max-eta", type=float, default=2.1)
    for name in ("pairs", "mass", "counts"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    table = read_pairs(options.table, options.first, options.count)
    pairs, flow = select(table, options.first, options.min_pt, options.max_eta)
    write_rows(options.pairs, pairs)
    write_histograms(options.mass, {"mass": fill(MASS, pairs["mass"], "pair mass / GeV")})
    write_json(options.counts, flow.counts())


if __name__ == "__main__":
    main()
