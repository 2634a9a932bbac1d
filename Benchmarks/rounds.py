"""Contenders in turn, A B C A B C …, so that a machine whose load changes changes it for all."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from report import Row

Sample = TypeVar("Sample")


class NotMeasured(Exception):
    """A contender cannot be measured here; the text says why."""


@dataclass(frozen=True)
class Rounds(Generic[Sample]):
    samples: dict[str, list[Sample]]
    """By contender, one a round; only of those that came through all rounds."""
    absent: dict[str, str]
    """The others, and why."""

    def rows(self, figure: Callable[[Sample], float]) -> tuple[Row, ...]:
        return tuple(
            Row(name, tuple(figure(sample) for sample in samples))
            for name, samples in self.samples.items()
        )

    def raw(
        self, values: Callable[[Sample], Sequence[float]]
    ) -> dict[str, Sequence[Sequence[float]]]:
        return {name: [values(one) for one in rounds] for name, rounds in self.samples.items()}


def alternate(
    contenders: Mapping[str, Callable[[], Sample]], rounds: int
) -> Rounds[Sample]:
    """Runs each contender once a round; one that fails is out, and the others go on."""
    samples: dict[str, list[Sample]] = {name: [] for name in contenders}
    absent: dict[str, str] = {}
    for turn in range(1, rounds + 1):
        for name, contender in contenders.items():
            if name in absent:
                continue
            note(f"  {turn}/{rounds} {name}")
            try:
                samples[name].append(contender())
            except NotMeasured as reason:
                absent[name] = str(reason)
                del samples[name]
    return Rounds(samples, absent)


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
