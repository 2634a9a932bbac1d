"""The tutorials, pasted into a shell as they stand, but for folders of their own."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from cluster import Cluster
from ergon import EXECUTABLE, PATIENCE, ROOT, until

SAID = {
    "coordinator": [
        "select: 12 tasks", "summary: 1 task\n", "did you mean `memory`?", "1994 of 6000 kept",
        "campaign 2", "8 tasks are not run", "without task 6",
        "pairs.select.6 failed for good: exit 3", "row 1200: no number: n.a.",
        "events 1000-1499: task 6 failed: exit 3", "1 failed task is started again",
    ],
    "site": [
        '"enrolment":', "node-1  connected", "campaign 1", "node-1  away",
        "nap.nap.5 waits: no worker is connected", "nap complete", "node-1 is given work again",
    ],
    "auditor": [
        "without task 2", "records of results are what their workers signed", "verified",
        "record 2 does not have its checksum", "seeds 10-14: task 2 failed: exit 1",
        "worker w1 joined", '"type":"campaign-sealed"', '{"apiVersion":"ergon/v1"',
        "signed by 1 witness", "verified", "record 7 of ergon.local/",
    ],
}  # fmt: skip
"""What each must say, in this order."""

ONE_WORD = """
steps:
  say: {run: [sh, -c, 'echo yes > {out.word}'], outputs: {word: {file: word.txt}}}
"""


def tutorial(name: str) -> str:
    return (ROOT / "docs" / "tutorials" / f"{name}.md").read_text()


def script(name: str, folder: Path) -> str:
    """All blocks that are for a shell, in their order."""
    blocks = re.findall(r"^```sh\n(.*?)^```", tutorial(name), re.DOTALL | re.MULTILINE)
    assert blocks
    return "".join(blocks).replace("/tmp/ergon-", f"{folder}/ergon-")


@pytest.mark.parametrize("name", sorted(SAID))
def test_a_tutorial_says_what_it_promises(name: str, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ergon").symlink_to(EXECUTABLE)
    environment = {
        **os.environ, "HOME": str(tmp_path), "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
    }  # fmt: skip
    environment.pop("ERGON_HOME", None)
    said = tmp_path / "said"
    with said.open("wb") as out:
        shell = subprocess.Popen(
            ["bash", "-c", script(name, tmp_path) + "\nwait\n"], cwd=tmp_path, env=environment,
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            shell.wait(2 * PATIENCE)
        finally:
            # What the tutorial left running, if it did not come to its end.
            if shell.poll() is None:
                os.killpg(shell.pid, signal.SIGKILL)
    rest = said.read_text()
    for sentence in SAID[name]:
        assert sentence in rest, rest
        rest = rest[rest.index(sentence) + len(sentence) :]


def test_what_the_tutorial_has_backed_up_is_enough(cluster: Cluster) -> None:
    """Its worker finds the restored coordinator, and nothing that was done is lost."""
    (named,) = re.findall(r"\*\*Back up (.*?)\*\*", tutorial("site"), re.DOTALL)
    manifest = cluster.ergon.manifest(ONE_WORD)
    cluster.worker("w1")
    cluster.submit(manifest)
    before = cluster.finish()
    assert before["state"] == "complete"
    cluster.coordinator.stop()
    lost = cluster.home.rename(cluster.ergon.folder / "lost")
    cluster.home.mkdir(mode=0o700)
    for name in re.findall(r"`([^`]+)`", named):
        kept = lost / name
        if kept.is_dir():
            shutil.copytree(kept, cluster.home / name)
        else:
            shutil.copy2(kept, cluster.home / name)
    shutil.rmtree(lost)
    cluster.start()
    until("the worker is back", lambda: "w1" in cluster.connected())
    assert cluster.results() == before
    cluster.submit(manifest, "--again")
    assert cluster.finish()["state"] == "complete"
    assert "verified" in cluster("audit", "verify").out
