"""What the manifests name is there: programs with all they import, pins, seeds."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from unsplit import CAMPAIGNS, EXAMPLES, PROGRAMS, seed

yaml = pytest.importorskip("yaml")

MANIFESTS = EXAMPLES.parent / "manifests"
PACKAGES = {line.split("==")[0] for line in (EXAMPLES / "requirements.txt").read_text().split()}
OURS = {path.stem for folder in PROGRAMS for path in folder.glob("*.py")}
NAMES = sorted(path.stem for path in MANIFESTS.glob("*.yaml") if path.stem in CAMPAIGNS)


def manifest(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((MANIFESTS / f"{name}.yaml").read_text())
    return content


def code_of(campaign: dict[str, Any]) -> list[Path]:
    found: list[Path] = []
    for pattern in campaign.get("code", []):
        folder = (MANIFESTS / pattern).parent.resolve()
        found += folder.glob(Path(pattern).name)
    return found


def imports_of(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return named | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def test_each_campaign_has_its_unsplit_twin() -> None:
    assert NAMES == sorted(CAMPAIGNS)


@pytest.mark.parametrize("name", NAMES)
def test_the_code_is_complete_and_nothing_more(name: str) -> None:
    campaign = manifest(name)
    python = {path.stem: path for path in code_of(campaign) if path.suffix == ".py"}
    imported = {module for path in python.values() for module in imports_of(path)} & OURS
    started = set(re.findall(r"\{code\}/(\w+)\.py", str(campaign["steps"])))
    assert imported | started <= python.keys()
    formats = {path.stem for path in (EXAMPLES / "formats").glob("*.py")}
    assert python.keys() - formats <= imported | started


@pytest.mark.parametrize("name", [name for name in NAMES if name != "noop"])
def test_third_party_imports_are_pinned(name: str) -> None:
    """`dimuon_table.py` imports uproot for ROOT files only; who reads CSV does without."""
    campaign = manifest(name)
    pins = (MANIFESTS / campaign["environment"]["python"]).read_text()
    python = [path for path in code_of(campaign) if path.suffix == ".py"]
    imported = {module.split(".")[0] for path in python for module in imports_of(path)}
    unpinned = (imported & PACKAGES) - {line.split("==")[0] for line in pins.split()}
    assert unpinned <= ({"uproot"} if name == "dimuon-2011" else set())


def test_pins_are_the_same_in_every_requirements_file() -> None:
    known = set((EXAMPLES / "requirements.txt").read_text().split())
    files = [path for path in EXAMPLES.glob("requirements-*.txt") if "dev" not in path.name]
    assert len(files) >= 4
    for path in files:
        assert set(path.read_text().split()) <= known, path.name


def test_seeds_are_the_documented_ones() -> None:
    """First eight bytes of `printf 'ergon-seed-v1\\n91\\nevents\\n0' | sha256sum`, shifted."""
    assert seed(91, "events", 0) == 6847331342270460
    assert seed(91, "hits") != seed(91, "hits", 0)
    assert all(seed(91, "events", number) < 2**53 for number in range(1000))
