"""Exports in forms that others defined, each read by a checker that others wrote."""

import base64
import copy
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ergon import Ergon
from scores import scored
from validators import crate_faults, lineage_faults, seeded_cache, unfinished_runs

@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ergon, Path]:
    """The home of a coordinator that has ended, after a campaign with data, a model and merges."""
    return scored(tmp_path_factory.mktemp("documents"))


def export(campaign: tuple[Ergon, Path], form: str, *more: object) -> str:
    ergon, home = campaign
    text = ergon("audit", "export", form, "--home", home, *more).out
    assert text == ergon("audit", "export", form, "--home", home, *more).out, "not the same twice"
    return text


def scores(campaign: tuple[Ergon, Path]) -> bytes:
    ergon, home = campaign
    (found,) = (home.parent / "outputs").glob("*scores.txt")
    return found.read_bytes()


# in-toto, SLSA, DSSE


def test_an_attestation_is_what_in_toto_expects(campaign: tuple[Ergon, Path]) -> None:
    text = export(campaign, "slsa")
    statement = attested(text, campaign[1])
    subjects = {subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]}
    assert subjects["score.scores"] == hashlib.sha256(scores(campaign)).hexdigest()
    assert {"score.note/0", "score.note/1", "score.note/2"} < set(subjects)
    definition = statement["predicate"]["buildDefinition"]
    weights = hashlib.sha256(b"weights\n").hexdigest()
    assert weights in [part["digest"]["sha256"] for part in definition["resolvedDependencies"]]


def attested(text: str, home: Path) -> dict[str, Any]:
    """The statement of an envelope, whose signature and every field are checked."""
    from google.protobuf import json_format
    from in_toto_attestation.predicates.provenance.v1.provenance_pb2 import Provenance
    from in_toto_attestation.v1.statement import Statement
    from in_toto_attestation.v1.statement_pb2 import Statement as Message
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer._key import SSlibKey

    envelope = Envelope.from_dict(json.loads(text))
    identifier = (home / "log-key.pub").read_text().strip()
    public = base64.b64decode(identifier.split("+", 2)[2])[1:]
    key = SSlibKey(identifier, "ed25519", "ed25519", {"public": public.hex()})
    accepted = envelope.verify([key], 1)
    assert list(accepted) == [identifier]
    assert envelope.payload_type == "application/vnd.in-toto+json"
    message = json_format.Parse(envelope.payload, Message())
    Statement.copy_from_pb(message).validate()
    json_format.ParseDict(json_format.MessageToDict(message.predicate), Provenance())
    statement: dict[str, Any] = json.loads(envelope.payload)
    return statement


def test_an_attestation_that_was_touched_is_refused(campaign: tuple[Ergon, Path]) -> None:
    from google.protobuf import json_format
    from in_toto_attestation.predicates.provenance.v1.provenance_pb2 import Provenance
    from securesystemslib.exceptions import VerificationError

    text = export(campaign, "slsa")
    envelope = json.loads(text)
    body = bytearray(base64.b64decode(envelope["payload"]))
    body[body.index(b"score.scores")] ^= 1
    envelope["payload"] = base64.b64encode(body).decode()
    with pytest.raises(VerificationError):
        attested(json.dumps(envelope), campaign[1])
    predicate = attested(text, campaign[1])["predicate"]
    json_format.ParseDict(predicate, Provenance())
    predicate["runDetails"]["mood"] = "good"
    with pytest.raises(json_format.ParseError, match="mood"):
        json_format.ParseDict(predicate, Provenance())


def test_another_key_may_attest(campaign: tuple[Ergon, Path]) -> None:
    ergon, _ = campaign
    (ergon.folder / "seed").write_bytes(bytes(range(32)))
    text = export(
        campaign, "slsa", "--key", ergon.folder / "seed", "--key-name", "attest.example"
    )
    assert json.loads(text)["signatures"][0]["keyid"].startswith("attest.example+")


# CycloneDX


def bom_faults(text: str) -> str | None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    return None if found is None else str(found)


def test_a_bill_of_materials_is_valid(campaign: tuple[Ergon, Path]) -> None:
    text = export(campaign, "bom")
    assert bom_faults(text) is None
    parts = {part["name"]: part for part in json.loads(text)["components"]}
    assert parts["tagger"]["type"] == "machine-learning-model"
    considered = parts["tagger"]["modelCard"]["considerations"]["environmentalConsiderations"]
    (consumed,) = considered["energyConsumptions"]
    assert consumed["activityEnergyCost"]["value"] > 0
    assert parts["hits"]["licenses"] == [{"license": {"id": "CC0-1.0"}}]


def unknown_licence(bom: dict[str, Any]) -> None:
    bom["components"][0]["licenses"] = [{"license": {"id": "CC0-9.9"}}]


