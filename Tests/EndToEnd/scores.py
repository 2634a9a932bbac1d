"""A campaign with data, a model and merges, and its home when the coordinator has ended."""

from pathlib import Path

from ergon import Ergon

CAMPAIGN = """
seed: 7
inputs:
  hits: {files: hits.txt, licence: CC0-1.0}
  tagger: {files: tagger.onnx, licence: Apache-2.0}
steps:
  score:
    over: hits
    split: {lines: 2}
    with: {model: tagger}
    run: [sh, -c, 'cat {input} {with.model} > {out.scores}; echo {index} > {out.note}']
    outputs: {scores: {file: scores.txt, merge: lines}, note: {file: note.txt}}
"""


def scored(folder: Path) -> tuple[Ergon, Path]:
    """Runs it, and names the coordinator's home."""
    ergon = Ergon(folder)
    (folder / "hits.txt").write_text("".join(f"{number}\n" for number in range(5)))
    (folder / "tagger.onnx").write_text("weights\n")
    ergon("run", ergon.manifest(CAMPAIGN, "scores"))
    return ergon, folder / "ergon-runs" / "scores" / "1" / "coordinator"
