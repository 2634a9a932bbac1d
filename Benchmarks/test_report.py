"""The parts that only compute: sums, ratios, tables, the JSON's shape, and who is out when."""

import json

import pytest

from report import (
    Claim,
    Report,
    Row,
    Table,
    caveats,
    claim_text,
    document,
    number,
    percentile,
    text,
)
from rounds import NotMeasured, alternate

FLOOR, ERGON = Row("floor", (2.0, 1.0, 4.0)), Row("ergon", (3.0, 3.0, 4.0))
TABLE = Table("100 x /bin/true", "s", (FLOOR, ERGON), tasks=100)


def test_a_median_is_the_middle_one() -> None:
    assert FLOOR.median == 2.0


def test_a_ratio_is_taken_round_by_round() -> None:
    # Of 1.5, 3 and 1.
    assert ERGON.ratio(FLOOR) == 1.5
    # Of 3, 1 and 1.5, and of 1, 2 and 5: medians by themselves would give 3 and 1.
    assert Row("other", (6.0, 1.0, 6.0)).ratio(FLOOR) == 1.5
    assert Row("other", (2.0, 2.0, 20.0)).ratio(FLOOR) == 2.0


def test_samples_of_unlike_rounds_have_no_ratio() -> None:
    with pytest.raises(ValueError):
        ERGON.ratio(Row("floor", (1.0, 2.0)))


@pytest.mark.parametrize(
    ("percent", "expected"),
    [(0.5, 1.0), (1, 2.0), (50, 100.0), (98.9, 198.0), (99, 198.0), (99.5, 199.0), (100, 200.0)],
)
def test_a_percentile_is_the_nearest_rank(percent: float, expected: float) -> None:
    samples = [float(value) for value in range(200, 0, -1)]
    assert percentile(samples, percent) == expected


@pytest.mark.parametrize(("samples", "percent"), [([], 50), ([1.0], 0), ([1.0], 101)])
def test_there_is_no_percentile_of_nothing(samples: list[float], percent: float) -> None:
    with pytest.raises(ValueError):
        percentile(samples, percent)


def test_a_table_shows_median_range_rate_and_ratio() -> None:
    report = Report("noop", "what it costs", (TABLE,), (Claim("ergon / floor", 1.5, 1.15),))
    assert text(report) == (
        "noop: what it costs\n"
        "100 x /bin/true  median  least  most  unit  tasks/s  by floor\n"
        "floor              2.00   1.00  4.00     s    50.00      1.00\n"
        "ergon              3.00   3.00  4.00     s    33.33      1.50\n"
        "missed: ergon / floor <= 1.15: 1.50"
    )


def test_without_its_reference_a_table_has_no_ratios() -> None:
    table = Table("100 x /bin/true", "s", (ERGON,))
    assert table.ratio("ergon", "floor") is None
    assert "by floor" not in text(Report("noop", "", (table,)))


def test_what_is_absent_is_said_with_its_reason() -> None:
    report = Report("noop", "", (TABLE,), absent={"Ray": "not installed"}, notes=("so it is",))
    assert text(report).splitlines()[-2:] == [
        "not measured: Ray: not installed",
        "note: so it is",
    ]


@pytest.mark.parametrize(
    ("value", "verdict"), [(1.0, "kept"), (1.15, "kept"), (1.16, "missed"), (None, "not measured")]
)
def test_a_claim_is_kept_up_to_its_limit(value: float | None, verdict: str) -> None:
    assert Claim("ergon / floor", value, 1.15).verdict == verdict


def test_a_claim_without_a_value_shows_none() -> None:
    assert claim_text(Claim("ergon / floor", None, 1.15)) == "not measured: ergon / floor <= 1.15"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (0.12345, "0.1235"), (1.5, "1.50"), (99.994, "99.99"), (1234567.8, "1,234,568")],
)
def test_numbers_have_no_exponent(value: float, expected: str) -> None:
    assert number(value) == expected


def test_the_json_has_every_sample() -> None:
    table = Table("one", "ms", (FLOOR,), raw={"floor": [[1.0, 3.0], [1.0], [4.0]]})
    claims = (Claim("ergon / floor", None, 1.15),)
    report = Report("noop", "what it costs", (TABLE, table), claims, {"Ray": "gone"}, ("a note",))
    content = document([report], {"cores": 2}, {"runs": 3})
    assert json.loads(json.dumps(content)) == {
        "version": 1,
        "machine": {"cores": 2},
        "options": {"runs": 3},
        "benchmarks": [
            {
                "name": "noop",
                "question": "what it costs",
                "tables": [
                    {
                        "title": "100 x /bin/true",
                        "unit": "s",
                        "reference": "floor",
                        "tasks": 100,
                        "rows": [
                            {
                                "contender": "floor",
                                "samples": [2.0, 1.0, 4.0],
                                "median": 2.0,
                                "ratio": 1.0,
                            },
                            {
                                "contender": "ergon",
                                "samples": [3.0, 3.0, 4.0],
                                "median": 3.0,
                                "ratio": 1.5,
                            },
                        ],
                    },
                    {
                        "title": "one",
                        "unit": "ms",
                        "reference": "floor",
                        "rows": [
                            {
                                "contender": "floor",
                                "samples": [2.0, 1.0, 4.0],
                                "median": 2.0,
                                "ratio": 1.0,
                            }
                        ],
                        "raw": {"floor": [[1.0, 3.0], [1.0], [4.0]]},
                    },
                ],
                "claims": [
                    {
                        "text": "ergon / floor",
                        "value": None,
                        "most": 1.15,
                        "verdict": "not measured",
                    }
                ],
                "notMeasured": {"Ray": "gone"},
                "notes": ["a note"],
            }
        ],
    }


def test_contenders_take_turns() -> None:
    calls: list[str] = []

    def contender(name: str) -> float:
        calls.append(name)
        return float(len(calls))

    rounds = alternate({"a": lambda: contender("a"), "b": lambda: contender("b")}, 3)
    assert calls == ["a", "b", "a", "b", "a", "b"]
    assert rounds.rows(float) == (Row("a", (1.0, 3.0, 5.0)), Row("b", (2.0, 4.0, 6.0)))


def test_one_that_fails_is_out_with_all_its_samples_and_the_others_go_on() -> None:
    calls: list[int] = []

    def failing() -> float:
        calls.append(len(calls))
        if len(calls) == 2:
            raise NotMeasured("it broke")
        return 1.0

    rounds = alternate({"a": failing, "b": lambda: 2.0}, 3)
    assert len(calls) == 2
    assert rounds.samples == {"b": [2.0, 2.0, 2.0]}
    assert rounds.absent == {"a": "it broke"}


def test_a_short_small_or_disturbed_run_is_not_to_be_quoted() -> None:
    assert caveats(5, 1, 0.3) == []
    assert len(caveats(4, 1, 0.3)) == len(caveats(5, 0.5, 0.3)) == len(caveats(5, 1, 0.4)) == 1
    assert len(caveats(1, 0.1, 9)) == 3
