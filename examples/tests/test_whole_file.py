"""Files are whole or absent."""

from pathlib import Path

import pytest

from whole_file import read_json, replacing, write_json


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "counts.json"
    write_json(path, {"events": 1})
    with pytest.raises(RuntimeError), replacing(path) as partial:
        partial.write_text("half of a")
        raise RuntimeError("killed half way")
    assert read_json(path) == {"events": 1}


def test_the_order_of_keys_does_not_reach_the_bytes(tmp_path: Path) -> None:
    write_json(tmp_path / "a", {"x": 1, "y": 2})
    write_json(tmp_path / "b", {"y": 2, "x": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_number_that_json_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        write_json(tmp_path / "a", {"mean": float("nan")})
    assert list(tmp_path.iterdir()) == []
