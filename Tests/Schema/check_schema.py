"""Judges manifests by docs/manifest.schema.json.

    python3 check_schema.py FILE...

Prints what the schema says against each file; exits with 1 if there was anything.
Needs jsonschema and PyYAML.
"""

import json
import pathlib
import re
import sys

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "manifest.schema.json").read_text())


class Loader(yaml.SafeLoader):
    """Reads scalars as Ergon does: YAML 1.2's core schema, with `_` between digits."""

    yaml_implicit_resolvers = {}


def _resolve(tag, pattern, first):
    Loader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), first)


DIGITS = list("0123456789")
_resolve("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""])
_resolve("bool", r"^(true|True|TRUE|false|False|FALSE)$", list("tTfF"))
_resolve("int", r"^-?(0|[1-9][0-9]*(_[0-9]+)*)$", ["-", *DIGITS])
_resolve(
    "float",
    r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$",
    ["-", "+", ".", *DIGITS],
)
Loader.add_constructor(
    "tag:yaml.org,2002:float", lambda loader, node: float(loader.construct_scalar(node))
)


def findings(text):
    """What the schema says against a manifest, one line each; nothing if it accepts it."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    return [
        f"{'/'.join(map(str, error.absolute_path)) or 'manifest'}: {error.message}"
        for error in validator.iter_errors(yaml.load(text, Loader))
    ]


def check(path):
    """The same for a file."""
    return [f"{path}: {line}" for line in findings(pathlib.Path(path).read_text(encoding="utf-8"))]


def main(paths):
    wrong = [line for path in paths for line in check(path)]
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
