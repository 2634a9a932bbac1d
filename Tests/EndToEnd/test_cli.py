"""The command line: streams, exit statuses, formats, help, terminals."""

import json
import os
import pty
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cluster import Cluster
from ergon import EXECUTABLE, PATIENCE, Ergon, Running
from gated import GatedCampaign

TRUE = "steps: {work: {run: ['true']}}\n"
SPEAKS = """
steps:
  work:
    split: {seeds: 3}
    run: [sh, -c, 'echo {index} > {out.text}']
    outputs: {text: {file: text.txt, merge: lines}}
"""


@pytest.fixture
def finished(cluster: Cluster) -> Cluster:
    """A cluster with one campaign that has ended well."""
    cluster.worker()
    cluster.submit(cluster.ergon.manifest(SPEAKS))
    assert cluster.finish()["state"] == "complete"
    return cluster


# Help


def described() -> dict[str, str]:
    """Every command that there is, as the program itself lists them, and its purpose."""
    listed = subprocess.run(
        [EXECUTABLE, "--experimental-dump-help"], capture_output=True, check=True
    )
    found: dict[str, str] = {}

    def walk(command: dict[str, Any], before: str) -> None:
        for part in command.get("subcommands", []):
            name = f"{before} {part['commandName']}".strip()
            if name != "help":
                found[name] = part.get("abstract", "")
                walk(part, name)

    walk(json.loads(listed.stdout)["command"], "")
    return found


def test_help(ergon: Ergon) -> None:
    commands = described()
    assert {"run", "submit", "coordinator", "token create", "audit verify"} <= commands.keys()
    for command, purpose in commands.items():
        answer = ergon(*command.split(), "--help")
        overview = " ".join(answer.out.split("USAGE:")[0].split())
        assert overview.startswith(f"OVERVIEW: {purpose}"), command
        assert re.search(r"^[A-Z].*\w.*\.$", purpose), f"{command}: {purpose!r}"
        assert f"USAGE: ergon {command}" in answer.out
        assert answer.err == ""


def test_help_lists_every_command(ergon: Ergon) -> None:
    out = ergon("--help").out
    assert ergon("help").out == out
    for command, purpose in described().items():
        if " " not in command:
            assert re.search(rf"^  {command} +{re.escape(purpose[:20])}", out, re.M), command


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(ergon: Ergon, shell: str) -> None:
    script = ergon("--generate-completion-script", shell).out
    for command in ("run", "submit", "coordinator", "coverage"):
        assert re.search(rf"\b{command}\b", script), command
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_version(ergon: Ergon) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", ergon("--version").out)


# Exit statuses and streams


@pytest.mark.parametrize(
    "words",
    [
        ["bogus"],
        ["status", "--bogus"],
        ["submit"],
        ["run", "no-such-file.yaml"],
        ["validate", "no-such-file.yaml"],
        ["coordinator", "--grace", "-1"],
        ["worker", "--cpus", "0"],
        ["worker", "--join", "nonsense"],
        ["results", "-o", "xml"],
        ["explain", "z-peak.reco"],
        ["run", "--workers", "0", "campaign.yaml"],
    ],
    ids=" ".join,
)
def test_wrong_use(ergon: Ergon, words: list[str]) -> None:
    answer = ergon(*words, status=64)
    assert answer.out == ""
    assert len(answer.err.splitlines()) >= 2, "what is wrong, and what to do"


def test_lines_that_no_worker_checks_are_named(ergon: Ergon) -> None:
    (ergon.folder / "requirements.txt").write_text("numpy==1.26.4\nscipy>=1.11\n")
    said = ergon("validate", ergon.manifest("""
environment: {python: requirements.txt}
steps:
  work: {run: ["true"]}
"""))
    assert said.err == (
        "requirements.txt:2: no worker checks `scipy>=1.11`: it is no NAME==VERSION\n"
    )


