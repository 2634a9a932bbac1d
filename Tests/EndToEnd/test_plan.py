"""`ergon plan` and replays: what a person sees of a plan, its certificate and its signals."""

import gzip
from pathlib import Path

import pytest

from ergon import Ergon
from hourly import CAMPAIGN, carbon, grid

GRID = """
apiVersion: ergon/v1
kind: Grid
slot: 1 h
sites:
  here:
    pue: 1.5
    zone: DE
    carbon: {file: carbon.csv}
    price: 100 /MWh
    nodes:
      one: {count: 2, cores: 10, memory: 64 GiB, idle: 10 W, core: 10 W}
"""


def test_tasks_wait_for_clean_power_and_say_why(ergon: Ergon, tmp_path: Path) -> None:
    carbon(tmp_path, [400, 300, 100, 200])
    manifest = ergon.manifest(CAMPAIGN)
    arguments = ["plan", manifest, "--grid", grid(tmp_path, GRID), "--start", "2020-06-01",
                 "--deadline", "4h", "--objective", "carbon"]
    answer = ergon(*arguments, "-o", "json").json()
    assert answer["version"] == 1
    assert answer["verdict"] == {"complete": True}
    step = answer["steps"][0]
    assert step["starts"] == [{"nodes": "one@here", "slot": 2, "tasks": 20}]
    assert step["why"] == (
        "waiting until 02:00: forecast falls 400 → 100 g/kWh, saves 90 g, latest start 03:00"
    )
    # 20 tasks of 10 Wh, two nodes of 10 Wh, at 100 g/kWh, and half as much for cooling.
    planned = answer["planned"]
    assert planned["dynamicJoules"] == 20 * 10 * 3600 * 1.5
    assert planned["idleJoules"] == 2 * 10 * 3600 * 1.5
    assert abs(planned["gramsCO2e"] - 33) < 1e-6
    assert abs(planned["money"] - 0.033) < 1e-6
    assert 0 <= answer["gap"] < 0.001
    assert answer["naive"]["gramsCO2e"] > 3 * planned["gramsCO2e"]
    assert answer["sites"][0]["nodes"][0]["on"] == [0, 0, 2, 0]
    assert answer["sites"][0]["nodes"][0]["watts"] == [0, 0, 330, 0]

    drawing = tmp_path / "plan.svg"
    text = ergon(*arguments, "--svg", drawing).out
    assert "No plan takes less than" in text
    assert "one@here 100 %" in text
    assert drawing.read_text().startswith("<svg")


def test_no_plan_waits_for_a_signal_that_is_not_there(ergon: Ergon, tmp_path: Path) -> None:
    manifest = ergon.manifest(CAMPAIGN)
    arguments = ["plan", manifest, "--objective", "carbon", "-o", "json", "--grid"]
    answer = ergon(*arguments, grid(tmp_path, GRID))
    assert "carbon.csv: the signal cannot be read: done without" in answer.err
    assert "here: carbon all slots from the zone's yearly value" in answer.json()["signals"]
    without = GRID.replace("zone: DE", "zone: Atlantis")
    answer = ergon(*arguments, grid(tmp_path, without))
    note = "carbon not known at every site: planned for least energy instead"
    assert note in answer.err and answer.json()["notes"] == [note]
    assert answer.json()["verdict"] == {"complete": True}


def test_what_does_not_fit_is_named_with_the_deadline_to_give_up(
    ergon: Ergon, tmp_path: Path
) -> None:
    carbon(tmp_path, [400, 300, 100, 200])
    many = CAMPAIGN.replace("seeds: 20", "seeds: 50")
    arguments = ["plan", ergon.manifest(many), "--grid", grid(tmp_path, GRID),
                 "--start", "2020-06-01"]
    answer = ergon(*arguments, "--deadline", "2h", "-o", "json", status=1)
    assert answer.json()["verdict"] == {
        "complete": False, "proven": True, "relax": [],
        "unplaced": [{"step": "first", "tasks": 10}],
    }
    assert "10 of `first` find no place" in ergon(*arguments, "--deadline", "2h", status=1).out
    ergon(*arguments, "--deadline", "3h")


