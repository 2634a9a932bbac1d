"""NanoAOD in a tree and muons in an RNTuple."""

from pathlib import Path

import numpy as np
import pytest

from conftest import Run
from histogram import Histogram, read_histogram
from whole_file import read_json

pytest.importorskip("uproot", reason="the ROOT reader is not installed")

TREE = "nanoAOD_2015_CMS_Open_Data_ttbar.root"
RNTUPLE = "Run2012BC_DoubleMuParked_1000evts_rntuple.root"


def select(run: Run, file: Path, folder: Path, first: int, count: int) -> Path:
    folder.mkdir()
    outputs = [f"--{name}={folder / name}" for name in ("histograms", "counts")]
    run("select_nano", "--in", file, "--first", first, "--count", count, *outputs)
    return folder


def near(histogram: Histogram, low: int, high: int) -> int:
    """Entries between two whole GeV; the bins are one wide from zero on."""
    return int(histogram.inside[low:high].sum())


def test_real_muon_pairs_show_the_j_psi_and_the_z(run: Run, shared: Path, tmp_path: Path) -> None:
    found = select(run, shared / "cms" / RNTUPLE, tmp_path / "all", 0, 1000)
    assert read_json(found / "counts") == {"entries": 1000, "pairs": 611}
    mass = read_histogram(found / "histograms", "mass")
    assert near(mass, 3, 4) == 77
    assert near(mass, 86, 96) > 5 * near(mass, 100, 110)


def test_entry_ranges_add_up(run: Run, shared: Path, tmp_path: Path) -> None:
    whole = select(run, shared / "cms" / TREE, tmp_path / "all", 0, 200)
    parts = [
        select(run, shared / "cms" / TREE, tmp_path / f"{first}", first, 80)
        for first in (0, 80, 160, 240)
    ]
    for name in ("jets", "jet_sum", "muons", "mass"):
        expected = read_histogram(whole / "histograms", name).counts
        pieces = [read_histogram(part / "histograms", name).counts for part in parts]
        assert np.sum(pieces, axis=0).tolist() == expected.tolist(), name
    assert [read_json(part / "counts")["entries"] for part in parts] == [80, 80, 40, 0]
