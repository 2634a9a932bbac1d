"""Histograms count each value once and follow the UHI schema."""

import importlib.resources
import json
from pathlib import Path

import pytest

from histogram import Axis, fill, read_histogram, write_histograms


def test_edges_belong_to_the_bin_above() -> None:
    filled = fill(Axis(0.0, 3.0, 3), [-0.1, 0.0, 0.9, 1.0, 2.999, 3.0, 1e9])
    assert filled.counts.tolist() == [1, 2, 1, 1, 2]


def test_a_file_follows_the_schema_and_reads_back(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    uhi = pytest.importorskip("uhi")
    path = tmp_path / "h.json"
    filled = fill(Axis(60.0, 120.0, 60), [91.2, 91.3, 70.0], "pair mass / GeV")
    write_histograms(path, {"mass": filled})
    resources = importlib.resources.files(uhi) / "resources"
    schema = json.loads((resources / "histogram.schema.json").read_text())
    content = json.loads(path.read_text())["mass"]
    jsonschema.validate(content, schema)
    assert "writer_info" not in content
    again = read_histogram(path, "mass")
    assert again.counts.tolist() == filled.counts.tolist()
    assert (again.axis, again.label) == (filled.axis, filled.label)


def test_no_values_are_a_histogram_too() -> None:
    assert fill(Axis(0.0, 1.0, 4), []).entries == 0
