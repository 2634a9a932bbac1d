"""The schema and the parser agree about the corpus that the Swift tests parse.

Manifests in broken/shape have a wrong shape, so the schema refuses them; those in broken/meaning
need more than a schema to be seen through, so it accepts them; those in broken/text are not for a
schema to judge. The canonical forms beside the valid ones are manifests too. The fragments are
whole manifests, one a line.
"""

import pathlib

import jsonschema
import pytest

from check_schema import ROOT, SCHEMA, check, findings

CORPUS = ROOT / "Tests" / "ErgonManifestTests" / "Corpus"


def files(pattern, at_least):
    found = sorted(CORPUS.glob(pattern))
    assert len(found) >= at_least, f"{pattern}: the corpus has moved"
    return [pytest.param(path, id=path.stem) for path in found]


def fragments(name):
    lines = (CORPUS / f"fragments-{name}.txt").read_text(encoding="utf-8").splitlines()
    head = "{apiVersion: ergon/v1, kind: Campaign, metadata: {name: sample}, "
    return [head + line[1:] for line in lines if line.startswith("{")]


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", files("valid/*.yaml", 9))
def test_valid_manifests_are_accepted(path):
    assert check(path) == []


@pytest.mark.parametrize("path", files("valid/*.canonical.json", 9))
def test_canonical_forms_are_accepted(path):
    assert check(path) == []


@pytest.mark.parametrize("path", files("broken/meaning/*.yaml", 20))
def test_what_only_the_parser_sees_is_accepted(path):
    assert check(path) == []


@pytest.mark.parametrize("path", files("broken/shape/*.yaml", 20))
def test_wrong_shapes_are_refused(path):
    assert check(path) != []


@pytest.mark.parametrize("text", fragments("accepted"))
def test_accepted_fragments_are_accepted(text):
    assert findings(text) == []


@pytest.mark.parametrize("text", fragments("refused"))
def test_refused_fragments_are_refused(text):
    assert findings(text) != []


@pytest.mark.parametrize("path", sorted((ROOT / "manifests").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_manifests_we_ship_are_accepted(path):
    assert check(path) == []
