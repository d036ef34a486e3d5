"""Every topic of the platform in one place: consumers of another service name a topic without importing its producer."""

from dataclasses import dataclass
from datetime import timedelta

HISTORY_RETENTION = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Topic:
    """One stream of events about one kind of aggregate.

    `state`: compacted, the last event of each key is kept for ever, so that others can hold a whole copy; otherwise a history kept for
    `HISTORY_RETENTION`. `restricted`: may carry personal data, so only named services may read it. `partitions` bounds the parallelism of
    one consumer and never changes afterwards: a key's order lives in its partition.
    """

    name: str
    state: bool = False
    restricted: bool = False
    partitions: int = 4


IDENTITY_SESSION = Topic("identity.session", partitions=1)
IDENTITY_ACCOUNT = Topic("identity.account")
REGISTRY_ORGANISATION = Topic("registry.organisation")
REGISTRY_ORGANISATION_STATE = Topic("registry.organisation.state", state=True, partitions=1)
REGISTRY_LEARNER = Topic("registry.learner")
REGISTRY_STAFF = Topic("registry.staff")
REGISTRY_CLASS = Topic("registry.class")
REGISTRY_SCHOOL_YEAR = Topic("registry.school_year", partitions=1)
REGISTRY_TRANSFER = Topic("registry.transfer")
EGOV_TRANSFER = Topic("egov.transfer")
EGOV_DOSSIER = Topic("egov.dossier", restricted=True)
EGOV_PROCEDURE = Topic("egov.procedure", partitions=1)
EGOV_DOCUMENT = Topic("egov.document", partitions=1)
ASSETS_ASSET = Topic("assets.asset")
ASSETS_NORM = Topic("assets.norm", state=True, partitions=1)
LEARNING_CONTENT = Topic("learning.content")

TOPICS: tuple[Topic, ...] = (
    IDENTITY_SESSION,
    IDENTITY_ACCOUNT,
    REGISTRY_ORGANISATION,
    REGISTRY_ORGANISATION_STATE,
    REGISTRY_LEARNER,
    REGISTRY_STAFF,
    REGISTRY_CLASS,
    REGISTRY_SCHOOL_YEAR,
    REGISTRY_TRANSFER,
    EGOV_TRANSFER,
    EGOV_DOSSIER,
    EGOV_PROCEDURE,
    EGOV_DOCUMENT,
    ASSETS_ASSET,
    ASSETS_NORM,
    LEARNING_CONTENT,
)
