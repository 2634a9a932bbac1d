"""A coordinator with a policy: what is refused, what waits for a person, what runs where."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ergon import Ergon, until
from forging import rewrite, seed_of
from policed import PolicedCluster
from record_log import Record

POLICY = """
apiVersion: ergon/v1
kind: Policy
metadata: {name: site}
gates:
  purpose: {mode: block, codes: [research]}
  risk: warn
  approval: {mode: block, for: [high]}
  output-review: {mode: block, for: [limited]}
  residency: {mode: block, regions: {HERE: [CH, FR]}}
"""

MANIFEST = """
apiVersion: ergon/v1
kind: Campaign
metadata: {{name: {name}}}
purpose: {{code: {code}, text: Measure how long a policy takes.}}
risk: {risk}
inputs: {{rows: {{files: rows.txt{residency}}}}}
steps:
  copy: {{over: rows, run: [cp, "{{input}}", "{{out.copy}}"], outputs: {{copy: {{merge: lines}}}}}}
"""


class Site(PolicedCluster):
    """Its campaigns copy two lines."""

    def __init__(self, ergon: Ergon, *options: object) -> None:
        super().__init__(ergon, POLICY, *options)

    def manifest(self, code: str = "research", risk: str = "minimal", residency: str = "") -> Path:
        (self.ergon.folder / "rows.txt").write_text("one\ntwo\n")
        path = self.ergon.folder / f"{code}-{risk}.yaml"
        where = f", residency: [{residency}]" if residency else ""
        path.write_text(MANIFEST.format(name=code, code=code, risk=risk, residency=where))
        return path

    def audited(self) -> str:
        return self.stopped("audit", "verify")

    def json_of_persons(self) -> list[dict[str, str]]:
        said = self.ergon("person", "list", "--home", self.home, "-o", "json")
        found: list[dict[str, str]] = said.json()["persons"]
        return found


@pytest.fixture
def site(ergon: Ergon) -> Site:
    return Site(ergon)


@pytest.fixture(scope="module")
def approved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a coordinator that has ended, after a campaign that somebody had approved."""
    site = Site(Ergon(tmp_path_factory.mktemp("approved")))
    site.worker()
    site.hand_in(site.manifest(risk="high"))
    site.answer("bob")
    site.finish()
    site.ergon.stop_all()
    return site.home


def test_what_a_gate_blocks_is_refused_and_that_is_on_record(site: Site) -> None:
    manifest = site.manifest(code="military")
    said = site.ergon("submit", "--home", site.people["anna"], manifest, status=1)
    assert "G1 purpose: purposes of code `military` are not allowed" in said.err
    assert site.campaigns() == []
    site.coordinator.stop()
    shown = site("audit", "show").out
    assert "submission of a campaign refused" in shown and "military" in shown


def test_a_high_risk_waits_for_a_second_person(site: Site) -> None:
    site.worker()
    site.hand_in(site.manifest(risk="high"))
    assert site.campaign()["state"] == "held"
    assert "a second person has to approve it" in site.campaign()["heldReason"]
    assert "second person" in site("explain", "last.copy.0").out
    assert "may not do this" in site.answer("anna", status=1)
    assert "may not do this" in site.answer("eve", status=1)
    own = site.ergon("approve", "--home", site.join("approver", "anna"), "last", status=1)
    assert "your own" in own.err
    assert site.campaign()["state"] == "held"
    assert "is approved" in site.answer("bob", "--comment", "seen")
    assert site.finish()["state"] == "complete"
    assert "approved by" in site("audit", "show").out
    site.audited()


def test_a_rejected_campaign_ends_before_it_starts(site: Site) -> None:
    site.worker()
    site.hand_in(site.manifest(risk="high"))
    site.answer("bob", "--reject")
    assert site.campaign()["state"] == "cancelled"
    assert site.campaign()["succeeded"]["attempts"] == 0
    site.audited()


