"""Score jets with an ONNX model, over all rows of a table or a range of them.

    infer.py --model tagger.onnx --in jets.parquet --first 0 --count 400 --scores s.parquet \\
        --histogram h.json --counts c.json

The model takes `features` (n, k) and gives `probabilities` (n, 2); its metadata entry `features`
names the k columns. A range that starts past the end has zero rows, which is a result.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from detector import IntArray
from histogram import Axis, fill, write_histograms
from rows import Columns, read_rows, write_rows
from whole_file import write_json

TAGGED = 0.9
SCORE = Axis(0.0, 1.0, 50)


def session(model: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def scores_of(
    network: onnxruntime.InferenceSession, jets: Columns, rows: slice, batch: int
) -> NDArray[np.float32]:
    """Probability of a top jet, shape (rows). The batches do not depend on the rows' place."""
    names = json.loads(network.get_modelmeta().custom_metadata_map["features"])
    inputs = np.stack([jets[name][rows].astype(np.float32) for name in names], axis=1)
    parts = [
        network.run(["probabilities"], {"features": inputs[start : start + batch]})[0][:, 1]
        for start in range(0, len(inputs), batch)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)


def jet_numbers(event: IntArray) -> IntArray:
    """The place of each row among the rows of its event; rows of one event are together."""
    starts = np.concatenate([[True], event[1:] != event[:-1]]) if len(event) else np.zeros(0, bool)
    first = np.nonzero(starts)[0]
    return np.arange(len(event)) - np.repeat(first, np.diff(np.append(first, len(event))))


def main() -> None:
    parser = argparse.ArgumentParser(description="Score jets with an ONNX model.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--in", dest="jets", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--threads", type=int, default=1)
    for name in ("scores", "histogram", "counts"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    jets, model = read_rows(options.jets), options.model.read_bytes()
    stop = None if options.count is None else options.first + options.count
    rows = slice(options.first, stop)
    scores = scores_of(session(model, options.threads), jets, rows, options.batch)
    event = jets["event"].astype(np.int64)
    number = jets["jet"] if "jet" in jets else jet_numbers(event).astype(np.int32)
    scored = {"event": event[rows], "jet": number[rows], "score": scores}
    write_rows(options.scores, scored)
    write_histograms(options.histogram, {"score": fill(SCORE, scores, "chance of a top jet")})
    counts = {
        "jets": len(scores),
        "tagged": int((scores > TAGGED).sum()),
        "batch": options.batch,
        "threads": options.threads,
        "model": hashlib.sha256(model).hexdigest(),
        "onnxruntime": onnxruntime.__version__,
    }
    write_json(options.counts, counts)


if __name__ == "__main__":
    main()
