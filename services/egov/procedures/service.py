"""Procedures as of a day, from the catalogue."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from libs.common.errors import NotFound
from libs.common.text import fold
from services.egov.clock.calendar import public_calendar
from services.egov.clock.hours import agency_hours
from services.egov.clock.rulebook import rulebook
from services.egov.clock.rules import LOCAL, Clock, Deadline, Limit, Unit
from services.egov.fields import invalid
from services.egov.procedures.catalogue import catalogue
from services.egov.procedures.rules import InForce, in_force
from services.egov.procedures.schemas import (
    CodeOnlyOut,
    DeadlineOut,
    DeadlineQuery,
    ProcedureListed,
    ProcedureOut,
    ProcedureQuery,
    WhyOut,
)


def clock() -> Clock:
    """Return the clock over the public calendar, the opening times and the dated rules."""
    return Clock(public_calendar(), agency_hours(), rulebook())


def known(code: str) -> bool:
    """Tell whether a code belongs to the catalogue."""
    return catalogue().knows(code)


def holding(code: str, on: date) -> InForce | None:
    """Return the version of a procedure that holds on a day; None when there is no such procedure then."""
    found = catalogue().procedures.get(code)
    return None if found is None else in_force(found, on)


def get(code: str, on: date) -> ProcedureOut:
    """Return a procedure as of a day; raises NotFound."""
    procedure, held = catalogue().procedures.get(code), holding(code, on)
    if procedure is None or held is None:
        raise NotFound(detail_vi=f"Không có thủ tục {code} vào ngày {on:%d/%m/%Y}.", detail_en=f"There is no procedure {code} on {on}.")
    facts = dict(procedure) | {"limits": held.limits, "version": held.version, "papers": _papers(procedure, held)}
    return ProcedureOut.model_validate(facts)


def find_all(query: ProcedureQuery, on: date) -> list[ProcedureListed]:
    """Return the procedures in force on a day that fit the filters, by code."""
    found = []
    for code, procedure in sorted(catalogue().procedures.items()):
        held = in_force(procedure, on)
        if held is not None and _fits(procedure, query):
            found.append(ProcedureListed.model_validate(dict(catalogue().procedures[code]) | {"version": held.version}))
    return found


def codes_only() -> list[CodeOnlyOut]:
    """Return the codes that the catalogue knows without details."""
    known_only = [_code_only(one, "catalogue_only") for one in catalogue().code_only.values()]
    replaced = [_code_only(one, "superseded") for one in catalogue().superseded.values()]
    return sorted([*known_only, *replaced], key=lambda one: one.code)


def deadline(query: DeadlineQuery) -> DeadlineOut:
    """Compute a deadline for anybody who asks; raises Invalid when the start has no offset or lies outside the calendar."""
    if query.start.tzinfo is None:
        raise invalid("query/start", "offset_missing", "Cần kèm múi giờ.", "Give the offset from UTC.")
    limit = Limit(query.value, Unit(query.unit), "as asked")
    try:
        cutoff = rulebook().one(local_day(query.start), "linked_cutoff") if query.linked else None
        return present(clock().due(limit, query.start, cutoff=cutoff))
    except (ValueError, OverflowError, LookupError) as error:
        raise invalid("query/start", "outside_calendar", "Ngoài lịch làm việc đã biết.", "Outside the known calendar.") from error


def present(found: Deadline) -> DeadlineOut:
    """Return a deadline as it is answered and stored."""
    return DeadlineOut(
        due_at=found.due_at,
        rule_set=found.rule_set.id,
        rule_set_version=found.rule_set.version,
        calendar=found.calendar,
        certain=found.certain,
        why=[WhyOut(what=step.what, at=step.at, rule=step.rule) for step in found.why],
    )


def local_day(at: datetime) -> date:
    """Return the day in Viet Nam of an instant."""
    return at.astimezone(LOCAL).date()


def _papers(procedure: Any, held: InForce) -> Sequence[dict[str, Any]]:
    names = catalogue().papers
    listed = [dict(paper) | {"name_en": names[paper["key"]]["name_en"]} for paper in procedure["papers"]]
    extra = [
        dict(names[key])
        | {"key": key, "original": None, "copies": None, "certified": None, "needed_when": "of this version", "replaceable_by": None}
        for key in held.papers_extra
    ]
    return [*listed, *extra]


def _fits(procedure: Any, query: ProcedureQuery) -> bool:
    return (
        (query.agency_level is None or query.agency_level in procedure["agency_level"])
        and (query.online_level is None or procedure["online_level"] == query.online_level)
        and (query.kind is None or procedure["procedure_kind"] == query.kind)
        and (query.q is None or fold(query.q) in fold(procedure["name_vi"] + " " + procedure["name_en"] + " " + procedure["code"]))
    )


def _code_only(one: Any, state: str) -> CodeOnlyOut:
    return CodeOnlyOut.model_validate(dict(one) | {"state": state, "successors": one.get("successors", []), "reason": one.get("reason")})
