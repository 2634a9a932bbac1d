"""Train a jet tagger on generated jets and export it to ONNX.

    train_tagger.py --top top.parquet --light light.parquet --model tagger.onnx --report r.json

Jets of every fourth event are kept out of the training, to measure it. Labels are by process: a
light jet beside a top quark is called top too.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from detector import FloatArray
from jet_features import FEATURES
from perceptron import Perceptron
from rows import Columns, read_rows
from whole_file import replacing, write_json

OPSET = 17
IR_VERSION = 8
TEST_EVERY = 4


def inputs_of(jets: Columns) -> FloatArray:
    """Shape (n, 10)."""
    return np.stack([jets[name].astype(np.float64) for name in FEATURES], axis=1)


def labelled(top: Columns, light: Columns) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Inputs (n, 10), labels (n): 1 is top, event numbers (n)."""
    inputs = np.concatenate([inputs_of(top), inputs_of(light)])
    labels = np.concatenate([np.ones(len(top["event"])), np.zeros(len(light["event"]))])
    return inputs, labels, np.concatenate([top["event"], light["event"]])


def area_under_curve(scores: FloatArray, labels: FloatArray) -> float:
    """Chance that a top jet scores above a light one; ties count half (Mann and Whitney 1947)."""
    top, light = scores[labels == 1], np.sort(scores[labels == 0])
    below = np.searchsorted(light, top, side="left") + np.searchsorted(light, top, side="right")
    return float(below.sum()) / (2 * len(top) * len(light))


def report(network: Perceptron, inputs: FloatArray, labels: FloatArray) -> dict[str, Any]:
    scores = network.probability(inputs)
    threshold = np.quantile(scores[labels == 1], 0.5)
    return {
        "test_top": int(labels.sum()),
        "test_light": int((1 - labels).sum()),
        "area": round(area_under_curve(scores, labels), 4),
        "light_kept_at_half_top": round(float((scores[labels == 0] > threshold).mean()), 4),
    }


def to_onnx(network: Perceptron) -> bytes:
    """Input `features` (n, 10) float32, output `probabilities` (n, 2): light, top."""
    w1, b1, w2, b2 = network.weights
    scale = w1 / network.spread[:, None]
    tensors = {
        "w1": scale,
        "b1": b1 - network.mean @ scale,
        "w2": np.concatenate([np.zeros_like(w2), w2], axis=1),
        "b2": np.concatenate([np.zeros(1), b2]),
    }
    nodes = [
        helper.make_node("Gemm", ["features", "w1", "b1"], ["sums"]),
        helper.make_node("Relu", ["sums"], ["hidden"]),
        helper.make_node("Gemm", ["hidden", "w2", "b2"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    shapes = {"features": ("n", len(FEATURES)), "probabilities": ("n", 2)}
    ends = [helper.make_tensor_value_info(k, TensorProto.FLOAT, s) for k, s in shapes.items()]
    weights = [numpy_helper.from_array(t.astype(np.float32), k) for k, t in tensors.items()]
    graph = helper.make_graph(nodes, "jet_tagger", ends[:1], ends[1:], weights)
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
    helper.set_model_props(model, {"features": json.dumps(FEATURES)})
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the jet tagger.")
    for name in ("top", "light", "model", "report"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7, help="of the first weights")
    options = parser.parse_args()
    inputs, labels, events = labelled(read_rows(options.top), read_rows(options.light))
    test = events % TEST_EVERY == 0
    network = Perceptron.trained(inputs[~test], labels[~test], options.seed)
    with replacing(options.model) as partial:
        partial.write_bytes(to_onnx(network))
    write_json(options.report, report(network, inputs[test], labels[test]))


if __name__ == "__main__":
    main()