def test_every_error_of_a_manifest_at_once(ergon: Ergon) -> None:
    text = """
steps:
  work:
    run: [echo, "{nobody}"]
    resorces: {cpus: 1}
  more: {over: nothing, run: [echo]}
"""
    path = ergon.manifest(text)
    for command in ("validate", "run", "submit"):
        answer = ergon(command, path, status=64)
        assert answer.out == ""
        places = re.findall(rf"^{path}:(\d+):\d+: ", answer.err, re.M)
        assert {int(line) for line in places} == {7, 8, 9}
        assert "did you mean `resources`?" in answer.err


def test_the_canonical_form(ergon: Ergon) -> None:
    """It says the same as the manifest, has the same digest, and stays what it is."""
    path = ergon.manifest(SPEAKS)
    first = ergon("validate", path).out
    assert re.search(r"campaign `campaign` [0-9a-f]{64}$", first, re.M)
    assert "work: 3 tasks" in first
    canonical = ergon("validate", "--expand", path).out
    assert json.loads(canonical)["metadata"]["name"] == "campaign"
    again = ergon.folder / "again.yaml"
    again.write_text(canonical)
    assert ergon("validate", "--expand", again).out == canonical
    assert ergon("validate", again).out.replace(f"{again}", f"{path}") == first


ASKING: list[list[object]] = [
    ["status"], ["results"], ["watch"], ["worker", "list"], ["cancel", "last"], ["token", "create"],
    ["explain", "last.work.0"], ["logs", "last.work.0"], ["submit", "campaign.yaml"],
]  # fmt: skip


def test_no_coordinator_answers(cluster: Cluster) -> None:
    """Neither where there was one, nor where there never was."""
    cluster.ergon.manifest(TRUE)
    cluster.coordinator.stop()
    for command in ASKING:
        answer = cluster.ergon(*command, "--home", cluster.home, status=69)
        assert answer.out == "" and "no coordinator answers" in answer.err
        nowhere = cluster.ergon(*command, "--home", "nowhere", status=69)
        assert nowhere.out == "" and "nowhere: no coordinator and no login here" in nowhere.err


def test_there_is_no_such_campaign(finished: Cluster) -> None:
    commands: list[list[object]] = [
        ["status", "99"], ["results", "other"], ["watch", "99"], ["cancel", "99"],
        ["explain", "other.work.0"], ["logs", "other.work.0"], ["coverage", "99"],
    ]  # fmt: skip
    for command in commands:
        answer = finished.ergon(*command, "--home", finished.home, status=64)
        assert answer.out == "" and "no such campaign" in answer.err, command


def test_there_is_no_such_task(finished: Cluster) -> None:
    assert "`work` has tasks 0 to 2" in finished("explain", "last.work.3", status=64).err
    told = finished("explain", "last.play.0", status=64).err
    assert "no stage `play`; there are work" in told
    told = finished("results", "--print", "work.other", status=64).err
    assert "no such output" in told and "there are work.text" in told


def test_data_and_nothing_else_on_standard_output(finished: Cluster) -> None:
    for command in (["status"], ["results"], ["worker", "list"], ["explain", "last.work.0"]):
        answer = finished(*command)
        assert answer.err == "" and answer.out.endswith("\n")
    assert finished("results", "--print", "work.text").out == "0\n1\n2\n"
    assert finished.fetch("work.text") == b"0\n1\n2\n"


def test_a_campaign_by_number_name_and_place(finished: Cluster) -> None:
    texts = {finished("status", selector).out for selector in ("1", "campaign", "last")}
    assert len(texts) == 1


def test_the_usual_home(finished: Cluster) -> None:
    """$ERGON_HOME, else ~/.ergon."""
    ergon = finished.ergon
    ergon.environment["ERGON_HOME"] = str(finished.home)
    assert "campaign 1" in ergon("status").out
    del ergon.environment["ERGON_HOME"]
    (ergon.folder / ".ergon").symlink_to(finished.home)
    assert "campaign 1" in ergon("status").out


def test_a_campaign_that_runs_is_not_started_twice(cluster: Cluster) -> None:
    manifest = cluster.ergon.manifest(TRUE)
    assert [cluster.submit(manifest) for _ in range(2)] == [1, 1]
    cluster.worker()
    cluster.finish()
    assert cluster.submit(manifest) == 2


# JSON


