"""Programs run in this process, by name; small inputs are generated from seeds, once a session."""

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from unsplit import PROGRAMS, data_folder

sys.path[:0] = [str(folder) for folder in PROGRAMS]

Run = Callable[..., None]


def run_program(name: str, *arguments: object) -> None:
    """Calls a program's `main` as if these were its arguments."""
    before = sys.argv
    sys.argv = [f"{name}.py", *(str(argument) for argument in arguments)]
    try:
        importlib.import_module(name).main()
    finally:
        sys.argv = before


@pytest.fixture(scope="session")
def run() -> Run:
    return run_program


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real inputs; tests that need it are skipped without it."""
    folder = data_folder()
    if not folder.is_dir():
        pytest.skip(f"no real inputs in {folder}: set ERGON_DATA")
    return folder


@dataclass(frozen=True)
class Sample:
    """Twenty Z → μμ events beside a jet, at each stage."""

    particles: Path
    hits: Path
    tracks: Path
    jets: Path
    quality: Path
    counts: Path


EVENTS = 20


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    pytest.importorskip("pythia8mc", reason="the generator is not installed")
    pytest.importorskip("fastjet", reason="the jet finder is not installed")
    folder = tmp_path_factory.mktemp("sample")
    particles, hits = folder / "particles.parquet", folder / "hits.npz"
    run_program(
        "gen", "--process", "zmumu-boosted", "--events", EVENTS, "--seeds", 11, "--out", particles
    )
    run_program("sim", "--in", particles, "--seed", 5, "--out", hits)
    made = Sample(
        particles,
        hits,
        folder / "tracks.parquet",
        folder / "jets.parquet",
        folder / "quality.json",
        folder / "counts.json",
    )
    outputs = [f"--{name}={getattr(made, name)}" for name in ("tracks", "jets", "quality")]
    run_program("reco", "--in", hits, *outputs, "--counts", made.counts)
    return made
