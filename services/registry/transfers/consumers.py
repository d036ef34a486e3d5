"""Consumes decided transfer dossiers."""

from collections.abc import Sequence

from libs.common.events.consumer import consumer
from libs.common.events.envelope import Received
from libs.common.events.session import WorkerSession
from libs.common.events.topics import EGOV_TRANSFER
from services.registry.transfers import service
from services.registry.transfers.events import DECIDED, TransferDecided


@consumer(name="registry.transfer", topics=[EGOV_TRANSFER], types=[DECIDED], batch=20)
async def execute_transfers(db: WorkerSession, events: Sequence[Received]) -> None:
    """Execute each dossier once; a refusal is an outcome, not a failure."""
    for event in events:
        outcome = await service.execute(db, event.parse(TransferDecided))
        if outcome is None:
            continue
        if outcome.learner is not None:
            db.record(outcome.learner, event)
        db.record(outcome.dossier, event)
