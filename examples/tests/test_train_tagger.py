"""The tagger learns what can be learned, and the ONNX file says what the network says."""

from pathlib import Path

import numpy as np
import pytest

from conftest import Run
from detector import FloatArray
from jet_features import FEATURES
from perceptron import Perceptron
from rows import read_rows, write_rows
from train_tagger import TEST_EVERY, area_under_curve, inputs_of, labelled
from whole_file import read_json

onnxruntime = pytest.importorskip("onnxruntime", reason="the inference library is not installed")

JETS = 300


@pytest.fixture
def tables(tmp_path: Path) -> dict[str, Path]:
    """Jets whose first two features differ by one standard deviation, in quadrature 1.4."""
    random = np.random.default_rng(12)
    paths = {kind: tmp_path / f"{kind}.parquet" for kind in ("top", "light")}
    for kind, path in paths.items():
        columns = {name: random.normal(3, 1, JETS).astype(np.float32) for name in FEATURES}
        if kind == "top":
            for name in FEATURES[:2]:
                columns[name] += np.float32(1)
        write_rows(path, {"event": np.arange(JETS)} | columns)
    return paths


def training_rows(tables: dict[str, Path]) -> tuple[FloatArray, FloatArray]:
    """Inputs and labels that are not held out."""
    inputs, labels, events = labelled(*(read_rows(tables[kind]) for kind in ("top", "light")))
    kept = events % TEST_EVERY != 0
    return inputs[kept], labels[kept]


def train(run: Run, tables: dict[str, Path], folder: Path, seed: int) -> tuple[Path, Path]:
    model, report = folder / f"{seed}.onnx", folder / f"{seed}.json"
    inputs = [f"--{kind}={path}" for kind, path in tables.items()]
    run("train_tagger", *inputs, "--seed", seed, "--model", model, "--report", report)
    return model, report


def test_it_learns_and_not_more_than_there_is(
    run: Run, tables: dict[str, Path], tmp_path: Path
) -> None:
    """The best area for this difference is Φ(1.41 / 1.41) = 0.841; 150 jets are held out."""
    _, report = train(run, tables, tmp_path, 2**53 - 1)
    found = read_json(report)
    assert found["test_top"] == found["test_light"] == JETS / 4
    assert 0.74 < found["area"] < 0.91


def test_the_same_seed_gives_the_same_bytes(
    run: Run, tables: dict[str, Path], tmp_path: Path
) -> None:
    first = train(run, tables, tmp_path, 7)[0].read_bytes()
    assert train(run, tables, tmp_path, 7)[0].read_bytes() == first
    assert train(run, tables, tmp_path, 8)[0].read_bytes() != first


def test_the_exported_model_gives_probabilities(
    run: Run, tables: dict[str, Path], tmp_path: Path
) -> None:
    model, _ = train(run, tables, tmp_path, 7)
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    scores = []
    network = Perceptron.trained(*training_rows(tables), 7)
    for kind in ("light", "top"):
        inputs = inputs_of(read_rows(tables[kind])).astype(np.float32)
        (probabilities,) = session.run(["probabilities"], {"features": inputs})
        assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-6)
        assert np.allclose(
            probabilities[:, 1], network.probability(inputs.astype(float)), atol=1e-5
        )
        scores.append(probabilities[:, 1])
    labels = np.repeat([0.0, 1.0], JETS)
    assert area_under_curve(np.concatenate(scores), labels) > 0.78


def test_the_area_of_a_perfect_order_is_one_and_of_ties_a_half() -> None:
    labels = np.array([0.0, 0.0, 1.0])
    assert area_under_curve(np.array([0.1, 0.2, 0.3]), labels) == 1
    assert area_under_curve(np.array([0.2, 0.2, 0.2]), labels) == 0.5
