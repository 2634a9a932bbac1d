"""Every campaign of `manifests/` in one piece: the same programs, once over everything.

One function a manifest. It runs the programs without splitting and without Ergon, and returns
the published outputs by name (`step.output`), to be compared with what a campaign merged. The
inputs are looked for in `ERGON_DATA`, or in `shared/data/hep` beside the repository.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1]
PROGRAMS = [EXAMPLES, *(EXAMPLES / name for name in ("formats", "hep", "operations"))]
CLUSTER = EXAMPLES / "cpp" / "build" / "cluster"

Outputs = dict[str, Path]


def data_folder() -> Path:
    beside = EXAMPLES.parents[1] / "shared" / "data" / "hep"
    return Path(os.environ.get("ERGON_DATA", beside))


def seed(campaign: int, step: str, number: int | None = None) -> int:
    """Ergon's seed number `number` of a step, or the step's own where it is not split by seeds."""
    which = "" if number is None else str(number)
    text = f"ergon-seed-v1\n{campaign}\n{step}\n{which}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 11


def seeds(campaign: int, step: str, count: int) -> list[int]:
    return [seed(campaign, step, number) for number in range(count)]


@dataclass(frozen=True)
class Bench:
    """A folder where programs run one after the other, and what they have written there."""

    folder: Path
    variables: dict[str, str]

    def path(self, name: str) -> Path:
        """Where an output belongs; a step's outputs have a folder of their own."""
        step, output = name.split(".")
        place = self.folder / step / output
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def run(self, program: str, *arguments: object) -> None:
        script = next(folder / program for folder in PROGRAMS if (folder / program).exists())
        self.start([sys.executable, script, *arguments])

    def start(self, command: list[object]) -> None:
        environment = os.environ | self.variables
        environment["PYTHONPATH"] = os.pathsep.join(str(folder) for folder in PROGRAMS)
        words = [str(word) for word in command]
        subprocess.run(
            words, check=True, env=environment, stdout=subprocess.DEVNULL, cwd=self.folder
        )

    def outputs(self) -> Outputs:
        return dict(sorted(self._found()))

    def _found(self) -> Iterator[tuple[str, Path]]:
        for path in self.folder.glob("*/*"):
            yield f"{path.parent.name}.{path.name}", path


THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
SAME_EVERYWHERE = THREADS | {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F"}


def generate(bench: Bench, campaign: int, step: str, process: str, count: int, events: int) -> None:
    bench.run(
        "gen.py", "--process", process, "--first", 0, "--events", events,
        "--seeds", *seeds(campaign, step, count), "--out", bench.path(f"{step}.particles"),
        "--counts", bench.path(f"{step}.counts"),
    )  # fmt: skip


def simulate(bench: Bench, campaign: int, source: str, step: str) -> None:
    bench.run(
        "sim.py", "--in", bench.path(source), "--seed", seed(campaign, step),
        "--out", bench.path(f"{step}.hits"),
    )  # fmt: skip


def fit_and_plot(bench: Bench, step: str, half: int, title: str, *more: object) -> None:
    mass, peak = bench.path(f"{step}.mass"), bench.path("fit.peak")
    bench.run("fit_peak.py", "--in", mass, "--half", half, "--out", peak)
    bench.run(
        "plot_peak.py", "--in", mass, "--fit", peak, "--title", title,
        "--cut-flow", bench.path(f"{step}.counts"), *more,
        "--svg", bench.path("plot.picture"), "--txt", bench.path("plot.text"),
    )  # fmt: skip


def train(bench: Bench, campaign: int) -> None:
    for kind, process in (("top", "ttbar-boosted"), ("light", "qcd")):
        generate(bench, campaign, f"{kind}-events", process, 2, 120)
        simulate(bench, campaign, f"{kind}-events.particles", f"{kind}-hits")
        hits, jets = bench.path(f"{kind}-hits.hits"), bench.path(f"{kind}-reco.jets")
        bench.run("reco.py", "--in", hits, "--jets", jets)
    bench.run(
        "train_tagger.py", "--top", bench.path("top-reco.jets"),
        "--light", bench.path("light-reco.jets"), "--seed", seed(campaign, "train"),
        "--model", bench.path("train.model"), "--report", bench.path("train.report"),
    )  # fmt: skip


def z_peak(folder: Path) -> Outputs:
    bench, campaign = Bench(folder, SAME_EVERYWHERE), 91
    train(bench, campaign)
    generate(bench, campaign, "events", "zmumu-boosted", 12, 150)
    simulate(bench, campaign, "events.particles", "hits")
    reco = [f"--{name}={bench.path(f'reco.{name}')}" for name in RECO]
    bench.run("reco.py", "--in", bench.path("hits.hits"), *reco)
    pairs = [f"--{name}={bench.path(f'pairs.{name}')}" for name in ("pairs", "mass", "counts")]
    bench.run("select_pairs.py", "--in", bench.path("reco.tracks"), *pairs)
    score(bench, "tags", bench.path("train.model"), bench.path("reco.jets"))
    title = "Z → μμ beside a jet: generated, simulated, reconstructed"
    fit_and_plot(bench, "pairs", 8, title, "--tags", bench.path("tags.counts"))
    return bench.outputs()


RECO = ("tracks", "jets", "quality", "counts")


def score(bench: Bench, step: str, model: Path, jets: Path) -> None:
    outputs = [f"--{name}={bench.path(f'{step}.{name}')}" for name in SCORE]
    bench.run("infer.py", "--model", model, "--in", jets, "--batch", 256, *outputs)


SCORE = ("scores", "histogram", "counts")


def select(bench: Bench, step: str, table: Path) -> None:
    outputs = [f"--{name}={bench.path(f'{step}.{name}')}" for name in ("pairs", "mass", "counts")]
    bench.run("select_dimuon.py", "--in", table, "--first", 0, "--count", 10**9, *outputs)


def dimuon_2011(folder: Path) -> Outputs:
    bench = Bench(folder, THREADS)
    select(bench, "select", data_folder() / "cms" / "Zmumu_Run2011A.csv")
    fit_and_plot(bench, "select", 6, "Z → μμ in collisions of 2011 (CMS open data)")
    return bench.outputs()


NANO = {
    "simulated": "nanoAOD_2015_CMS_Open_Data_ttbar.root",
    "collisions": "Run2012BC_DoubleMuParked_1000evts_rntuple.root",
}
"""Step to file; the second is shorter here than its upstream name in the manifest."""


def event_selection(folder: Path) -> Outputs:
    bench, files = Bench(folder, THREADS), data_folder() / "cms"
    select(bench, "pairs", files / "uproot-Zmumu.root")
    for step, file in NANO.items():
        bench.run(
            "select_nano.py", "--in", files / file, "--first", 0, "--count", 10**9,
            "--histograms", bench.path(f"{step}.histograms"),
            "--counts", bench.path(f"{step}.counts"),
        )  # fmt: skip
    fit_and_plot(bench, "pairs", 6, "Z → μμ in collisions of 2010 (CMS outreach sample)")
    return bench.outputs()


def reconstruction_cpp(folder: Path) -> Outputs:
    bench, campaign = Bench(folder, SAME_EVERYWHERE), 450
    generate(bench, campaign, "events", "qcd", 6, 40)
    simulate(bench, campaign, "events.particles", "hits")
    towers = bench.path("towers.towers")
    bench.run("towers.py", "--in", bench.path("hits.hits"), "--out", towers)
    bench.start([CLUSTER, towers, bench.path("jets.jets"), bench.path("jets.pt"), 0.8, 150])
    return bench.outputs()


def simulation_grid(folder: Path) -> Outputs:
    """The points stay apart, so each is one run of the detector; the seeds are not split."""
    bench, campaign = Bench(folder, SAME_EVERYWHERE), 98
    generate(bench, campaign, "events", "ttbar", 2, 50)
    counts: list[Path] = []
    for efficiency in (0.9, 0.95, 0.98):
        for noise in (0, 30, 300):
            hits, counted = (folder / f"{efficiency}-{noise}{end}" for end in (".npz", ".json"))
            bench.run(
                "sim.py", "--in", bench.path("events.particles"), "--seed", seed(campaign, "hits"),
                "--efficiency", efficiency, "--noise", noise, "--out", hits,
            )  # fmt: skip
            bench.run("reco.py", "--in", hits, "--counts", counted)
            counts.append(counted)
    rows, text = bench.path("grid.rows"), bench.path("grid.text")
    bench.run("grid_table.py", "--csv", rows, "--txt", text, *counts)
    return bench.outputs()


def tagger_inference(folder: Path) -> Outputs:
    bench, files = Bench(folder, THREADS), data_folder()
    model = files / "model" / "jet_tagger.onnx"
    score(bench, "score", model, files / "sim" / "jets_seed106.parquet")
    return bench.outputs()


def sensor_anomalies(folder: Path) -> Outputs:
    bench = Bench(folder, THREADS)
    bench.run(
        "anomaly.py", "--in", data_folder() / "nab" / "machine_temperature_system_failure.csv",
        "--first", 0, "--count", 10**9,
        "--flagged", bench.path("score.flagged"), "--counts", bench.path("score.counts"),
    )  # fmt: skip
    return bench.outputs()


def data_quality(folder: Path) -> Outputs:
    """The reference in one piece; the comparison by run is what it is, and is joined here."""
    bench, table = Bench(folder, THREADS), data_folder() / "cms" / "Zmumu_Run2011A.csv"
    runs, reference = bench.path("list.runs"), bench.path("fill.counts")
    bench.run("dqm_runs.py", "list", "--in", table, "--out", runs)
    bench.run("dqm_runs.py", "fill", "--in", table, "--out", reference)
    rows: list[str] = []
    for index, run in enumerate(runs.read_text().split()):
        one, flag, counts = (folder / f"{run}{end}" for end in (".json", ".csv", ".counts"))
        bench.run("dqm_runs.py", "fill", "--in", table, "--run", run, "--out", one)
        bench.run(
            "dqm_runs.py", "compare", "--fill", one, "--reference", reference, "--runs", runs,
            "--index", index, "--out", flag, "--counts", counts,
        )  # fmt: skip
        header, row = flag.read_text().splitlines()
        rows += [row] if rows else [header, row]
    bench.path("compare.flags").write_text("\n".join(rows) + "\n")
    flags = Counter(row.rsplit(",", 1)[1] for row in rows[1:])
    summed = {flag: flags[flag] for flag in ("good", "bad", "few events")}
    bench.path("compare.counts").write_text(json.dumps(summed, sort_keys=True) + "\n")
    return bench.outputs()


def noop(folder: Path) -> Outputs:
    """Ten thousand tasks without outputs leave nothing to compare."""
    return Bench(folder, {}).outputs()


CAMPAIGNS: dict[str, Callable[[Path], Outputs]] = {
    "z-peak": z_peak,
    "dimuon-2011": dimuon_2011,
    "event-selection": event_selection,
    "reconstruction-cpp": reconstruction_cpp,
    "simulation-grid": simulation_grid,
    "tagger-inference": tagger_inference,
    "sensor-anomalies": sensor_anomalies,
    "data-quality": data_quality,
    "noop": noop,
}


def main() -> None:
    """`unsplit.py NAME FOLDER`: runs one campaign in one piece and lists what it made."""
    name, folder = sys.argv[1], Path(sys.argv[2]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for output, path in CAMPAIGNS[name](folder).items():
        print(output, path)


if __name__ == "__main__":
    main()
