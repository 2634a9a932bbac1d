"""Data quality by run, over real runs and made-up ones."""

from pathlib import Path

import numpy as np
import pytest

from conftest import Run
from dqm_runs import distance
from unsplit import data_quality
from whole_file import read_json


def test_the_known_runs_are_flagged(shared: Path, tmp_path: Path) -> None:
    outputs = data_quality(tmp_path)
    assert read_json(outputs["compare.counts"]) == {"good": 16, "bad": 2, "few events": 1}
    flags = [row.split(",") for row in outputs["compare.flags"].read_text().splitlines()[1:]]
    assert [row[0] for row in flags if row[-1] == "bad"] == ["172411", "172952"]
    assert sum(int(row[1]) for row in flags) == 10_583
    assert len(outputs["list.runs"].read_text().split()) == 19


def test_fills_of_all_runs_add_up_to_the_table(run: Run, shared: Path, tmp_path: Path) -> None:
    table = shared / "cms" / "Zmumu_Run2011A.csv"
    added = np.zeros(24, dtype=np.int64)
    for number in (160957, 163340, 163233):
        run("dqm_runs", "fill", "--in", table, "--run", number, "--out", tmp_path / "fill")
        added += read_json(tmp_path / "fill")["histograms"]["pt1"]
    assert added.sum() == 404 + 41 + 63


@pytest.mark.parametrize("seed", range(3))
def test_two_samples_of_one_distribution_are_about_one_apart(seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = np.full(40, 1 / 40)
    small, large = random.multinomial(800, shape), random.multinomial(9000, shape)
    assert 0.4 < distance(small, large) < 1.8
    shifted = random.multinomial(800, np.roll(np.linspace(1, 3, 40) / 80, 3))
    assert distance(shifted, large) > 2


def test_bins_empty_in_both_do_not_count() -> None:
    one, other = np.array([4, 6, 0]), np.array([40, 60, 0])
    assert distance(one, other) == pytest.approx(0)
    assert distance(np.array([6, 4, 0]), other) == distance(np.array([6, 4]), other[:2])
