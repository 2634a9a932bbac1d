"""Checkers of published document formats that are not ours, all without a network.

Schemas and contexts that no package brings along lie in `data/provenance` of the folder that
ERGON_DATA names, or of `shared` beside the project; without them the tests that need them are
skipped, and say so.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ergon import ROOT
from referencing import Registry, Resource

DATA = Path(os.environ.get("ERGON_DATA", ROOT.parent / "shared" / "data")) / "provenance"

CONTEXTS = {
    "https://w3id.org/ro/crate/1.1/context": "ro-crate-1.1-context.jsonld",
    "https://w3id.org/ro/crate/1.2/context": "ro-crate-1.2-context.jsonld",
    "https://w3id.org/ro/terms/workflow-run/context": "ro-terms-workflow-run-context.jsonld",
}
"""What JSON-LD names by URL, and which file has it."""


def provided(name: str) -> Path:
    """A file or folder of data that are not in the project; skips the test without it."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"there is no {path}")
    return path


# OpenLineage: JSON Schema


def lineage_faults(event: dict[str, Any]) -> list[str]:
    """What the specification's schema has against an event and its facets."""
    from jsonschema import Draft202012Validator

    folder = provided("openlineage")
    schemas = [
        json.loads(path.read_text())
        for path in [folder / "OpenLineage.json", *sorted((folder / "facets").glob("*.json"))]
    ]
    registry: Registry[Any] = Registry().with_resources(
        [(schema["$id"], Resource.from_contents(schema)) for schema in schemas]
    )
    whole = {"$ref": f"{schemas[0]['$id']}#/$defs/RunEvent"}
    checker = Draft202012Validator.FORMAT_CHECKER
    found = Draft202012Validator(whole, registry=registry, format_checker=checker)
    faults = [error.message for error in found.iter_errors(event)]
    for facet in facets(event):
        named = {"$ref": facet["_schemaURL"]}
        validator = Draft202012Validator(named, registry=registry, format_checker=checker)
        faults += [error.message for error in validator.iter_errors(facet)]
    return faults


def facets(part: object) -> list[dict[str, Any]]:
    """All facets of an event, wherever they are in it."""
    if isinstance(part, list):
        return [facet for item in part for facet in facets(item)]
    if not isinstance(part, dict):
        return []
    own = [part] if "_schemaURL" in part else []
    return own + [facet for item in part.values() for facet in facets(item)]


def unfinished_runs(events: list[dict[str, Any]]) -> list[str]:
    """Runs that ended without having begun, or began and never ended, or out of order."""
    begun: set[str] = set()
    faults: list[str] = []
    for event in events:
        run = event["run"]["runId"]
        if event["eventType"] == "START":
            begun.add(run)
        elif run in begun:
            begun.remove(run)
        else:
            faults.append(f"{event['job']['name']} ends without a START")
    return faults + sorted(begun)


# Run crates: roc-validator, a program

SEED = """
import sys, requests, requests_cache, json
from pathlib import Path
from io import BytesIO
cache, folder, contexts = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
session = requests_cache.CachedSession(cache_name=cache, backend="sqlite", expire_after=-1)
for url, name in contexts.items():
    request = requests.Request("GET", url).prepare()
    answer = requests.Response()
    answer.status_code, answer.url, answer.request = 200, url, request
    answer.headers["Content-Type"] = "application/ld+json"
    answer._content = (folder / name).read_bytes()
    answer.raw = __import__("urllib3").HTTPResponse(body=BytesIO(answer._content), status=200,
        headers=dict(answer.headers), preload_content=False, request_url=url)
    for headers in ({}, {"Accept": "*/*"}):
        session.cache.save_response(answer, expires=None)
"""


def seeded_cache(folder: Path) -> Path:
    """A cache of what crates name by URL, so that nothing is asked for anywhere."""
    cache = folder / "http-cache"
    subprocess.run(
        [sys.executable, "-c", SEED, str(cache), str(provided("contexts")), json.dumps(CONTEXTS)],
        check=True,
    )
    return cache


def crate_faults(crate: Path, cache: Path) -> str:
    """What `rocrate-validator` says of a folder by the Provenance Run Crate profile; nothing if it
    conforms."""
    program = Path(sys.executable).parent / "rocrate-validator"
    said = subprocess.run(
        [program, "-y", "--disable-color", "validate", "--offline", "--cache-path", cache,
         "-p", "provenance-run-crate-0.5", "-l", "required", "--no-paging", "-v", crate],
        capture_output=True, text=True, env=os.environ | {"COLUMNS": "200"},
    )  # fmt: skip
    return "" if said.returncode == 0 else said.stdout + said.stderr
