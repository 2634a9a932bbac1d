"""Muon pairs among tracks: hard, isolated, of opposite charge."""

from pathlib import Path

import numpy as np
import pytest

from conftest import Run, Sample
from rows import Columns, read_rows
from select_pairs import select
from whole_file import read_json


def tracks(**changes: list[float]) -> Columns:
    """One event: two muons of 45.6 GeV back to back, which have the mass 91.2 GeV."""
    columns: dict[str, list[float]] = {
        "event": [3, 3],
        "pt": [45.6, 45.6],
        "eta": [0, 0],
        "phi": [0, np.pi],
        "charge": [1, -1],
    }
    columns |= changes
    whole = {"event", "charge"}
    return {n: np.array(c, dtype=np.int64 if n in whole else float) for n, c in columns.items()}


def test_back_to_back_muons_have_twice_their_pt_as_mass() -> None:
    pairs, flow = select(tracks(), 20)
    assert pairs["mass"].tolist() == pytest.approx([91.2])
    assert flow.counts()["passed"] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("changes", "passed"),
    [
        ({"pt": [45.6, 19.0]}, [1, 0, 0, 0]),
        ({"charge": [1, 1]}, [1, 1, 0, 0]),
        ({"pt": [85.6, 85.6]}, [1, 1, 1, 0]),
    ],
)
def test_each_cut_cuts(changes: dict[str, list[float]], passed: list[int]) -> None:
    assert select(tracks(**changes), 20)[1].counts()["passed"] == passed


@pytest.mark.parametrize(("nearby_pt", "passed"), [(4.0, 1), (5.0, 0)])
def test_a_muon_inside_a_jet_does_not_count(nearby_pt: float, passed: int) -> None:
    crowd = tracks(
        event=[3, 3, 3],
        pt=[45.6, 45.6, nearby_pt],
        eta=[0, 0, 0.1],
        phi=[0, np.pi, 0.1],
        charge=[1, -1, 1],
    )
    assert select(crowd, 20)[1].counts()["passed"][1] == passed


def test_generated_pairs_are_near_the_z(run: Run, sample: Sample, tmp_path: Path) -> None:
    outputs = {name: tmp_path / name for name in ("pairs", "mass", "counts")}
    run("select_pairs", "--in", sample.tracks, *(f"--{n}={p}" for n, p in outputs.items()))
    mass = read_rows(outputs["pairs"])["mass"]
    assert len(mass) == read_json(outputs["counts"])["passed"][-1] >= 4
    assert 84 < np.median(mass) < 97
