"""Scores of the shared jets: known numbers, whatever the ranges of rows."""

from pathlib import Path

import numpy as np
import pytest

from conftest import Run
from histogram import read_histogram
from infer import jet_numbers
from rows import read_rows
from whole_file import read_json

pytest.importorskip("onnxruntime", reason="the inference library is not installed")


def score(run: Run, shared: Path, folder: Path, first: int, count: int) -> Path:
    folder.mkdir()
    outputs = [f"--{name}={folder / name}" for name in ("scores", "histogram", "counts")]
    run(
        "infer", "--model", shared / "model" / "jet_tagger.onnx",
        "--in", shared / "sim" / "jets_seed106.parquet",
        "--first", first, "--count", count, *outputs,
    )  # fmt: skip
    return folder


def test_the_known_number_of_jets_is_tagged(run: Run, shared: Path, tmp_path: Path) -> None:
    counts = read_json(score(run, shared, tmp_path / "all", 0, 2316) / "counts")
    assert (counts["jets"], counts["tagged"]) == (2316, 383)
    assert counts["model"].startswith("b74386bd")
    assert read_histogram(tmp_path / "all" / "histogram", "score").entries == 2316


def test_a_range_cut_inside_an_event_scores_the_same(
    run: Run, shared: Path, tmp_path: Path
) -> None:
    whole = read_rows(score(run, shared, tmp_path / "all", 0, 700) / "scores")
    cuts = ((0, 333), (333, 300), (633, 67))
    parts = [read_rows(score(run, shared, tmp_path / f"{f}", f, n) / "scores") for f, n in cuts]
    for name, column in whole.items():
        assert np.array_equal(column, np.concatenate([part[name] for part in parts])), name


def test_a_range_past_the_end_has_no_rows(run: Run, shared: Path, tmp_path: Path) -> None:
    empty = score(run, shared, tmp_path / "empty", 5000, 10)
    assert read_json(empty / "counts")["jets"] == 0
    assert len(read_rows(empty / "scores")["score"]) == 0


def test_jets_are_numbered_within_their_event() -> None:
    assert jet_numbers(np.array([4, 4, 9, 2, 2, 2])).tolist() == [0, 1, 0, 0, 1, 2]
    assert jet_numbers(np.zeros(0, dtype=np.int64)).tolist() == []
