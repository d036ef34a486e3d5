"""What e-government asks of the registry over HTTP, with the caller's own token: whoever may read the child there may file for it here.

A desk that may not read it asks by what the child's papers say.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import httpx
from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from libs.common.errors import Forbidden, Invalid, ProblemOut, TooManyRequests, Unauthenticated, Unavailable
from libs.common.http.tracing import CURRENT

if TYPE_CHECKING:
    from services.egov.settings import EgovSettings

OK, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, INVALID, TOO_MANY = 200, 401, 403, 404, 422, 429


class LearnerSeen(BaseModel):
    """What a dossier needs of a learner."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    learner_id: UUID
    person_id: UUID
    full_name: str
    birth_date: str
    school_id: UUID | None
    school_code: str | None
    class_id: UUID | None
    grade: Annotated[int | None, Field(ge=0, le=12)]
    level: str | None
    version: int


class GuardianSeen(BaseModel):
    """One guardian of a learner."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    guardian_person_id: UUID


class GuardiansSeen(BaseModel):
    """The guardians of a learner; there are few, the first page holds them."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    items: list[GuardianSeen]


class ClassSeen(BaseModel):
    """What a decision needs of a class."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    school_id: UUID
    school_year: str
    grade: int | None
    level: str


class SchoolYearSeen(BaseModel):
    """A school year; `ends_on` is its last day."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    school_year: str
    starts_on: date
    ends_on: date


class SchoolYearsSeen(BaseModel):
    """The school years; there is one a year, the first page holds them."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    items: list[SchoolYearSeen] = []


Seen = TypeVar("Seen", bound=BaseModel)


class Registry:
    """The registry's API as seen from here."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def learner(self, learner_id: UUID, authorization: str) -> LearnerSeen | None:
        """Return the learner as the caller sees them, None when they do not; raises Unavailable when the registry does not answer."""
        return await self._ask(f"/registry/v1/learners/{learner_id}", authorization, LearnerSeen)

    async def is_guardian(self, person_id: UUID, learner_id: UUID, authorization: str) -> bool:
        """Tell whether the registry names the person as a guardian of the learner: teachers see children too, and may not file for them."""
        found = await self._ask(f"/registry/v1/learners/{learner_id}/guardians", authorization, GuardiansSeen)
        return found is not None and any(guardian.guardian_person_id == person_id for guardian in found.items)

    async def school_class(self, class_id: UUID, authorization: str) -> ClassSeen | None:
        """Return the class as the caller sees it, None when they do not."""
        return await self._ask(f"/registry/v1/classes/{class_id}", authorization, ClassSeen)

    async def school_years(self, authorization: str) -> list[SchoolYearSeen]:
        """Return the school years; none for a caller who may not read them."""
        found = await self._ask("/registry/v1/school-years?limit=500", authorization, SchoolYearsSeen)
        return found.items if found else []

    async def match(self, papers: dict[str, Any], authorization: str) -> LearnerSeen | None:
        """Return the learner whom code, name and birth date name together, None when any of them is wrong.

        Raises Invalid by the registry's own rules, pointing below /learner, or Forbidden.
        """
        return await self._ask("/registry/v1/learners/match", authorization, LearnerSeen, papers)

    async def _ask(self, path: str, authorization: str, kind: type[Seen], body: dict[str, Any] | None = None) -> Seen | None:
        context = CURRENT.get()
        headers = {"Authorization": authorization} | ({"traceparent": context.traceparent} if context else {})
        try:
            answer = await self._client.request("GET" if body is None else "POST", path, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise _down() from error
        if answer.status_code == NOT_FOUND or (answer.status_code == FORBIDDEN and body is None):
            return None
        if answer.status_code == UNAUTHORIZED:
            raise Unauthenticated
        if answer.status_code == TOO_MANY:
            raise _too_many(answer)
        try:
            if answer.status_code == OK:
                return kind.model_validate_json(answer.content)
            if answer.status_code in {FORBIDDEN, INVALID}:
                raise _refused(ProblemOut.model_validate_json(answer.content))
        except ValidationError as error:
            raise _down() from error
        raise _down()


def _refused(problem: ProblemOut) -> Forbidden | Invalid:
    """Return the registry's refusal of a match in the words of a dossier."""
    if problem.status == FORBIDDEN:
        return Forbidden(detail_vi=problem.detail, detail_en=problem.detail_en)
    return Invalid(errors=[fault.model_copy(update={"pointer": "/learner" + fault.pointer}) for fault in problem.errors])


def _too_many(answer: httpx.Response) -> TooManyRequests:
    """Return the gateway's refusal, with its wait."""
    return TooManyRequests(
        detail_vi="Đã hỏi sổ đăng ký học sinh quá nhiều lần, xin chờ rồi thử lại.",
        detail_en="The registry was asked too often, please wait and try again.",
        headers={"Retry-After": answer.headers.get("retry-after", "1")},
    )


def _down() -> Unavailable:
    return Unavailable(
        detail_vi="Sổ đăng ký học sinh đang gián đoạn, xin thử lại sau ít phút.",
        detail_en="The registry does not answer, please try again in a moment.",
    )


def registry_of(request: Request) -> Registry:
    """Return the application's way to the registry."""
    found: Registry = request.app.state.registry
    return found


@asynccontextmanager
async def asking_registry(app: FastAPI) -> AsyncIterator[None]:
    """Keep one client of the registry as long as the application lives."""
    settings: EgovSettings = app.state.settings
    base = settings.egov_registry_url or settings.gateway_url
    async with httpx.AsyncClient(base_url=base, timeout=settings.egov_registry_timeout_seconds) as client:
        app.state.registry = Registry(client)
        yield
