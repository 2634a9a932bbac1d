"""What was measured, as values; how it is summed up, printed for people and written as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

VERSION = 1
"""Of the JSON's shape."""


def percentile(samples: Sequence[float], percent: float) -> float:
    """The smallest sample that at least so many percent of all do not exceed (nearest rank)."""
    if not samples or not 0 < percent <= 100:
        raise ValueError(f"no {percent} % of {len(samples)} samples")
    rank = -(-len(samples) * percent // 100)
    return sorted(samples)[int(rank) - 1]


@dataclass(frozen=True)
class Row:
    """What one contender took: a sample a round, in the order of the rounds."""

    contender: str
    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.samples)

    def ratio(self, reference: "Row") -> float:
        """The median over the rounds of this one's sample by the other's of the same round, so
        that what slows the whole machine for a while slows both sides of each fraction."""
        pairs = zip(self.samples, reference.samples, strict=True)
        return median(own / other for own, other in pairs)


@dataclass(frozen=True)
class Table:
    """Contenders side by side; less is better."""

    title: str
    unit: str
    rows: tuple[Row, ...]
    reference: str = "floor"
    """Ratios are to this contender, where it has a row."""
    tasks: int | None = None
    """So many tasks in each sample of seconds; then a rate is shown as well."""
    raw: Mapping[str, Sequence[Sequence[float]]] = field(default_factory=dict)
    """By contender and round: the single values that a sample sums up, where there are such."""

    def row(self, contender: str) -> Row | None:
        return next((row for row in self.rows if row.contender == contender), None)

    def ratio(self, contender: str, reference: str) -> float | None:
        """None if one of them was not measured."""
        own, other = self.row(contender), self.row(reference)
        return None if own is None or other is None else own.ratio(other)

    def value(self, contender: str) -> float | None:
        row = self.row(contender)
        return None if row is None else row.median


@dataclass(frozen=True)
class Claim:
    """What is promised: a value that must not be more than a limit."""

    text: str
    value: float | None
    """None if it could not be measured."""
    most: float

    @property
    def verdict(self) -> str:
        if self.value is None:
            return "not measured"
        return "kept" if self.value <= self.most else "missed"


@dataclass(frozen=True)
class Report:
    """One benchmark's outcome."""

    name: str
    question: str
    tables: tuple[Table, ...]
    claims: tuple[Claim, ...] = ()
    absent: Mapping[str, str] = field(default_factory=dict)
    """Contenders and other figures without a value, and why."""
    notes: tuple[str, ...] = ()
    """What a reader must know to read the numbers rightly."""


FEWEST_ROUNDS, MOST_LOAD = 5, 0.3


def caveats(rounds: int, scale: float, load: float) -> list[str]:
    """What forbids to quote the numbers.

    - Parameter load: mean runnable processes before the first benchmark."""
    found = []
    if rounds < FEWEST_ROUNDS:
        found.append(f"{rounds} of at least {FEWEST_ROUNDS} rounds: these numbers are a trial")
    if scale != 1:
        found.append(f"sizes are {scale:g} of the full ones: these numbers are a trial")
    if load > MOST_LOAD:
        found.append(f"the machine was busy before the start, load {load:.1f}")
    return found


# For people


def text(report: Report) -> str:
    parts = [f"{report.name}: {report.question}"]
    parts += [table_text(table) for table in report.tables]
    parts += [claim_text(claim) for claim in report.claims]
    parts += [f"not measured: {name}: {why}" for name, why in report.absent.items()]
    parts += [f"note: {note}" for note in report.notes]
    return "\n".join(parts)


def table_text(table: Table) -> str:
    ratios = table.row(table.reference) is not None
    head = [table.title, "median", "least", "most", "unit"]
    head += ["tasks/s"] if table.tasks else []
    head += [f"by {table.reference}"] if ratios else []
    lines = [head]
    for row in table.rows:
        line = [row.contender, number(row.median), number(min(row.samples))]
        line += [number(max(row.samples)), table.unit]
        line += [number(table.tasks / row.median)] if table.tasks else []
        ratio = table.ratio(row.contender, table.reference)
        line += [number(ratio)] if ratio is not None else []
        lines.append(line)
    return aligned(lines)


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Columns: the first to the left, the others to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def claim_text(claim: Claim) -> str:
    found = "" if claim.value is None else f": {number(claim.value)}"
    return f"{claim.verdict}: {claim.text} <= {number(claim.most)}{found}"


def number(value: float) -> str:
    """Three digits that count, and never an exponent."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 2 if abs(value) >= 1 else 4
    return f"{value:.{digits}f}"


# For programs


def document(
    reports: Sequence[Report], machine: Mapping[str, Any], options: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "version": VERSION,
        "machine": dict(machine),
        "options": dict(options),
        "benchmarks": [report_json(report) for report in reports],
    }


def report_json(report: Report) -> dict[str, Any]:
    return {
        "name": report.name,
        "question": report.question,
        "tables": [table_json(table) for table in report.tables],
        "claims": [
            {
                "text": claim.text,
                "value": claim.value,
                "most": claim.most,
                "verdict": claim.verdict,
            }
            for claim in report.claims
        ],
        "notMeasured": dict(report.absent),
        "notes": list(report.notes),
    }


def table_json(table: Table) -> dict[str, Any]:
    found: dict[str, Any] = {
        "title": table.title,
        "unit": table.unit,
        "reference": table.reference,
        "rows": [
            {
                "contender": row.contender,
                "samples": list(row.samples),
                "median": row.median,
                "ratio": table.ratio(row.contender, table.reference),
            }
            for row in table.rows
        ],
    }
    if table.tasks:
        found["tasks"] = table.tasks
    if table.raw:
        found["raw"] = {name: [list(one) for one in rounds] for name, rounds in table.raw.items()}
    return found
