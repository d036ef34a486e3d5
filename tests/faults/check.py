"""The property that every fault must leave intact: each committed change has exactly one effect, in the order of its aggregate."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from libs.common.events.connections import Connection


@dataclass
class Verdict:
    """What is wrong; all empty means nothing."""

    changes: int = 0
    lost: list[tuple[str, int]] = field(default_factory=list)
    doubled: list[tuple[str, int]] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.disordered)


async def judge(database: Connection, consumer: str) -> Verdict:
    """Compare the aggregates' versions with the effects that the consumer wrote."""
    versions = {row["key"]: row["version"] for row in await database.fetch("SELECT key, version FROM counter")}
    seen: dict[str, list[int]] = defaultdict(list)
    for row in await database.fetch("SELECT key, sequence FROM effect WHERE consumer = $1 ORDER BY effect_id", consumer):
        seen[row["key"]].append(row["sequence"])
    verdict = Verdict(changes=sum(versions.values()))
    for key, version in versions.items():
        counts = Counter(seen[key])
        verdict.lost += [(key, sequence) for sequence in range(1, version + 1) if sequence not in counts]
        verdict.doubled += [(key, sequence) for sequence, count in counts.items() if count > 1]
        if list(dict.fromkeys(seen[key])) != sorted(counts):
            verdict.disordered.append(key)
    return verdict