def test_data_stay_where_they_may_be(site: Site) -> None:
    site.worker("w-us", 1, 2048, "--jurisdiction", "US")
    site.hand_in(site.manifest(residency="HERE"))
    until("it is said why it waits", lambda: "may not" in site("explain", "last.copy.0").out)
    assert site.stage("copy")["leased"] == 0
    site.worker("w-ch", 1, 2048, "--jurisdiction", "CH")
    assert site.finish()["state"] == "complete"
    done = {worker["name"]: worker["finishedTasks"] for worker in workers(site)}
    assert done["w-us"] == 0 and done["w-ch"] > 0
    assert "placement of campaign 1" in site("audit", "show").out
    site.audited()


def test_outputs_wait_for_their_review(site: Site) -> None:
    site.worker()
    site.hand_in(site.manifest(risk="limited"))
    until("it ends", lambda: site.campaign()["state"] == "complete")
    anna = site.people["anna"]
    listed = site.ergon("results", "--home", anna, "last", "-o", "json")
    assert listed.json()["outputs"] == [] and "sign the outputs off" in listed.err
    said = site.ergon("results", "--home", anna, "last", "--print", "copy.copy", status=1)
    assert "sign the outputs off" in said.err
    seen = site.ergon("results", "--home", site.people["bob"], "last", "--print", "copy.copy")
    assert seen.out == "one\ntwo\n"
    assert "are released" in site.answer("bob")
    mine = site.ergon("results", "--home", anna, "last", "--print", "copy.copy")
    assert mine.out == "one\ntwo\n"
    site.audited()


def test_a_decision_outlives_its_policy(site: Site) -> None:
    site.hand_in(site.manifest(risk="high"))
    site.coordinator.stop()
    site.options = ()
    site.start()
    site.worker()
    assert site.campaign()["state"] == "held"
    site.answer("bob")
    assert site.finish()["state"] == "complete"
    site.audited()


def test_people_stand_on_record_under_pseudonyms(ergon: Ergon) -> None:
    site = Site(ergon, "--pseudonyms")
    site.worker()
    site.hand_in(site.manifest(risk="high"))
    own = site.ergon("approve", "--home", site.join("approver", "anna"), "last", status=1)
    assert "your own" in own.err
    site.answer("bob")
    assert site.finish()["state"] == "complete"
    assert site.campaign()["by"] == "spiffe://ergon/submitter/anna"
    mine = site.ergon("status", "--home", site.people["anna"], "last", "-o", "json").json()
    assert mine["campaigns"][0]["by"].startswith("spiffe://ergon/submitter/p-")
    site.ergon("retry", "--home", site.people["anna"], "last", status=1)
    listed = {person["name"]: person["pseudonym"] for person in site.json_of_persons()}
    assert set(listed) == {"anna", "bob"}
    shown = site.stopped("audit", "show")
    assert listed["anna"] in shown and "anna" not in shown and "bob" not in shown
    site("audit", "verify")
    site.ergon("person", "forget", "--home", site.home, "anna")
    site.ergon("person", "forget", "--home", site.home, "anna", status=1)
    assert [person["name"] for person in site.json_of_persons()] == ["bob"]


def late(found: list[Record]) -> None:
    approval = next(record for record in found if record["type"] == "approved")
    found.remove(approval)
    sealed = next(place for place, it in enumerate(found) if it["type"] == "campaign-sealed")
    found.insert(sealed, approval)


def unbound(found: list[Record]) -> None:
    for record in found:
        if record["type"] == "policy-decided":
            record["obligations"] = {}
    found[:] = [record for record in found if record["type"] != "approved"]


def lenient(found: list[Record]) -> None:
    decision = next(record for record in found if record["type"] == "policy-decided")
    for gate in decision["gates"]:
        gate["outcome"] = "passed"
        gate.pop("reason", None)
    decision["verdict"] = "allowed"


@pytest.mark.parametrize(
    ("forge", "finding"),
    [
        (late, "copy by worker w1 ran before it was approved"),
        (unbound, "the policy in force binds the campaign to something else"),
        (lenient, "the policy in force does not say that of G3 approval"),
    ],
)
def test_a_forged_leave_is_found(
    approved: Path, ergon: Ergon, forge: Callable[[list[Record]], None], finding: str
) -> None:
    home = shutil.copytree(approved, ergon.folder / "home")
    ergon("audit", "verify", "--home", home)
    rewrite(home, forge, seed_of(home))
    assert finding in ergon("audit", "verify", "--home", home, status=1).out


def workers(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.json("worker", "list")["workers"]
    return found
