"""A peak put in comes out, within its error."""

from pathlib import Path

import numpy as np
import pytest

from conftest import Run
from fit_peak import NoPeak, fit, read_peak
from histogram import Axis, fill, write_histograms

MASS = Axis(60.0, 120.0, 60)


def masses(seed: int, mean: float = 91.0, width: float = 2.0) -> "np.typing.NDArray[np.float64]":
    random = np.random.default_rng(seed)
    return np.concatenate([random.normal(mean, width, 4000), random.uniform(60, 120, 1200)])


@pytest.mark.parametrize("seed", range(5))
def test_a_known_peak_is_found(seed: int) -> None:
    peak = fit(fill(MASS, masses(seed)), 6)
    assert abs(peak.mean - 91) < 4 * peak.mean_error
    assert abs(peak.width - 2) < 4 * peak.width_error
    assert 0.02 < peak.mean_error < 0.08
    assert peak.entries == 5200


def test_where_the_curve_is_wrong_the_errors_grow() -> None:
    """Two peaks beside each other are no Gaussian."""
    one = fit(fill(MASS, masses(1)), 6)
    double = np.concatenate([masses(1, 90, 0.8), masses(2, 93, 0.8)])
    assert fit(fill(MASS, double), 6).mean_error > 2 * one.mean_error


def test_too_few_entries_are_refused() -> None:
    with pytest.raises(NoPeak, match="7 entries"):
        fit(fill(MASS, [91.0] * 7), 6)


def test_the_program_writes_what_the_plot_reads(run: Run, tmp_path: Path) -> None:
    histogram = fill(MASS, masses(3))
    write_histograms(tmp_path / "mass.json", {"mass": histogram})
    run("fit_peak", "--in", tmp_path / "mass.json", "--half", 6, "--out", tmp_path / "fit.json")
    assert read_peak(tmp_path / "fit.json") == fit(histogram, 6)
