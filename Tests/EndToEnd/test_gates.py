"""One run that passes and one that does not for each gate, G1 to G15, of a policy that asks for
everything. One coordinator serves all of them; its log is verified when they have ended."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ergon import Ergon, until
from policed import PolicedCluster

POLICY = """
apiVersion: ergon/v1
kind: Policy
metadata: {name: everything}
gates:
  purpose: {mode: block, codes: [research]}
  risk: {mode: block, allow: [minimal, high]}
  approval: {mode: block, for: [high]}
  model-card: block
  licence: {mode: block, allow: [MIT, CC0-1.0]}
  dataset: block
  residency: {mode: block, regions: {HERE: [CH, FR]}}
  pinned-software: block
  seed: block
  determinism: block
  retention: {mode: block, at-least: {minimal: 1 d, high: 183 d}}
  personal-data: block
  budget: block
  output-review: {mode: block, for: [high]}
  evidence: {mode: block, sample: 1}
"""
GATES = [
    "purpose", "risk", "approval", "model-card", "licence", "dataset", "residency",
    "pinned-software", "seed", "determinism", "retention", "personal-data", "budget",
    "output-review", "evidence",
]  # fmt: skip
FIELDS = [
    "name", "version", "intended-use", "limitations", "training-data", "metrics", "licence",
]  # fmt: skip
MODEL = b"no weights"
SCRIPT = """#!/bin/sh
python3 -c 'sum(range(3000000))'
cp "$1" "$2"
"""

Manifest = dict[str, Any]
Change = Callable[[Manifest], None]


def sound() -> Manifest:
    """Passes every gate, once people have answered."""
    data = {"licence": "CC0-1.0", "classification": "public", "residency": ["HERE"], "owner": "us"}
    step = {
        "over": "rows", "with": {"model": "model"}, "models": ["tagger"],
        "run": ["{code}/copy.sh", "{input}", "{out.copy}", "{seed}"],
        "determinism": "bitwise", "outputs": {"copy": {"merge": "lines"}},
    }  # fmt: skip
    return {
        "apiVersion": "ergon/v1",
        "kind": "Campaign",
        "metadata": {"name": "sound"},
        "seed": 7,
        "purpose": {"code": "research", "text": "Find out what every gate does."},
        "risk": "minimal",
        "models": {"tagger": {"from": "model", "card": "card.json", "licence": "MIT"}},
        "personal-data": {"basis": "consent", "assessment": "in the third drawer"},
        "retention": "365 d",
        "budget": {"energy": "1 kWh", "on-exceed": "warn"},
        "inputs": {"rows": {"files": "rows.txt", **data}, "model": {"files": "model.onnx", **data}},
        "code": ["copy.sh"],
        "steps": {"copy": step},
    }


class Site(PolicedCluster):
    def __init__(self, ergon: Ergon) -> None:
        super().__init__(ergon, POLICY)
        (ergon.folder / "rows.txt").write_text("one\ntwo\n")
        (ergon.folder / "model.onnx").write_bytes(MODEL)
        card = dict.fromkeys(FIELDS, "said") | {"sha256": hashlib.sha256(MODEL).hexdigest()}
        (ergon.folder / "card.json").write_text(json.dumps(card))
        (ergon.folder / "bare.md").write_text("# Name\ntagger\n")
        (ergon.folder / "copy.sh").write_text(SCRIPT)
        (ergon.folder / "copy.sh").chmod(0o755)
        self.worker("w-us", 1, 2048, "--jurisdiction", "US", "--restricted")
        self.worker("w-open", 1, 2048, "--jurisdiction", "CH")
        self.worker("w-ch", 1, 2048, "--jurisdiction", "CH", "--restricted")

    def manifest(self, name: str, *changes: Change) -> Path:
        document = sound()
        document["metadata"]["name"] = name
        for change in changes:
            change(document)
        path = self.ergon.folder / f"{name}.yaml"
        path.write_text(json.dumps(document))
        return path

    def decisions(self, campaign: int | None = None) -> list[tuple[str, str, str]]:
        """Moment, gate and outcome of all decisions on a campaign, as the log has them."""
        return [
            (decision["moment"], gate["gate"], gate["outcome"])
            for decision in self.records("policy-decided")
            if decision.get("campaign") == campaign
            for gate in decision["gates"]
        ]

    def state(self, campaign: int) -> str:
        state: str = self.campaign(campaign)["state"]
        return state


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    ergon = Ergon(tmp_path_factory.mktemp("gates"))
    site = Site(ergon)
    yield site
    ergon.stop_all()
    site("audit", "verify")


def put(*path: str, value: object) -> Change:
    """A member of the manifest is set, or taken away if the value is None."""

    def change(manifest: Manifest) -> None:
        *folders, name = path
        for folder in folders:
            manifest = manifest[folder]
        if value is None:
            del manifest[name]
        else:
            manifest[name] = value

    return change


high = put("risk", value="high")

REFUSALS = [
    ("purpose", put("purpose", "code", value="military"), "purposes of code `military`"),
    ("risk", put("risk", value="limited"), "risk `limited` is not taken here"),
    ("model-card", put("models", "tagger", "card", value="bare.md"), "lacks version"),
    ("licence", put("inputs", "rows", "licence", value="GPL-2.0-only"), "is not allowed here"),
    ("dataset", put("inputs", "rows", "owner", value=None), "input `rows` has no `owner`"),
    ("residency", put("inputs", "rows", "residency", value=["US"]), "no place may process all"),
    ("pinned-software", put("steps", "copy", "run", value=["cp", "{input}", "{out.copy}"]), "`cp`"),
    ("seed", put("seed", value=0), "no `seed` other than 0"),
    ("determinism", put("steps", "copy", "determinism", value=None), "how alike two runs are"),
    ("retention", put("retention", value="1 h"), "1 d are asked for"),
    ("personal-data", put("personal-data", "basis", value=None), "without a lawful `basis`"),
    ("budget", put("budget", value=None), "the manifest has no `budget`"),
]  # fmt: skip


@pytest.mark.parametrize(("gate", "change", "reason"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_what_does_not_pass_is_refused(site: Site, gate: str, change: Change, reason: str) -> None:
    manifest = site.manifest(f"not-{gate}", change)
    said = site.ergon("submit", "--home", site.people["anna"], manifest, status=1).err
    assert f"G{GATES.index(gate) + 1} {gate}: " in said and reason in said
    on_record = site.records("policy-decided")[-1]
    assert on_record["verdict"] == "refused" and "campaign" not in on_record
    blocked = {finding["gate"] for finding in on_record["gates"] if finding["outcome"] == "blocked"}
    assert gate in blocked
    told = site("audit", "show", "--refused").out.splitlines()[-1]
    assert f"`not-{gate}` is refused: " in told and f"G{GATES.index(gate) + 1} {gate}: " in told


def test_a_campaign_passes_every_gate(site: Site, tmp_path: Path) -> None:
    number = site.hand_in(site.manifest("passes", high))
    assert site.campaign(number)["heldReason"].startswith("G3 approval: ")
    assert "`passes` is held: G3 approval: " in site("explain", number).out
    site.answer("bob", campaign=number)
    until("it ends", lambda: site.state(number) == "complete")
    explained = site.json("explain", number)["explanation"]
    assert "`passes` is complete: G14 output-review: " in explained
    assert site.campaign(number)["withheld"].startswith("G14 output-review: ")
    site.answer("bob", campaign=number)
    assert site.campaign(number)["withheld"].startswith("G15 evidence: ")
    assert site.listed("anna", number) == []
    evidence = ["--campaign", number, "--login", site.people["eve"]]
    early = site("audit", "evidence", tmp_path / "early", *evidence, status=1)
    assert "0 of 1 tasks were run once more" in early.out
    assert site.listed("anna", number) == []
    site("audit", "replay", number, "--sample", "1")
    good = site("audit", "evidence", tmp_path / "good", *evidence, "-o", "json").json()
    assert good["good"] and good["onRecord"] and good["problems"] == []
    assert good["runOnceMore"] >= 1
    attestation = tmp_path / "good" / "attestation.json"
    site.ergon("audit", "check", attestation, "--key", site.home / "log-key.pub")
    assert hashlib.sha256(attestation.read_bytes()).hexdigest() in good["files"]
    assert site.records("approved")[-1]["comment"] == good["files"]
    assert site.listed("anna", number) == ["copy.copy"]
    found = site.decisions(number)
    assert {gate for _, gate, outcome in found if outcome == "passed"} == set(GATES)
    assert ("submission", "approval", "awaits") in found
    assert found.index(("close", "evidence", "blocked")) < found.index(
        ("close", "evidence", "passed")
    )
    shown = site("audit", "show", "--campaign", number).out
    assert "start of campaign" in shown and "close of campaign" in shown


def test_nobody_works_on_data_that_may_not_be_there(site: Site) -> None:
    number = site.hand_in(site.manifest("placed"))
    until("it ends", lambda: site.state(number) == "complete")
    refused = {
        record["gates"][0]["gate"]: record["custody"]
        for record in site.records("policy-decided")
        if record.get("campaign") == number and record["moment"] == "placement"
    }
    assert refused == {
        "residency": {"jurisdiction": "US", "restricted": True},
        "personal-data": {"jurisdiction": "CH"},
    }
    makers = {
        record["worker"] for record in site.records("results") if record["campaign"] == number
    }
    assert makers == {"w-ch"}


def test_a_person_says_no_to_a_start(site: Site) -> None:
    number = site.hand_in(site.manifest("unwanted", high))
    site.answer("bob", "--reject", "--comment", "not now", campaign=number)
    assert site.state(number) == "cancelled"
    assert site.campaign(number)["succeeded"]["attempts"] == 0
    answered = site.records("approved")[-1]
    assert (answered["matter"], answered["answer"]) == ("start", "rejected")


def test_a_spent_budget_stops_a_campaign(site: Site) -> None:
    little = put("budget", "energy", value="0.001 J")
    number = site.hand_in(site.manifest("spends", little))
    until("it is stopped", lambda: site.state(number) == "held")
    assert site.campaign(number)["heldReason"].startswith("G13 budget: it has taken ")
    assert ("running", "budget", "blocked") in site.decisions(number)
    assert "G13 budget" in site("explain", f"{number}.copy.copy/1.0").out
    assert "goes on beyond its budget" in site.answer("bob", campaign=number)
    until("it ends", lambda: site.state(number) == "complete")


def test_a_person_says_no_to_outputs(site: Site) -> None:
    number = site.hand_in(site.manifest("unseen", high))
    site.answer("bob", campaign=number)
    until("it ends", lambda: site.state(number) == "complete")
    site.answer("bob", "--reject", campaign=number)
    assert ("release", "output-review", "blocked") in site.decisions(number)
    assert site.listed("anna", number) == []


def test_another_policy_changes_no_old_decision(site: Site) -> None:
    number = site.hand_in(site.manifest("older", high))
    before = site.records("policy-decided")
    site.coordinator.stop()
    site.policy.write_text(POLICY[: POLICY.index("gates:")] + "gates: {purpose: warn}\n")
    site.start()
    assert site.records("policy-decided")[: len(before)] == before
    assert site.campaign(number)["heldReason"].startswith("G3 approval: ")
    newer = site.hand_in(site.ergon.manifest("steps: {s: {run: ['true']}}\n", "newer"))
    assert site.decisions(newer) == [("submission", "purpose", "warned")]
    site.answer("bob", campaign=number)
    until("it ends", lambda: site.state(number) == "complete")
    assert site.campaign(number)["withheld"].startswith("G14 output-review: ")
    site.coordinator.stop()
    site.policy.write_text(POLICY)
    site.start()
    policies = [record["policy"] for record in site.records("policy-in-force")]
    assert len(policies) == 3 and policies[0] == policies[2] != policies[1]
