"""Papers of a dossier: named by the procedure of the day, and which of those that everybody owes are missing."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from libs.common.errors import Invalid
from services.egov.dossiers import rules
from services.egov.dossiers.schemas import PaperGiven
from services.egov.dossiers.tables import Dossier
from services.egov.fields import fault
from services.egov.procedures import service as procedures


def stored(given: Sequence[PaperGiven], on: date) -> list[dict[str, Any]]:
    """Return papers as stored; raises Invalid for a key that the procedure does not name."""
    known = {paper.key for paper in procedures.get(rules.PROCEDURE, on).papers}
    faults = [
        fault(
            f"/papers/{index}/key", "unknown_paper", "Thủ tục không yêu cầu giấy này.", f"The procedure names: {', '.join(sorted(known))}."
        )
        for index, paper in enumerate(given)
        if paper.key not in known
    ]
    if faults:
        raise Invalid(errors=faults)
    return [{"key": paper.key, "name": paper.name} for paper in given]


def put(dossier: Dossier, papers: list[dict[str, Any]], on: date) -> None:
    """Give the dossier these papers, and note what is missing."""
    asked = [(paper.key, paper.needed_when, paper.replaceable_by) for paper in procedures.get(rules.PROCEDURE, on).papers]
    given = {paper["key"] for paper in papers}
    outside = dossier.sending_school_id is None
    dossier.papers = papers
    dossier.missing_papers = rules.missing_papers(asked, given, online=dossier.channel == "online", outside=outside)
