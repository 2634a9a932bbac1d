"""Every shipped manifest, split in several ways over one worker and three: what is merged is what
the same programs make of everything in one piece."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from shutil import which
from typing import Any

import pytest

import unsplit
from ergon import ROOT, Ergon

Rewrite = Callable[[str, int], str]
"""The text of a manifest, with so many tasks for each of its inputs."""

TASKS = (1, 3, 7)
WORKERS = (1, 3)


def ranges(**sizes: int) -> Rewrite:
    """Steps that are split by events or rows, and how many each input has."""

    def rewrite(text: str, tasks: int) -> str:
        for step, size in sizes.items():
            pattern = rf"(\n  {step}:\n    over: \w+\n    split: {{(?:rows|events): )\d+}}"
            text, found = re.subn(pattern, rf"\g<1>{-(-size // tasks)}}}", text)
            assert found == 1, step
        return text

    return rewrite


def seeds(total: int) -> Rewrite:
    """A first step that is split by seeds: at most one task each."""

    def rewrite(text: str, tasks: int) -> str:
        per_task = -(-total // tasks)
        new = f"split: {{seeds: {total}, per-task: {per_task}, "
        text, found = re.subn(rf"split: {{seeds: {total}, (?:per-task: \d+, )?", new, text)
        assert found == 1
        return text

    return rewrite


def shipped(text: str, _: int) -> str:
    return text


MANIFESTS: dict[str, tuple[Rewrite, tuple[int, ...]]] = {
    "dimuon-2011": (ranges(select=10583), TASKS),
    "event-selection": (ranges(pairs=2304, simulated=200, collisions=1000), TASKS),
    "reconstruction-cpp": (seeds(6), TASKS),
    "sensor-anomalies": (ranges(score=22695), TASKS),
    "tagger-inference": (ranges(score=2316), TASKS),
    "simulation-grid": (seeds(2), (1, 2)),
    # A task for each run that is in the data, and for each of twelve seeds: no other way to split.
    "data-quality": (shipped, (0,)),
    "z-peak": (shipped, (0,)),
}
"""How each is rewritten, and the numbers of tasks to try; 0 stands for as it is shipped."""

SLOW = {
    ("z-peak", 0, 1),
    ("simulation-grid", 1, 1), ("simulation-grid", 2, 3),
}  # fmt: skip
"""Minutes of CPU that tell little more."""

CASES = [
    pytest.param(
        name,
        tasks,
        workers,
        id=f"{name}-{tasks or 'shipped'}-{workers}",
        marks=[pytest.mark.slow] if (name, tasks, workers) in SLOW else [],
    )
    for name, (_, choices) in MANIFESTS.items()
    for tasks in choices
    for workers in WORKERS
]

INPUTS = {"dimuon-2011", "event-selection", "sensor-anomalies", "tagger-inference", "data-quality"}
"""Those that read data which is not in the repository."""


@pytest.fixture(scope="session")
def one_pass(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], unsplit.Outputs]:
    """The outputs of a campaign in one piece, made once."""
    made: dict[str, unsplit.Outputs] = {}

    def outputs(name: str) -> unsplit.Outputs:
        if name not in made:
            made[name] = unsplit.CAMPAIGNS[name](tmp_path_factory.mktemp(name))
        return made[name]

    return outputs


def check_needs(name: str) -> None:
    data = unsplit.data_folder()
    if name in INPUTS and not data.is_dir():
        pytest.skip(f"no inputs in {data}: set ERGON_DATA")
    if name == "reconstruction-cpp":
        if not which("g++") or not Path("/usr/include/fastjet").is_dir():
            pytest.skip("the C++ step needs g++ and Debian's libfastjet-dev")
        subprocess.run(["make", "-s", "-C", ROOT / "examples" / "cpp"], check=True)


def run_manifest(ergon: Ergon, name: str, tasks: int, workers: int) -> dict[str, Any]:
    """The summary of a run to its end."""
    rewrite, _ = MANIFESTS[name]
    text = rewrite((ROOT / "manifests" / f"{name}.yaml").read_text(), tasks)
    manifest = ergon.folder / f"{name}.yaml"
    manifest.write_text(text.replace("../examples/", f"{ROOT}/examples/"))
    data = unsplit.data_folder()
    inputs = [word for part in ("cms", "nab", "sim", "model") for word in ("--inputs", data / part)]
    command = ["run", manifest, "--workers", workers, "-o", "json"]
    summary: dict[str, Any] = ergon(
        *command, *(inputs if name in INPUTS else []), seconds=600
    ).json()
    return summary


def same(found: Path, expected: Path) -> bool:
    """Equal bytes, or for tables and JSON equal content."""
    if found.read_bytes() == expected.read_bytes():
        return True
    if found.suffix == ".json":
        return bool(json.loads(found.read_text()) == json.loads(expected.read_text()))
    if found.suffix == ".parquet":
        from pyarrow.parquet import read_table

        return bool(read_table(found).equals(read_table(expected)))
    return False


@pytest.mark.parametrize(("name", "tasks", "workers"), CASES)
def test_a_split_does_not_show(
    ergon: Ergon,
    one_pass: Callable[[str], unsplit.Outputs],
    name: str,
    tasks: int,
    workers: int,
) -> None:
    check_needs(name)
    summary = run_manifest(ergon, name, tasks, workers)
    results, folder = summary["results"], Path(summary["folder"]) / "outputs"
    assert results["state"] == "complete"
    assert all(entry["covered"] == [entry["declared"]] for entry in results["coverage"])
    merged = {output["name"]: output for output in results["outputs"] if output["merged"]}
    assert merged and not any(output["missing"] for output in merged.values())
    expected = one_pass(name)
    assert merged.keys() <= expected.keys()
    differing = [
        output
        for output, found in merged.items()
        if not same(folder / found["file"], expected[output])
    ]
    assert differing == []
    if tasks:
        check_tasks(name, tasks, summary["status"]["campaigns"][0]["stages"])


def check_tasks(name: str, tasks: int, stages: list[dict[str, Any]]) -> None:
    """The manifest was split as this test meant it to be."""
    first = "events" if name in ("reconstruction-cpp", "simulation-grid") else stages[0]["name"]
    counts = {stage["name"]: stage["tasks"] for stage in stages}
    limit = 6 if name == "reconstruction-cpp" else tasks
    assert counts[first] == min(tasks, limit)


def test_every_manifest_is_tried() -> None:
    """But for `noop`, which leaves nothing to compare and is in `test_scale.py`."""
    shipped = {path.stem for path in (ROOT / "manifests").glob("*.yaml")}
    assert shipped == MANIFESTS.keys() | {"noop"}


def test_the_z_boson_in_real_data(ergon: Ergon) -> None:
    """The published cut flow and mass of CMS open data, record 545."""
    check_needs("dimuon-2011")
    summary = run_manifest(ergon, "dimuon-2011", 7, 2)
    outputs = Path(summary["folder"]) / "outputs"
    counts = json.loads((outputs / "select.counts.json").read_text())
    assert counts["passed"] == [10583, 10227, 8989, 8470, 8470]
    peak = json.loads((outputs / "fit.peak.json").read_text())
    mean, error = peak["mean"], peak["mean_error"]
    assert (round(mean, 2), round(error, 2)) == (90.86, 0.06)
