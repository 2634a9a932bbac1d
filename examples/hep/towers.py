"""Write calorimeter towers as text, one a line: event, px, py, pz, e (GeV), for the C++ step.

towers.py --in hits.npz --out towers.txt
"""

import argparse
from pathlib import Path

from detector import tower_momenta
from readout import read_readout
from whole_file import write_text


def lines_of(event: int, momenta: list[list[float]]) -> list[str]:
    """Nine digits: enough to give the numbers back to float32."""
    return [f"{event} " + " ".join(f"{part:.9g}" for part in row) for row in momenta]


def main() -> None:
    parser = argparse.ArgumentParser(description="Write towers as text.")
    parser.add_argument("--in", dest="hits", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    readout = read_readout(options.hits)
    lines: list[str] = []
    for event in readout.events:
        arrays = readout.of_event(event)
        momenta = tower_momenta(arrays["t_cell"], arrays["t_e"].astype(float))
        lines += lines_of(event, momenta.tolist())
    write_text(options.out, "".join(line + "\n" for line in lines))


if __name__ == "__main__":
    main()