def bad_hash(bom: dict[str, Any]) -> None:
    bom["components"][0]["hashes"][0]["alg"] = "sha256"


@pytest.mark.parametrize("change", [unknown_licence, bad_hash])
def test_a_wrong_bill_of_materials_is_refused(
    campaign: tuple[Ergon, Path], change: Callable[[dict[str, Any]], None]
) -> None:
    bom = json.loads(export(campaign, "bom"))
    change(bom)
    assert bom_faults(json.dumps(bom)) is not None


# OpenLineage


def test_lineage_is_valid(campaign: tuple[Ergon, Path]) -> None:
    events = [json.loads(line) for line in export(campaign, "lineage").splitlines()]
    assert [lineage_faults(event) for event in events] == [[]] * len(events)
    assert unfinished_runs(events) == []
    ended = {event["job"]["name"]: event for event in events if event["eventType"] != "START"}
    assert {"scores", "scores.score"} < set(ended)
    assert [part["name"] for part in ended["scores.score"]["inputs"]] == [
        "hits/hits.txt", "tagger/tagger.onnx",
    ]  # fmt: skip


def test_wrong_lineage_is_refused(campaign: tuple[Ergon, Path]) -> None:
    events = [json.loads(line) for line in export(campaign, "lineage").splitlines()]
    assert unfinished_runs(events[1:]) == ["scores ends without a START"]
    event = copy.deepcopy(events[-1])
    event["run"]["runId"] = "1"
    assert lineage_faults(event)
    event = copy.deepcopy(events[-1])
    del event["run"]["facets"]["processing_engine"]["version"]
    assert lineage_faults(event)


# PROV-JSON


def test_provenance_is_valid_prov(campaign: tuple[Ergon, Path]) -> None:
    from prov.model import ProvActivity, ProvAgent, ProvDerivation, ProvDocument, ProvEntity

    document = ProvDocument.deserialize(content=export(campaign, "prov"), format="json")
    names = {str(agent.label) for agent in document.get_records(ProvAgent)}
    assert any(name.startswith("ergon ") for name in names)
    activities = [str(record.identifier) for record in document.get_records(ProvActivity)]
    assert "ergon:stage/score" in activities
    known = {record.identifier for record in document.get_records(ProvEntity)}
    for derived in document.get_records(ProvDerivation):
        for _, end in derived.formal_attributes[:2]:
            assert end in known, derived
    assert document.get_records(ProvDerivation)


# Run crates


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seeded_cache(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def crate(campaign: tuple[Ergon, Path], tmp_path: Path) -> Path:
    ergon, home = campaign
    ergon("audit", "export", "crate", tmp_path / "crate", "--home", home)
    return tmp_path / "crate"


def described(crate: Path) -> dict[str, Any]:
    graph = json.loads((crate / "ro-crate-metadata.json").read_text())["@graph"]
    return {entity["@id"]: entity for entity in graph}


def test_a_crate_conforms(campaign: tuple[Ergon, Path], crate: Path, cache: Path) -> None:
    assert crate_faults(crate, cache) == ""
    found = described(crate)
    assert (crate / "outputs" / "scores.txt").read_bytes() == scores(campaign)
    listed = [entity for entity in found.values() if "sha256" in entity]
    for entity in listed:
        if not entity["@id"].startswith("ni:"):
            content = (crate / entity["@id"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == entity["sha256"]
    assert len({entity["@id"] for entity in found.values()}) == len(found)


def without_a_file(crate: Path) -> None:
    (crate / "outputs" / "scores.txt").unlink()


def without_an_instrument(crate: Path) -> None:
    path = crate / "ro-crate-metadata.json"
    document = json.loads(path.read_text())
    for entity in document["@graph"]:
        if entity["@id"] == "#run":
            del entity["instrument"]
    path.write_text(json.dumps(document))


def without_a_manifest(crate: Path) -> None:
    (crate / "campaign.json").unlink()


@pytest.mark.parametrize("change", [without_a_file, without_an_instrument, without_a_manifest])
def test_a_wrong_crate_is_refused(
    crate: Path, cache: Path, change: Callable[[Path], None]
) -> None:
    change(crate)
    assert crate_faults(crate, cache) != ""


# What cannot be exported


def test_nothing_is_exported_of_a_damaged_log(
    campaign: tuple[Ergon, Path], tmp_path: Path
) -> None:
    ergon, home = campaign
    copied = shutil.copytree(home, tmp_path / "home")
    (segment,) = (copied / "log").glob("*.log")
    content = bytearray(segment.read_bytes())
    content[100] ^= 1
    segment.write_bytes(content)
    refused = ergon("audit", "export", "prov", "--home", copied, status=1)
    assert "damaged" in refused.err
    refused = ergon("audit", "export", "prov", "--home", home, "--campaign", "9", status=64)
    assert "there are 1 (scores)" in refused.err
