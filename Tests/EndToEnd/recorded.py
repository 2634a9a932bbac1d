"""What the audit says of a log, and the campaign whose log is judged."""

from pathlib import Path

from ergon import Ergon

CAMPAIGN = """
steps:
  work:
    split: {seeds: 5}
    run: [sh, -c, 'echo {index} > {out.text}; [ {index} != 2 ] || HOW']
    outputs: {text: {file: text.txt, merge: lines}}
"""

Findings = list[tuple[str, str]]


def verify(
    ergon: Ergon, home: Path, *more: object, log: Path | None = None
) -> Findings:
    """What `ergon audit verify` finds; the exit status must say whether there is anything.

    :param log: An exported log, instead of the one of `home`.
    """
    which = [log] if log else ["--home", home]
    text = ergon("audit", "verify", *which, "-o", "json", *more, status=1).json()
    assert text["verified"] is False and text["findings"]
    return [(finding["place"], finding["problem"]) for finding in text["findings"]]
