"""Count jets and muons in a range of entries of CMS NanoAOD, in a ROOT tree or RNTuple `Events`.

select_nano.py --in nanoAOD.root --first 0 --count 50 --histograms h.json --counts c.json
"""

import argparse
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import uproot

from detector import FloatArray
from histogram import Axis, Histogram, fill, write_histograms
from pair_mass import pair_mass
from whole_file import write_json

JETS = ("Jet_pt", "Jet_eta")
MUONS = ("Muon_pt", "Muon_eta", "Muon_phi", "Muon_charge")
MIN_JET_PT, MAX_JET_ETA = 30.0, 2.4


def read_entries(path: Path, first: int, count: int) -> Any:
    """Ragged arrays of the columns that the file has; no entries beyond its end."""
    with uproot.open(path) as file:
        events = file["Events"]
        there = set(events.keys())
        stop = min(first + count, events.num_entries)
        wanted = [name for name in (*JETS, *MUONS) if name in there]
        return events.arrays(wanted, entry_start=min(first, stop), entry_stop=stop)


def jet_histograms(entries: Any) -> dict[str, Histogram]:
    """How many jets, and the sum of their pt, of each entry."""
    pt, eta = entries["Jet_pt"], entries["Jet_eta"]
    hard = pt[(pt > MIN_JET_PT) & (np.abs(eta) < MAX_JET_ETA)]
    sums = ak.to_numpy(ak.sum(ak.values_astype(hard, np.float64), axis=1))
    return {
        "jets": fill(Axis(-0.5, 12.5, 13), ak.to_numpy(ak.num(hard)), "jets"),
        "jet_sum": fill(Axis(0.0, 1500.0, 30), sums, "sum of jet pt / GeV"),
    }


def pair_masses(entries: Any) -> FloatArray:
    """GeV: the two hardest muons of each entry that has two, where their charges are opposite."""
    muons = ak.zip({name.removeprefix("Muon_"): entries[name] for name in MUONS})
    muons = muons[ak.argsort(muons.pt, ascending=False, stable=True)]
    two = muons[ak.num(muons) >= 2][:, :2]
    two = two[two.charge[:, 0] != two.charge[:, 1]]
    sides = ([ak.to_numpy(two[name][:, side]) for name in ("pt", "eta", "phi")] for side in (0, 1))
    return pair_mass(*sides)


def main() -> None:
    parser = argparse.ArgumentParser(description="Select jets and muons in NanoAOD.")
    parser.add_argument("--in", dest="events", type=Path, required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--histograms", type=Path, required=True)
    parser.add_argument("--counts", type=Path, required=True)
    options = parser.parse_args()
    entries = read_entries(options.events, options.first, options.count)
    masses = pair_masses(entries)
    muons = ak.to_numpy(ak.num(entries["Muon_pt"]))
    histograms = {
        "muons": fill(Axis(-0.5, 6.5, 7), muons, "muons"),
        "mass": fill(Axis(0.0, 120.0, 120), masses, "pair mass / GeV"),
    }
    if "Jet_pt" in entries.fields:
        histograms |= jet_histograms(entries)
    write_histograms(options.histograms, histograms)
    write_json(options.counts, {"entries": len(entries), "pairs": len(masses)})


if __name__ == "__main__":
    main()
