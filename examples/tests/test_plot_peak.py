"""The drawing shows the numbers it was given."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from conftest import Run
from fit_peak import fit
from histogram import Axis, fill, write_histograms
from peak_as_text import EIGHTHS, ROWS, bar, draw, round_up
from whole_file import write_json

MASS = Axis(60.0, 120.0, 60)
HISTOGRAM = fill(MASS, np.random.default_rng(4).normal(91, 2, 3000), "pair mass / GeV")


@pytest.mark.parametrize(
    ("value", "ceiling"), [(0, 4), (3, 4), (5, 8), (41, 48), (319, 320), (1190, 1200)]
)
def test_the_axis_ends_at_a_round_number_above(value: float, ceiling: float) -> None:
    assert round_up(value) == ceiling


def test_a_bar_is_as_high_as_its_share() -> None:
    column = bar(0.5)
    assert column[: ROWS // 2] == ["█"] * (ROWS // 2)
    assert set(column[ROWS // 2 :]) == {" "}
    assert bar(1 / ROWS / 8)[0] == EIGHTHS[1]


def test_the_highest_column_is_the_bin_of_the_peak() -> None:
    lines = draw(HISTOGRAM, fit(HISTOGRAM, 6))
    drawn = [line[10:] for line in lines if "┤" in line]
    top = next(line for line in drawn if "█" in line or "•" in line)
    columns = [column for column, character in enumerate(top) if character != " "]
    assert int(HISTOGRAM.inside.argmax()) in columns
    assert min(columns) >= 29 and max(columns) <= 32


def test_both_pictures_carry_the_result(run: Run, tmp_path: Path) -> None:
    write_histograms(tmp_path / "mass.json", {"mass": HISTOGRAM})
    write_json(tmp_path / "flow.json", {"cuts": ["all", "mass"], "passed": [4000, 3000]})
    write_json(tmp_path / "tags.json", {"jets": 200, "tagged": 3})
    run("fit_peak", "--in", tmp_path / "mass.json", "--half", 6, "--out", tmp_path / "fit.json")
    svg, txt = tmp_path / "peak.svg", tmp_path / "peak.txt"
    run(
        "plot_peak", "--in", tmp_path / "mass.json", "--fit", tmp_path / "fit.json",
        "--title", "Z → μμ & more", "--svg", svg, "--txt", txt,
        "--cut-flow", tmp_path / "flow.json", "--tags", tmp_path / "tags.json",
    )  # fmt: skip
    peak = fit(HISTOGRAM, 6)
    result = f"{peak.mean:.2f} ± {peak.mean_error:.2f} GeV"
    picture = ElementTree.fromstring(svg.read_text(encoding="utf-8"))
    assert result in "".join(picture.itertext())
    text = txt.read_text(encoding="utf-8")
    assert text.startswith("Z → μμ & more\n")
    assert result in text
    assert "4,000  " + "█" * 30 in text
    assert "200 scored, 3 of them look like a top quark (1.5 %)" in text
    assert max(len(line) for line in text.splitlines()) <= 80
