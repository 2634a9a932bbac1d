"""A range of rows of a table of muon pairs: CMS open data as CSV, or as a ROOT tree.

Columns: run and event number; of muon 1 and 2 pt (GeV), eta, phi (rad) and charge Q.
"""

import csv
import itertools
from pathlib import Path

import numpy as np

from rows import Columns

NUMBERS = ("Run", "Event", "Q1", "Q2")
KINEMATICS = ("pt1", "eta1", "phi1", "pt2", "eta2", "phi2")
TREE = "events"


def read_pairs(path: Path, first: int, count: int) -> Columns:
    """Fewer rows than `count`, or none, where the file ends before."""
    read = read_tree if path.suffix == ".root" else read_csv
    return read(path, first, count)


def read_csv(path: Path, first: int, count: int) -> Columns:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(itertools.islice(csv.DictReader(lines), first, first + count))
    columns: Columns = {
        name: np.array([float(row[name]) for row in rows], dtype=np.float64) for name in KINEMATICS
    }
    for name in NUMBERS:
        columns[name] = np.array([int(row[name]) for row in rows], dtype=np.int64)
    return columns


def read_tree(path: Path, first: int, count: int) -> Columns:
    import uproot  # only ROOT files need it, and it takes half a second to load

    with uproot.open(path) as file:
        tree = file[TREE]
        stop = min(first + count, tree.num_entries)
        columns: Columns = tree.arrays(
            [*NUMBERS, *KINEMATICS], library="np", entry_start=min(first, stop), entry_stop=stop
        )
    return columns