def test_json_has_a_version(finished: Cluster) -> None:
    manifest = finished.ergon.manifest(SPEAKS)
    commands: list[list[object]] = [
        ["status"], ["status", "last"], ["results"], ["worker", "list"], ["watch"], ["coverage"],
        ["audit", "verify"], ["submit", manifest],
    ]  # fmt: skip
    unversioned = [
        command[0] for command in commands if finished.json(*map(str, command)).get("version") != 1
    ]
    assert unversioned == []
    run = finished.ergon("run", manifest, "-o", "json")
    assert run.json()["version"] == 1
    assert run.json()["status"]["campaigns"][0]["state"] == "complete"


def test_watch_as_json(cluster: Cluster) -> None:
    """A line for each change, the last of which says how it ended."""
    campaign = GatedCampaign(cluster.ergon)
    cluster.worker()
    cluster.submit(campaign.manifest)
    watcher = cluster.ergon.start("watcher", "watch", "--home", cluster.home, "-o", "json")
    campaign.wait_at_gate("")
    campaign.open_gate()
    answer = watcher.wait()
    assert answer.status == 0 and answer.err == ""
    lines = [json.loads(line) for line in answer.out.splitlines()]
    states = [line["campaigns"][0]["state"] for line in lines]
    assert states[0] == "running" and states[-1] == "complete" and len(lines) >= 2


# Terminals


def test_plain_lines_without_a_terminal(ergon: Ergon) -> None:
    answer = ergon("run", ergon.manifest(SPEAKS))
    assert not re.search(r"[\r\x1b\x07]", answer.out + answer.err)
    assert re.search(r"^campaign complete · 4/4 tasks", answer.err, re.M)


def terminal_output(command: list[str], ergon: Ergon) -> tuple[int, str, str]:
    """Exit status, standard output, and what a terminal on standard error was sent."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        command,
        env=ergon.environment,
        cwd=ergon.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=slave,
        text=True,
        start_new_session=True,
    ) as process:
        os.close(slave)
        shown = b""
        try:
            while part := os.read(master, 4096):
                shown += part
        except OSError:
            pass  # so Linux says that nobody holds the other end any more
        out, _ = process.communicate(timeout=PATIENCE)
    os.close(master)
    return process.returncode, out, shown.decode()


def test_one_changing_line_on_a_terminal(ergon: Ergon) -> None:
    command = [str(EXECUTABLE), "run", str(ergon.manifest(SPEAKS)), "--show", "work.text"]
    status, out, shown = terminal_output(command, ergon)
    assert status == 0
    assert "\n0\n1\n2\n" in out
    greeting, rest = shown.split("\r\n", 1)
    assert greeting.startswith("runs in ")
    assert rest.count("\n") == 1 and rest.endswith("\r\n"), "one line, ended once"
    states = rest.strip().split("\r\x1b[K")
    assert len(states) >= 2
    assert all(len(state) < 80 for state in states), "it must not wrap"
    assert re.match(r"campaign complete · 4/4 tasks", states[-1])


# The end


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_coordinator_and_worker_end_in_order(cluster: Cluster, how: signal.Signals) -> None:
    worker: Running = cluster.worker()
    for running in (worker, cluster.coordinator):
        running.send(how)
        assert running.wait().status == 0


def test_folders_with_spaces_and_umlauts(tmp_path: Path) -> None:
    folder = tmp_path / "ein schöner Ort"
    folder.mkdir()
    ergon = Ergon(folder)
    (folder / "ein Blatt.txt").write_text("eins\nzwei\n")
    text = """
inputs: {leaf: {files: "ein *.txt"}}
steps:
  work:
    over: leaf
    run: [cp, "{input}", "{out.copy}"]
    outputs: {copy: {file: copy.txt, merge: lines}}
"""
    answer = ergon("run", ergon.manifest(text), "--show", "work.copy")
    assert "\neins\nzwei\n" in answer.out


def test_the_page_of_commands_is_what_they_say() -> None:
    root = Path(__file__).resolve().parents[2]
    said = subprocess.run(
        [root / "docs" / "commands.sh"],
        env={**os.environ, "ERGON": str(EXECUTABLE)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == (root / "docs" / "COMMANDS.md").read_text(), "run `make docs`"
