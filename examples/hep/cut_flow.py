"""Cuts one after the other, and how many events pass each."""

from typing import Any

import numpy as np

from detector import BoolArray


class CutFlow:
    """`passing` has the shape (n): which of n events passed every cut so far."""

    def __init__(self, start: str, events: int) -> None:
        self.passing: BoolArray = np.ones(events, dtype=bool)
        self._cuts = [start]
        self._passed = [events]

    def require(self, cut: str, condition: BoolArray) -> None:
        """`condition` has the shape (n), events that failed before included."""
        self.passing = self.passing & condition
        self._cuts.append(cut)
        self._passed.append(int(self.passing.sum()))

    def counts(self) -> dict[str, Any]:
        """For the merge `counts`: the names must be equal, the numbers add."""
        return {"cuts": self._cuts, "passed": self._passed}
