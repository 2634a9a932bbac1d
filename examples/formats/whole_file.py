"""Files that are whole or absent: written beside their final name, then renamed."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a `.tmp` path to write; it takes the final name only when the block succeeds."""
    partial = path.with_name(path.name + ".tmp")
    yield partial
    os.replace(partial, path)


def write_text(path: Path, text: str) -> None:
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Sorted keys, one line: equal values are equal bytes. NaN and infinity are errors."""
    write_text(path, json.dumps(value, sort_keys=True, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
