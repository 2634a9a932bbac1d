"""Jets of the C++ program are those of the Python one, from the same towers."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from conftest import Run, Sample
from histogram import read_histogram
from rows import read_rows
from unsplit import EXAMPLES


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("g++") or not Path("/usr/include/fastjet").is_dir():
        pytest.skip("no C++ compiler, or no libfastjet-dev")
    binary = tmp_path_factory.mktemp("cpp") / "cluster"
    source = EXAMPLES / "cpp" / "cluster.cc"
    command = ["g++", "-std=c++17", str(source), "-o", str(binary), "-lfastjet"]
    subprocess.run(command, check=True)
    return binary


def test_both_languages_find_the_same_jets(
    run: Run, cluster: Path, sample: Sample, tmp_path: Path
) -> None:
    towers, jets, pt = (tmp_path / name for name in ("towers.txt", "jets.txt", "pt.json"))
    run("towers", "--in", sample.hits, "--out", towers)
    subprocess.run([cluster, towers, jets, pt, "0.8", "150"], check=True)
    lines = np.loadtxt(jets, ndmin=2)
    expected = read_rows(sample.jets)
    assert lines[:, 0].tolist() == expected["event"].tolist()
    assert lines[:, 1].tolist() == expected["jet"].tolist()
    assert np.allclose(lines[:, 2], expected["pt"], rtol=1e-5)
    assert np.allclose(lines[:, 5], expected["m"], rtol=1e-4)
    python, cpp = (read_histogram(path, "jet_pt") for path in (sample.quality, pt))
    assert cpp.counts.tolist() == python.counts.tolist()
    assert json.loads(pt.read_text())["jet_pt"] == python.to_uhi()


def test_a_broken_line_leaves_no_output(cluster: Path, tmp_path: Path) -> None:
    towers = tmp_path / "towers.txt"
    towers.write_text("0 1.0 2.0 3.0 4.0\n0 1.0 nonsense\n")
    outputs = [tmp_path / "jets.txt", tmp_path / "pt.json"]
    done = subprocess.run(
        [cluster, towers, *outputs, "0.8", "1"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "nonsense" in done.stderr
    assert list(tmp_path.iterdir()) == [towers]
