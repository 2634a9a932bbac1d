"""Track finding over a grid of detector conditions: one row a grid point, as CSV and as text.

    grid_table.py --csv grid.csv --txt grid.txt counts.json counts.json …

The inputs are counts of `reco.py`; they say themselves under which conditions they were made.
"""

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from whole_file import read_json, write_text

Point = tuple[float, float]
"""Efficiency of a layer, mean noise hits a layer."""

SUMMED = ("events", "findable", "found", "tracks", "matched")


def summed(pieces: list[dict[str, Any]]) -> dict[Point, Counter[str]]:
    """Sorted by point."""
    sums: dict[Point, Counter[str]] = {}
    for piece in pieces:
        conditions = piece["conditions"]
        point = (float(conditions["efficiency"]), float(conditions["noise"]))
        sums.setdefault(point, Counter()).update({name: piece[name] for name in SUMMED})
    return dict(sorted(sums.items()))


def csv_of(sums: dict[Point, Counter[str]]) -> str:
    lines = ["efficiency,noise," + ",".join(SUMMED)]
    for (efficiency, noise), counts in sums.items():
        numbers = ",".join(str(counts[name]) for name in SUMMED)
        lines.append(f"{efficiency:g},{noise:g},{numbers}")
    return "\n".join(lines) + "\n"


def text_of(sums: dict[Point, Counter[str]]) -> str:
    """Shares in percent: of findable particles found, of tracks that are false."""
    lines = ["hit efficiency  noise  events    found  false tracks"]
    for (efficiency, noise), counts in sums.items():
        found = 100 * counts["found"] / max(counts["findable"], 1)
        false = 100 * (counts["tracks"] - counts["matched"]) / max(counts["tracks"], 1)
        blocks = "█" * round(found / 4)
        lines.append(
            f"{efficiency:>14.2f}{noise:>7g}{counts['events']:>8}{found:>7.1f} %{false:>11.2f} %"
            f"  {blocks}"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Tabulate a grid of conditions.")
    parser.add_argument("--csv", type=Path, required=True)
    parser.add_argument("--txt", type=Path, required=True)
    parser.add_argument("inputs", type=Path, nargs="+")
    options = parser.parse_args()
    sums = summed([read_json(path) for path in options.inputs])
    write_text(options.csv, csv_of(sums))
    write_text(options.txt, text_of(sums))


if __name__ == "__main__":
    main()
