"""Counts of one grid point add up; points stay apart and in order."""

from pathlib import Path

from conftest import Run
from whole_file import write_json


def test_pieces_add_by_point(run: Run, tmp_path: Path) -> None:
    pieces = []
    for number, (efficiency, noise, found) in enumerate(
        [("0.98", "0", 40), ("0.9", "30", 10), ("0.98", "0", 5)]
    ):
        counts = {"events": 2, "findable": 50, "found": found, "tracks": 60, "matched": 59}
        pieces.append(tmp_path / f"{number}.json")
        conditions = {"efficiency": efficiency, "noise": noise}
        write_json(pieces[-1], counts | {"conditions": conditions, "jets": 1})
    rows, text = tmp_path / "grid.csv", tmp_path / "grid.txt"
    run("grid_table", "--csv", rows, "--txt", text, *pieces)
    assert rows.read_text().splitlines() == [
        "efficiency,noise,events,findable,found,tracks,matched",
        "0.9,30,2,50,10,60,59",
        "0.98,0,4,100,45,120,118",
    ]
    first, second = text.read_text().splitlines()[1:]
    assert "20.0 %" in first and "1.67 %" in first
    assert "45.0 %" in second
