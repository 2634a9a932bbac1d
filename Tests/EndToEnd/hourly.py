"""Twenty tasks of an hour, and what power is like hour by hour on the first of June 2020."""

from pathlib import Path

CAMPAIGN = """
steps:
  first:
    split: {seeds: 20}
    run: ["true", "{seeds}"]
    resources: {cpus: 1, memory: 1 GiB, time: 1 h, limit: 2 h}
"""


def grid(folder: Path, text: str) -> Path:
    path = folder / "grid.yaml"
    path.write_text(text)
    return path


def carbon(folder: Path, values: list[float]) -> None:
    """A signal in grams a kilowatt hour, in `carbon.csv`."""
    lines = [f"2020-06-01T{hour:02}:00Z,{value}" for hour, value in enumerate(values)]
    (folder / "carbon.csv").write_text("\n".join(["time,grams", *lines]) + "\n")
