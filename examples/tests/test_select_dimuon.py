"""The Z in CMS open data: known numbers, whatever the ranges."""

from pathlib import Path

import numpy as np
import pytest

from conftest import Run
from dimuon_table import read_pairs
from fit_peak import fit
from histogram import read_histogram
from rows import read_rows
from whole_file import read_json


def select(run: Run, table: Path, folder: Path, first: int, count: int) -> Path:
    folder.mkdir()
    outputs = [f"--{name}={folder / name}" for name in ("pairs", "mass", "counts")]
    run("select_dimuon", "--in", table, "--first", first, "--count", count, *outputs)
    return folder


@pytest.fixture(scope="session")
def table(shared: Path) -> Path:
    return shared / "cms" / "Zmumu_Run2011A.csv"


def test_cut_flow_and_peak_are_the_known_ones(run: Run, table: Path, tmp_path: Path) -> None:
    whole = select(run, table, tmp_path / "whole", 0, 10583)
    assert read_json(whole / "counts") == {
        "cuts": ["all", "opposite_charge", "pt", "eta", "mass"],
        "passed": [10583, 10227, 8989, 8470, 8470],
    }
    peak = fit(read_histogram(whole / "mass", "mass"), 6)
    assert (peak.mean, peak.mean_error) == pytest.approx((90.858, 0.056), abs=1e-3)


def test_ranges_add_up_to_the_whole(run: Run, table: Path, tmp_path: Path) -> None:
    whole = select(run, table, tmp_path / "whole", 0, 3000)
    parts = [select(run, table, tmp_path / f"{f}", f, 1000) for f in (0, 1000, 2000)]
    pieces = [read_json(part / "counts")["passed"] for part in parts]
    assert np.sum(pieces, axis=0).tolist() == read_json(whole / "counts")["passed"]
    rows = np.concatenate([read_rows(part / "pairs")["row"] for part in parts])
    assert rows.tolist() == read_rows(whole / "pairs")["row"].tolist()


def test_a_range_past_the_end_has_no_rows(run: Run, table: Path, tmp_path: Path) -> None:
    empty = select(run, table, tmp_path / "empty", 20_000, 1500)
    assert read_json(empty / "counts")["passed"] == [0, 0, 0, 0, 0]
    assert len(read_rows(empty / "pairs")["row"]) == 0


def test_a_tree_reads_like_a_table(shared: Path) -> None:
    pytest.importorskip("uproot", reason="the ROOT reader is not installed")
    tree = shared / "cms" / "uproot-Zmumu.root"
    columns = read_pairs(tree, 2300, 100)
    assert {len(column) for column in columns.values()} == {4}
    assert {len(column) for column in read_pairs(tree, 9000, 100).values()} == {0}
