"""What a benchmark is given: the executable, a place, and how much to do."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SLOTS = 2
"""Tasks at a time, the same for every contender."""


@dataclass(frozen=True)
class Laboratory:
    ergon: Path
    folder: Path
    """A temporary one; all that a benchmark leaves goes with it."""
    rounds: int
    scale: float
    """Sizes are multiplied by it: 1 for numbers to be quoted, less to try the benchmarks out."""

    @property
    def floor(self) -> Path:
        return self.folder / "floor"

    def size(self, full: int) -> int:
        return max(2, round(full * self.scale))

    def fresh(self, name: str) -> Path:
        """A new empty folder."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))