def test_a_step_comes_after_the_one_it_reads(ergon: Ergon, tmp_path: Path) -> None:
    carbon(tmp_path, [400, 300, 200, 100])
    steps = CAMPAIGN.replace("    resources", "    outputs: {o: {file: o}}\n    resources") + """
  second:
    over: first.o
    split: {outputs: 2}
    run: ["true"]
    resources: {cpus: 1, memory: 1 GiB, time: 1 h, limit: 2 h}
"""
    answer = ergon("plan", ergon.manifest(steps), "--grid", grid(tmp_path, GRID),
                   "--start", "2020-06-01", "--deadline", "4h", "--objective", "carbon",
                   "-o", "json").json()
    starts = {step["name"]: [part["slot"] for part in step["starts"]] for step in answer["steps"]}
    assert max(starts["first"]) < min(starts["second"])


def test_a_wrong_grid_file_is_refused_with_its_errors(ergon: Ergon, tmp_path: Path) -> None:
    wrong = GRID.replace("pue", "peu").replace("10 W, core", "10, core")
    answer = ergon("plan", ergon.manifest(CAMPAIGN), "--grid", grid(tmp_path, wrong), status=64)
    assert "grid.yaml:7:5: unknown key `peu`\n    did you mean `pue`?" in answer.err
    assert "`idle`: the number `10` has no unit" in answer.err


SLOTS = "-1 -1 -1 -1 -1 1 1 1 1 1 1 -1 -1"


def test_a_log_is_replayed_by_policies_beside_its_bound(ergon: Ergon, tmp_path: Path) -> None:
    carbon(tmp_path, [400, 300, 100, 200, 500, 500])
    log = tmp_path / "log.swf"
    # Two jobs of an hour: one waited two hours in the log, the other not at all.
    jobs = ["; UnixStartTime: 1590969600", f"1 0 7200 3600 1 {SLOTS}", f"2 0 0 3600 1 {SLOTS}"]
    log.write_text("\n".join(jobs) + "\n")
    with (tmp_path / "log.swf.gz").open("wb") as packed:
        packed.write(gzip.compress(log.read_bytes()))
    ways = ["--policy", "logged", "--policy", "even", "--policy", "planned", "--policy", "whole"]
    for name in ["log.swf", "log.swf.gz"]:
        answer = ergon("simulate", "--grid", grid(tmp_path, GRID), "--workload", tmp_path / name,
                       "--slack", "2h", "--objective", "carbon", *ways, "-o", "json").json()
        kilograms = {row["name"]: row["kilogramsCO2e"] for row in answer["policies"]}
        # A job draws 10 Wh and its node 10 Wh, half as much again for cooling.
        assert kilograms["logged"] == pytest.approx(0.02 * 1.5 * (0.4 + 0.1))
        assert kilograms["even"] == pytest.approx(0.03 * 1.5 * 0.4)
        assert kilograms["planned"] == pytest.approx(0.03 * 1.5 * 0.1)
        assert answer["bound"] <= kilograms["planned"]
        assert all(row["late"] == row["left"] == 0 for row in answer["policies"])
        assert answer["jobs"] == 2 and answer["start"] == "2020-06-01 00:00"


def test_a_log_that_is_none_is_refused_with_its_line(ergon: Ergon, tmp_path: Path) -> None:
    log = tmp_path / "log.swf"
    log.write_text("; UnixStartTime: 5\n1 2 3\n")
    carbon(tmp_path, [100])
    answer = ergon("simulate", "--grid", grid(tmp_path, GRID), "--workload", log, status=64)
    assert "log.swf:2: not a job" in answer.err
    log.write_text(f"1 0 0 3600 1 {SLOTS}\n")
    answer = ergon("simulate", "--grid", grid(tmp_path, GRID), "--workload", log, status=64)
    assert "say when second 0 is with --start" in answer.err
    answer = ergon("simulate", "--grid", grid(tmp_path, GRID), status=64)
    assert "--grid goes with a manifest or --workload" in answer.err
