"""The Python side of warm steps, as a process that is spoken to line by line."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import ergon_warm
from unsplit import EXAMPLES

GREETING: dict[str, Any] = {
    "ergon": 1,
    "campaign": "c",
    "step": "s",
    "seed": 7,
    "code": "/code",
    "with": {"weights": ["/w"]},
}
PROGRAM = "import ergon_warm, os, sys, time\n{}\nergon_warm.serve(work)\n"


def spoken(body: str, *questions: str, **common: object) -> list[str]:
    """Answers of a program whose function is in `body`, to its end."""
    lines = [json.dumps(GREETING | common), *questions]
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(body)],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        cwd=EXAMPLES,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return joined(ended.stdout.splitlines())


def joined(answers: list[str]) -> list[str]:
    """What is done of neighbours stands as one: a slow machine has it said in several lines."""
    lines: list[str] = []
    for answer in answers:
        word, *numbers = answer.split(" ")
        last = lines[-1].split(" ") if lines else [""]
        if word == last[0] == "done" and int(last[1]) + int(last[2]) == int(numbers[0]):
            answer = f"done {last[1]} {int(last[2]) + int(numbers[1])}"
            lines.pop()
        lines.append(answer)
    return lines


def test_tasks_of_which_only_the_number_is_said() -> None:
    body = "def work(task): assert task.number < 2100"
    assert spoken(body, "run 0 1", "run 1 2000") == ["ready", "done 0 2001"]


def test_after_a_task_that_failed_no_other_is_begun() -> None:
    body = "def work(task): assert task.number != 5, 'five'"
    ready, done, failed, again = spoken(body, "run 3 7", "run 6 4")
    assert (ready, done, again) == ("ready", "done 3 2", "done 6 4")
    assert failed.startswith("failed 5 ")
    assert "AssertionError: five" in json.loads(failed.split(" ", 2)[2])


def test_the_first_may_fail_and_the_last() -> None:
    body = "def work(task): assert task.number not in (3, 9)"
    answers = spoken(body, "run 3 7", "run 4 6")
    assert [answer.split(" ")[:2] for answer in answers] == [
        ["ready"],
        ["failed", "3"],
        ["done", "4"],
        ["failed", "9"],
    ]


def test_what_is_done_is_said_before_all_is(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(100))
    monkeypatch.setattr(time, "monotonic", lambda: next(now) * ergon_warm.ANSWER_PERIOD / 2)
    step = ergon_warm.read_step(json.dumps(GREETING).encode())
    said: list[bytes] = []

    class Answers:
        write = said.append

    last = ergon_warm.run_many(lambda task: None, step, 10, 5, Answers())
    assert said + [last] == [b"done 10 2\n", b"done 12 2\n", b"done 14 1\n"]


def test_what_is_printed_is_no_answer() -> None:
    body = "def work(task): print('hello'); os.write(1, b'there'); assert sys.stdin.read() == ''"
    assert spoken(body, "run 0 1") == ["ready", "done 0 1"]


def test_a_task_with_all_there_is_to_say(tmp_path: Path) -> None:
    body = (
        "def work(task):\n"
        "    said = [task.number, task.first, task.count, list(task.inputs), task.line,\n"
        "        dict(task.point), task.folder, dict(task.step.files), task.step.code]\n"
        "    open(task.outputs['out'], 'w').write(repr(said))"
    )
    out = tmp_path / "out"
    told = {
        "task": 4,
        "folder": "/f",
        "inputs": ["/a", "/b c"],
        "outputs": {"out": str(out)},
        "first": 8,
        "count": 2,
        "line": "größer",
        "point": {"cut": "0.5"},
    }
    assert spoken(body, "task " + json.dumps(told)) == ["ready", "done 4 1"]
    expected = [4, 8, 2, ["/a", "/b c"], "größer", {"cut": "0.5"}, "/f", {"weights": ["/w"]}]
    assert out.read_text() == repr([*expected, "/code"])


def test_seeds_are_those_of_other_steps() -> None:
    body = (
        "def work(task):\n"
        "    assert (task.first, task.count) == (task.number * 3, 3 if task.number < 3 else 1)\n"
        "    assert len(task.seeds) == task.count and task.seed == task.seeds[0]\n"
        "    assert all(0 <= seed < 2**53 for seed in task.seeds)"
    )
    seeds = {"total": 10, "per-task": 3, "events": 5}
    assert spoken(body, "run 0 4", seeds=seeds) == ["ready", "done 0 4"]
    step = ergon_warm.read_step(json.dumps(GREETING | {"seed": 2012, "step": "gen"}).encode())
    # SHA-256 of "ergon-seed-v1\n2012\ngen\n", the first 53 bits.
    assert ergon_warm.numbered(step, 0).seed == 8143958023789219


def test_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 2"):
        ergon_warm.read_step(json.dumps(GREETING | {"ergon": 2}).encode())


def test_the_same_in_another_language(tmp_path: Path) -> None:
    if not shutil.which("g++"):
        pytest.skip("no C++ compiler")
    binary = tmp_path / "warm"
    source = EXAMPLES / "cpp" / "warm.cc"
    subprocess.run(["g++", "-std=c++17", str(source), "-o", str(binary)], check=True)
    questions = [json.dumps(GREETING), "run 0 1000", "run 999990 20", "run 5 1"]
    ended = subprocess.run(
        [binary], input="\n".join(questions) + "\n", capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines() == [
        "ready",
        "done 0 1000",
        "done 999990 11",
        'failed 1000001 "beyond the sieve"',
        "done 5 1",
    ]
