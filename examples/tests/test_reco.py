"""Tracks and jets of a few events: complete, true, and the same in any split."""

from pathlib import Path

import numpy as np

from conftest import EVENTS, Run, Sample
from detector import CURVE, LAYERS
from histogram import read_histogram
from readout import read_readout
from rows import read_rows
from track_fit import fit
from whole_file import read_json


def test_a_perfect_helix_is_fitted_exactly() -> None:
    """2 GeV, starting at phi 0.3 and z 4 mm, a slope of 0.7."""
    curvature = CURVE / (2 * 2.0)
    turn = np.arcsin(curvature * LAYERS)
    fits = fit((0.3 - turn)[None, :], (4 + 0.7 * turn / curvature)[None, :])
    found = [fits.phi0[0], fits.curvature[0], fits.z0[0], fits.slope[0]]
    assert np.allclose(found, [0.3, curvature, 4, 0.7], atol=1e-9)
    assert fits.chi2[0] < 1e-9


def test_most_particles_are_found_and_no_track_is_false(sample: Sample) -> None:
    counts = read_json(sample.counts)
    assert counts["events"] == EVENTS
    assert counts["found"] > 0.96 * counts["findable"] > 100
    assert counts["matched"] >= counts["tracks"] - 1
    assert counts["conditions"] == {"efficiency": "0.98", "noise": "3"}


def test_no_particle_is_found_twice(sample: Sample) -> None:
    tracks = read_rows(sample.tracks)
    pairs = set(zip(tracks["event"].tolist(), tracks["truth"].tolist(), strict=True))
    assert len(pairs) == len(tracks["truth"])


def test_tables_and_histograms_agree(sample: Sample) -> None:
    tracks, jets = read_rows(sample.tracks), read_rows(sample.jets)
    counts = read_json(sample.counts)
    assert (
        len(tracks["pt"]) == counts["tracks"] == read_histogram(sample.quality, "track_pt").entries
    )
    assert len(jets["pt"]) == counts["jets"] == read_histogram(sample.quality, "jet_pt").entries
    assert counts["jets"] >= EVENTS / 2, "a Z above 250 GeV recoils from something"


def test_rows_have_a_key_of_their_own(sample: Sample) -> None:
    for path, key in ((sample.tracks, "track"), (sample.jets, "jet")):
        rows = read_rows(path)
        keys = list(zip(rows["event"].tolist(), rows[key].tolist(), strict=True))
        assert keys == sorted(set(keys))


def test_no_jets_are_a_table_too(run: Run, sample: Sample, tmp_path: Path) -> None:
    jets = tmp_path / "jets.parquet"
    run("reco", "--in", sample.hits, "--min-jet-pt", 10_000, "--jets", jets)
    rows = read_rows(jets)
    assert len(rows["pt"]) == 0
    assert rows["pt"].dtype == np.float32
    assert list(tmp_path.iterdir()) == [jets]


def test_an_event_of_a_readout_has_its_own_hits_only(sample: Sample) -> None:
    readout = read_readout(sample.hits)
    lengths = [len(readout.of_event(event)["h_phi"]) for event in readout.events]
    assert sum(lengths) == len(readout.arrays["h_event"])
    assert min(lengths) > 0
