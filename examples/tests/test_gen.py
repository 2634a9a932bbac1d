"""One stream of events a seed, numbered over the whole campaign."""

from pathlib import Path

import numpy as np
import pytest

from conftest import Run
from rows import read_rows, read_settings

pytest.importorskip("pythia8mc", reason="the generator is not installed")


@pytest.mark.parametrize(
    ("ergon", "pythia"), [(1, 1), (0, 900_000_000), (900_000_001, 1), (2**53 - 1, 154_740_991)]
)
def test_seeds_are_reduced_into_the_range_of_pythia(ergon: int, pythia: int) -> None:
    from gen import pythia_seed

    assert pythia_seed(ergon) == pythia
    assert pythia % 900_000_000 == ergon % 900_000_000


def test_a_task_of_two_seeds_is_two_tasks_of_one(run: Run, tmp_path: Path) -> None:
    def generate(name: str, first: int, *seeds: int) -> Path:
        out = tmp_path / name
        run(
            "gen", "--process", "zmumu", "--first", first, "--events", 3,
            "--seeds", *seeds, "--out", out,
        )  # fmt: skip
        return out

    both = read_rows(generate("both", 4, 2**53 - 1, 77))
    one, other = (read_rows(generate(f"{n}", 4 + n, s)) for n, s in enumerate((2**53 - 1, 77)))
    assert np.unique(both["event"]).tolist() == [12, 13, 14, 15, 16, 17]
    for name, column in both.items():
        assert np.array_equal(column, np.concatenate([one[name], other[name]])), name
    assert read_settings(tmp_path / "both") == {
        "process": "zmumu",
        "first_event": 12,
        "events": 6,
    }


def test_energy_is_conserved(run: Run, tmp_path: Path) -> None:
    run("gen", "--process", "qcd", "--events", 2, "--seeds", 8, "--out", tmp_path / "events")
    rows = read_rows(tmp_path / "events")
    for event in (0, 1):
        assert rows["e"][rows["event"] == event].astype(float).sum() == pytest.approx(13000, abs=1)
