"""`ergon policy check`: what a site's policy would decide, before anybody submits."""

from pathlib import Path

from ergon import Ergon

POLICIES = Path(__file__).parents[2] / "examples" / "policies"
BARE = """
apiVersion: ergon/v1
kind: Campaign
metadata: {name: bare}
steps: {s: {run: ["true"]}}
"""


def test_the_policies_that_ship_have_no_errors(ergon: Ergon) -> None:
    for policy in sorted(POLICIES.glob("*.yaml")):
        assert ergon("policy", "check", policy, "-o", "json").json()["policy"] == policy.stem


def test_a_bare_manifest_is_warned_of_or_refused(ergon: Ergon) -> None:
    manifest = ergon.folder / "bare.yaml"
    manifest.write_text(BARE)
    research = POLICIES / "research.yaml"
    said = ergon("policy", "check", research, manifest, "-o", "json").json()
    outcomes = {gate["gate"]: gate["outcome"] for gate in said["gates"]}
    assert said["verdict"] == "held" and outcomes["approval"] == "awaits"
    assert outcomes["purpose"] == "warned" and outcomes["pinned-software"] == "warned"
    strict = ergon("policy", "check", POLICIES / "cern-ai.yaml", manifest, status=1)
    assert "G1 purpose: blocked: the manifest has no `purpose`" in strict.out
    assert strict.out.endswith("it would be refused\n")


def test_a_policy_that_cannot_work_is_told_apart(ergon: Ergon) -> None:
    policy = ergon.folder / "policy.yaml"
    policy.write_text(
        "apiVersion: ergon/v1\nkind: Policy\nmetadata: {name: p}\n"
        "gates: {licence: {mode: block, allow: [GPL-3.0]}}\n"
    )
    said = ergon("policy", "check", policy, status=64)
    assert "GPL-3.0" in said.err and "deprecated" in said.err
