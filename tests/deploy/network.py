"""A small reading of network policies: may one pod of the release reach another, or a place outside?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.deploy.chart import of_kind, pods

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.deploy.chart import Object

Labels = dict[str, str]


@dataclass(frozen=True)
class Network:
    """The policies and pods of a release. What it cannot read it takes for closed."""

    objects: Sequence[Object]

    def pod(self, service: str, process: str) -> Object:
        """Return one process's pod."""
        wanted = {"lienthong.vn/service": service, "lienthong.vn/process": process}
        return next(pod for _, pod in pods(self.objects) if wanted.items() <= pod["metadata"]["labels"].items())

    def reaches(self, source: Object, target: Object) -> bool:
        """Tell whether a pod reaches the serving port of another one: it may go out there, and the other one lets it in."""
        port = target["spec"]["containers"][0]["ports"][0]
        out = self._allows(source, "Egress", "egress", "to", target["metadata"]["labels"], {port["containerPort"]})
        return out and self._allows(
            target, "Ingress", "ingress", "from", source["metadata"]["labels"], {port["containerPort"], port["name"]}
        )

    def leaves(self, source: Object, peer: Object, port: int) -> bool:
        """Tell whether a pod may go out to a peer that is written in this very way."""
        rules = (rule for policy in self._policies(source, "Egress") for rule in policy["spec"].get("egress") or [])
        return any(peer in rule["to"] and port in {one["port"] for one in rule["ports"]} for rule in rules)

    def admits(self, target: Object, peer: Object) -> bool:
        """Tell whether a pod lets in a peer that is written in this very way."""
        rules = (rule for policy in self._policies(target, "Ingress") for rule in policy["spec"].get("ingress") or [])
        return any("from" not in rule or peer in rule["from"] for rule in rules)

    def closed(self, pod: Object) -> bool:
        """Tell whether both directions of a pod are under some policy."""
        return all(self._policies(pod, direction) for direction in ("Ingress", "Egress"))

    def _policies(self, pod: Object, direction: str) -> list[Object]:
        labels = pod["metadata"]["labels"]
        return [
            policy
            for policy in of_kind(self.objects, "NetworkPolicy")
            if direction in policy["spec"]["policyTypes"] and _chosen(policy["spec"]["podSelector"], labels)
        ]

    def _allows(self, pod: Object, direction: str, field: str, side: str, other: Labels, ports: set[object]) -> bool:
        rules = (rule for policy in self._policies(pod, direction) for rule in policy["spec"].get(field) or [])
        return any(
            any(one["port"] in ports for one in rule["ports"])
            and (
                "from" not in rule
                if side == "from" and "from" not in rule
                else any(_chosen(peer.get("podSelector"), other) for peer in rule[side])
            )
            for rule in rules
        )


def _chosen(selector: Object | None, labels: Labels) -> bool:
    """Tell whether a selector by labels chooses; a peer of another namespace or an address is no pod of ours."""
    return selector is not None and selector["matchLabels"].items() <= labels.items()
