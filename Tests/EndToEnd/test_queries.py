"""Questions to a log, answered through an index that is worth nothing by itself."""

import json
from pathlib import Path
from typing import Any

import pytest
from ergon import Ergon
from forging import rewrite, seed_of
from record_log import Record, leaves
from scores import scored as run_scores


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ergon, Path]:
    """A campaign with data, a model and merges; its coordinator has ended."""
    ergon, home = run_scores(tmp_path_factory.mktemp("queries"))
    ergon("audit", "export", "log", ergon.folder / "log", "--home", home)
    return ergon, home


def show(scored: tuple[Ergon, Path], *question: object) -> list[dict[str, Any]]:
    """The answer, the same from the coordinator's home and from the exported log."""
    ergon, home = scored
    said = ergon("audit", "show", "--home", home, *question, "-o", "json").out
    assert ergon("audit", "show", ergon.folder / "log", *question, "-o", "json").out == said
    return [json.loads(line) for line in said.splitlines()]


def test_which_outputs_used_a_model(scored: tuple[Ergon, Path]) -> None:
    (output,) = show(scored, "--model", "tagger")
    assert (output["name"], output["file"]) == ("score.scores", "scores.txt")
    assert show(scored, "--input", "hits") == [output]
    assert show(scored, "--model", "hits") == []
    (seal,) = show(scored, "--output-named", "score.scores")[:1]
    assert seal == output


def test_what_a_worker_did(scored: tuple[Ergon, Path]) -> None:
    ergon, home = scored
    records = [json.loads(text) for text in leaves(home / "log")]
    joined = next(record for record in records if record["type"] == "worker-joined")
    expected = [record for record in records if record.get("worker") == joined["worker"]]
    assert show(scored, "--worker", joined["worker"]) == expected
    assert show(scored, "--worker", "nobody") == []


def test_who_asked(scored: tuple[Ergon, Path]) -> None:
    _, home = scored
    records = [json.loads(text) for text in leaves(home / "log")]
    (accepted,) = [record for record in records if record["type"] == "campaign-accepted"]
    asked = show(scored, "--person", accepted["actor"])
    assert accepted in asked
    _, _, _, role, name = accepted["actor"].split("/")
    assert show(scored, "--person", name) == asked
    assert show(scored, "--person", f"{role}/{name}") == asked
    assert show(scored, "--person", name[1:]) == []


def test_where_a_task_s_output_is_from(scored: tuple[Ergon, Path]) -> None:
    found = show(scored, "--output-named", "score.note/1")
    assert [record["stage"] for record in found] == ["score"]
    ergon, _ = scored
    number = found[0]["seq"]
    by_name = ergon("audit", "prove", "score.note/1", ergon.folder / "log").out
    assert by_name == ergon("audit", "prove", number, ergon.folder / "log").out
    (output,) = show(scored, "--model", "tagger")
    proof = ergon("audit", "prove", output["sha256"], ergon.folder / "log").out
    assert f"\nindex {output['record']}\n" in proof
    ergon("audit", "prove", "score.nothing", ergon.folder / "log", status=64)


def test_one_question_at_a_time(scored: tuple[Ergon, Path]) -> None:
    ergon, home = scored
    ergon("audit", "show", "--home", home, "--model", "a", "--worker", "b", status=64)


def test_an_index_is_made_anew(recorded: Path, home: Path, ergon: Ergon) -> None:
    """When it is gone, and when it is of another past."""
    first = ergon("audit", "show", "--home", home, "--person", "owner", "-o", "json").out
    index = home / "index.sqlite"
    assert index.is_file()
    index.unlink()
    again = ergon("audit", "show", "--home", home, "--person", "owner", "-o", "json").out
    assert again == first

    def renamed(found: list[Record]) -> None:
        for record in found:
            if "actor" in record:
                record["actor"] = "somebody"

    rewrite(home, renamed, seed_of(home))
    assert ergon("audit", "show", "--home", home, "--person", "owner", "-o", "json").out == ""
    assert ergon("audit", "show", "--home", home, "--person", "somebody", "-o", "json").out
    index.write_bytes(b"no database at all, but long enough for one" * 50)
    refused = ergon("audit", "show", "--home", home, "--person", "somebody", status=1)
    assert "remove the file" in refused.err
