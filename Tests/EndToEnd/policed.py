"""People of all roles around a coordinator with a policy."""

import json
from pathlib import Path
from typing import Any

from cluster import Cluster
from ergon import Ergon


class PolicedCluster(Cluster):
    def __init__(self, ergon: Ergon, policy: str, *options: object) -> None:
        """A coordinator with that policy and these options at every start."""
        self.policy = ergon.folder / "policy.yaml"
        self.policy.write_text(policy)
        super().__init__(ergon, "--policy", self.policy, *options)
        self.people = {
            who: self.join(role, who)
            for who, role in (("anna", "submitter"), ("bob", "approver"), ("eve", "auditor"))
        }

    def join(self, role: str, name: str) -> Path:
        home = self.ergon.folder / f"{role}-{name}"
        self.ergon("login", "--home", home, self.token(role, name=name))
        return home

    def hand_in(self, manifest: Path) -> int:
        """Submitted by anna; the campaign's number."""
        anna = self.people["anna"]
        said = self.ergon("submit", "--home", anna, manifest, "--again", "-o", "json")
        number: int = said.json()["campaign"]
        return number

    def answer(self, who: str, *more: object, status: int = 0, campaign: object = "last") -> str:
        said = self.ergon("approve", "--home", self.people[who], campaign, *more, status=status)
        return said.out + said.err

    def listed(self, who: str, campaign: object = "last") -> list[str]:
        """Names of the outputs that somebody is handed."""
        said = self.ergon("results", "--home", self.people[who], campaign, "-o", "json")
        return [output["name"] for output in said.json()["outputs"]]

    def stopped(self, *command: str) -> str:
        """What a command says when the coordinator has ended."""
        self.coordinator.stop()
        return self(*command).out

    def records(self, kind: str) -> list[dict[str, Any]]:
        """All of that type, as they stand in the log."""
        shown = self("audit", "show", "-o", "json").out.splitlines()
        return [record for record in map(json.loads, shown) if record["type"] == kind]
