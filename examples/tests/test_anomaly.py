"""Unusual samples of a sensor: known numbers, whatever the ranges of rows."""

from pathlib import Path

import numpy as np
import pytest

from anomaly import held, scores
from conftest import Run
from whole_file import read_json


def flag(run: Run, channel: Path, folder: Path, first: int, count: int) -> tuple[list[str], Path]:
    """The rows flagged, and the counts."""
    folder.mkdir()
    flagged, counts = folder / "flagged.csv", folder / "counts.json"
    run(
        "anomaly", "--in", channel, "--first", first, "--count", count,
        "--flagged", flagged, "--counts", counts,
    )  # fmt: skip
    return flagged.read_text().splitlines()[1:], counts


@pytest.fixture(scope="session")
def channel(shared: Path) -> Path:
    return shared / "nab" / "machine_temperature_system_failure.csv"


def test_the_known_rows_are_flagged_in_every_split(run: Run, channel: Path, tmp_path: Path) -> None:
    whole, counts = flag(run, channel, tmp_path / "all", 0, 22_695)
    assert len(whole) == read_json(counts)["flagged"] == 491
    parts = [
        flag(run, channel, tmp_path / f"{first}", first, 3917) for first in range(0, 22_695, 3917)
    ]
    assert [row for rows, _ in parts for row in rows] == whole
    pieces = [read_json(piece)["scores"] for _, piece in parts]
    assert np.sum(pieces, axis=0).tolist() == read_json(counts)["scores"]
    assert sum(read_json(piece)["rows"] for _, piece in parts) == 22_695


def test_a_range_of_one_flagged_row_flags_it(run: Run, channel: Path, tmp_path: Path) -> None:
    """Its score and the two before it need all of the 290 rows that come first."""
    rows, _ = flag(run, channel, tmp_path / "all", 0, 22_695)
    for row in rows[:5]:
        number = int(row.split(",")[0])
        assert flag(run, channel, tmp_path / f"{number}", number, 1)[0] == [row]


def test_the_breakdown_is_among_them(run: Run, channel: Path, tmp_path: Path) -> None:
    """The last labelled window of the benchmark: 7 to 9 February 2014."""
    rows, _ = flag(run, channel, tmp_path / "all", 0, 22_695)
    times = [row.split(",")[1] for row in rows]
    assert any("2014-02-07 14:55:00" <= time <= "2014-02-09 14:05:00" for time in times)


@pytest.mark.parametrize("first", [22_695, 22_700, 30_000])
def test_a_range_past_the_end_is_empty(run: Run, channel: Path, tmp_path: Path, first: int) -> None:
    rows, counts = flag(run, channel, tmp_path / "empty", first, 100)
    assert rows == []
    assert read_json(counts)["rows"] == 0


def test_a_step_stands_out_by_its_size_in_spreads() -> None:
    """Before: -1 and 1 by turns, median 0, absolute deviation 1."""
    values = np.array([-1.0, 1.0] * 5 + [14.826])
    assert scores(values, 10)[-1] == pytest.approx(10)
    assert np.isnan(scores(values, 10)[:10]).all()


def test_a_run_must_be_long_enough() -> None:
    hot = np.array([True, True, False, True, True, True, True])
    assert held(hot, 3).tolist() == [False] * 5 + [True, True]
