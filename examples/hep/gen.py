"""Generate proton-proton collisions at 13 TeV with Pythia 8: one random stream a seed.

    gen.py --process zmumu --first 4 --events 100 --seeds 88172 90021 --out events.parquet

Writes the stable particles, one row each. Seed number k of the campaign makes the events
k × events … k × events + events - 1, so a task of several seeds writes what tasks of one would.
"""

import argparse
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pythia8mc

from rows import Columns, write_rows
from whole_file import write_json

PROCESSES: dict[str, list[str]] = {
    "zmumu": [
        "WeakSingleBoson:ffbar2gmZ = on",
        "23:onMode = off",
        "23:onIfAny = 13",
        "PhaseSpace:mHatMin = 60",
        "PhaseSpace:mHatMax = 120",
    ],
    "zmumu-boosted": [
        "WeakBosonAndParton:qqbar2gmZg = on",
        "WeakBosonAndParton:qg2gmZq = on",
        "23:onMode = off",
        "23:onIfAny = 13",
        "23:mMin = 60",
        "23:mMax = 120",
        "PhaseSpace:pTHatMin = 250",
    ],
    "qcd": ["HardQCD:all = on", "PhaseSpace:pTHatMin = 450"],
    "ttbar": ["Top:gg2ttbar = on", "Top:qqbar2ttbar = on"],
    "ttbar-boosted": [
        "Top:gg2ttbar = on",
        "Top:qqbar2ttbar = on",
        "PhaseSpace:pTHatMin = 450",
        "24:onMode = off",
        "24:onIfAny = 1 2 3 4 5",
    ],
    "minbias": ["SoftQCD:inelastic = on"],
}

TYPES: dict[str, type[np.generic]] = {
    "event": np.int64,
    "pdg": np.int32,
    "charge": np.int8,
    **dict.fromkeys(("px", "py", "pz", "e", "vx", "vy", "vz"), np.float32),
}

MAX_ABORTED = 100
Particle = tuple[float, ...]


def pythia_seed(seed: int) -> int:
    """Ergon's seeds are below 2^53, Pythia takes 1 to 900,000,000: reduced modulo, 1 stays 1."""
    return (seed - 1) % 900_000_000 + 1


def generator(process: str, seed: int) -> Any:
    """A Pythia set up for one seed, silent."""
    pythia = pythia8mc.Pythia("", False)
    settings = ["Print:quiet = on", "Beams:eCM = 13000", "Random:setSeed = on"]
    settings += [f"Random:seed = {pythia_seed(seed)}", *PROCESSES[process]]
    for setting in settings:
        if not pythia.readString(setting):
            raise ValueError(f"Pythia refuses the setting `{setting}`")
    if not pythia.init():
        raise RuntimeError(f"Pythia does not start for {process}, seed {seed}")
    return pythia


def collisions(pythia: Any, count: int) -> Iterator[list[Particle]]:
    """The stable particles of `count` events. An aborted event is drawn again."""
    aborted = 0
    for _ in range(count):
        while not pythia.next():
            aborted += 1
            if aborted > MAX_ABORTED:
                raise RuntimeError(f"Pythia aborted {aborted} events")
        yield [
            (
                p.id(), round(p.charge()), p.px(), p.py(), p.pz(), p.e(),
                p.xProd(), p.yProd(), p.zProd(),
            )
            for p in pythia.event
            if p.isFinal()
        ]  # fmt: skip


def generate(process: str, first: int, events: int, seeds: list[int]) -> Columns:
    """GeV and mm; `first` is the number of the first of these seeds in the campaign."""
    rows: list[Particle] = []
    for number, seed in enumerate(seeds, start=first):
        stream = collisions(generator(process, seed), events)
        for event, particles in enumerate(stream, start=number * events):
            rows.extend((event, *particle) for particle in particles)
    columns = zip(*rows, strict=True)
    return {
        name: np.array(column, dtype=kind)
        for (name, kind), column in zip(TYPES.items(), columns, strict=True)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Generate collisions from seeds.")
    parser.add_argument("--process", choices=sorted(PROCESSES), required=True)
    parser.add_argument("--first", type=int, default=0, help="number of the first seed")
    parser.add_argument("--events", type=int, required=True, help="events a seed")
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--counts", type=Path)
    options = parser.parse_args()
    columns = generate(options.process, options.first, options.events, options.seeds)
    made = options.events * len(options.seeds)
    settings = {
        "process": options.process,
        "first_event": options.first * options.events,
        "events": made,
    }
    write_rows(options.out, columns, settings)
    if options.counts:
        counts = {"process": options.process, "events": made, "particles": len(columns["pdg"])}
        write_json(options.counts, counts | {"pythia": version("pythia8mc")})


if __name__ == "__main__":
    main()
