"""A merge of tables is the same however it is nested, and refuses a row that came twice."""

from pathlib import Path

import numpy as np
import pytest

from conftest import Run
from merge_rows import DuplicateKey
from rows import read_rows, write_rows


@pytest.fixture
def pieces(tmp_path: Path) -> list[Path]:
    """Five tables of three rows each, with two keys."""
    paths = [tmp_path / f"{piece}.parquet" for piece in range(5)]
    for piece, path in enumerate(paths):
        event = np.array([piece, piece, piece + 100])
        score = np.array([0.5, 0.25, piece], dtype=np.float32)
        write_rows(path, {"event": event, "jet": np.array([1, 0, 0]), "score": score})
    return paths


def merge(run: Run, out: Path, *inputs: Path) -> Path:
    run("merge_rows", "--keys", "event", "jet", "--out", out, *inputs)
    return out


def test_nesting_and_order_leave_the_bytes_alone(
    run: Run, tmp_path: Path, pieces: list[Path]
) -> None:
    flat = merge(run, tmp_path / "flat", *pieces)
    left = merge(run, tmp_path / "left", *pieces[:3])
    right = merge(run, tmp_path / "right", *reversed(pieces[3:]))
    nested = merge(run, tmp_path / "nested", right, left)
    assert flat.read_bytes() == nested.read_bytes()
    assert merge(run, tmp_path / "one", flat).read_bytes() == flat.read_bytes()
    rows = read_rows(flat)
    assert rows["event"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 100, 101, 102, 103, 104]
    assert rows["jet"].tolist() == [0, 1] * 5 + [0] * 5


def test_a_piece_that_went_in_twice_is_refused(
    run: Run, tmp_path: Path, pieces: list[Path]
) -> None:
    with pytest.raises(DuplicateKey, match="3 rows"):
        merge(run, tmp_path / "twice", pieces[0], pieces[1], pieces[0])
    assert not (tmp_path / "twice").exists()
