"""Every test has a folder, an environment and processes of its own, and ends what it started.

    python3 -m pytest Tests/EndToEnd

drives `.build/debug/ergon`, or what ERGON names. The interpreter that runs pytest runs the tasks as
well: it needs the packages of examples/requirements.txt for `test_campaigns.py`. ERGON_DATA names
the folder of real inputs; ERGON_SLOW=1 adds what takes minutes of CPU.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import Cluster
from ergon import EXECUTABLE, ROOT, Ergon
from recorded import CAMPAIGN

sys.path.append(str(ROOT / "examples" / "tests"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes minutes of CPU; runs with ERGON_SLOW=1")
    if "s" not in config.option.reportchars:
        config.option.reportchars += "s"  # a skipped test always says why


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("ERGON_SLOW") == "1":
        return
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="slow: set ERGON_SLOW=1"))


@pytest.fixture(scope="session", autouse=True)
def _executable() -> None:
    if not EXECUTABLE.is_file():
        pytest.exit(f"{EXECUTABLE} is not there: `swift build`, or set ERGON", returncode=2)


@pytest.fixture
def ergon(tmp_path: Path) -> Iterator[Ergon]:
    ergon = Ergon(tmp_path)
    yield ergon
    ergon.stop_all()


@pytest.fixture
def cluster(ergon: Ergon) -> Cluster:
    """A coordinator without workers."""
    return Cluster(ergon)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a coordinator that has ended, after one campaign with one failed attempt."""
    ergon = Ergon(tmp_path_factory.mktemp("recorded"))
    (ergon.folder / "once").mkdir()
    text = CAMPAIGN.replace("HOW", f"! rmdir {ergon.folder}/once")
    ergon("run", ergon.manifest(text))
    return ergon.folder / "ergon-runs" / "campaign" / "1" / "coordinator"


@pytest.fixture
def home(recorded: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return shutil.copytree(recorded, tmp_path / "home")
