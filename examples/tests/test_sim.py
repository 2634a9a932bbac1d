"""The detector's response to an event depends on the seed and the event's number alone."""

from pathlib import Path

import numpy as np

from conftest import EVENTS, Run, Sample
from detector import LAYERS
from helix import Helices
from readout import read_readout
from rows import read_rows
from sim import Conditions, simulate


def test_ranges_joined_are_the_whole(sample: Sample) -> None:
    particles = read_rows(sample.particles)
    whole = read_readout(sample.hits).arrays
    halves = [simulate(particles, part, 5, Conditions()) for part in (range(7), range(7, EVENTS))]
    for name, array in whole.items():
        assert np.array_equal(array, np.concatenate([half[name] for half in halves])), name


def test_twice_is_the_same_bytes_and_another_seed_is_not(
    run: Run, sample: Sample, tmp_path: Path
) -> None:
    for name, seed in (("again", 5), ("other", 6)):
        run("sim", "--in", sample.particles, "--seed", seed, "--out", tmp_path / name)
    assert (tmp_path / "again").read_bytes() == sample.hits.read_bytes()
    assert (tmp_path / "other").read_bytes() != sample.hits.read_bytes()


def test_a_particle_crosses_the_layers_inside_its_helix() -> None:
    """1 GeV in 3.8 T: a radius of 877 mm, so a reach of 1754 mm from the beam."""
    origin, momentum = np.zeros((1, 3)), np.array([[1.0, 0.0, 0.5]])
    helix = Helices.starting(origin, momentum, np.array([1.0]))
    assert np.isclose(helix.radius[0], 877.2, atol=0.1)
    for layer in LAYERS:
        crossing = helix.crossings(float(layer))
        assert np.isclose(np.hypot(crossing.x, crossing.y)[0], layer)
        assert crossing.y[0] < 0, "a positive charge turns clockwise in a field along z"
    assert len(helix.crossings(1800.0).which) == 0


def test_a_worse_tracker_has_fewer_hits(sample: Sample) -> None:
    particles = read_rows(sample.particles)
    good = simulate(particles, range(5), 5, Conditions(1.0, 0.0))
    bad = simulate(particles, range(5), 5, Conditions(0.5, 0.0))
    share = len(bad["h_phi"]) / len(good["h_phi"])
    assert 0.45 < share < 0.55
    assert (good["h_truth"] >= 0).all(), "without noise every hit has a particle"


def test_the_shared_hits_come_out_again(run: Run, shared: Path, tmp_path: Path) -> None:
    run("gen", "--process", "ttbar", "--events", 10, "--seeds", 11, "--out", tmp_path / "events")
    run("sim", "--in", tmp_path / "events", "--seed", 11, "--out", tmp_path / "hits")
    ours = read_readout(tmp_path / "hits").arrays
    with np.load(shared / "sim" / "hits_ttbar_seed11.npz") as archive:
        theirs = {name: archive[name] for name in archive.files if name != "meta.json"}
    for name, array in theirs.items():
        first_ten = theirs[f"{name[0]}_event"] < 10
        assert np.array_equal(ours[name], array[first_ten]), name
