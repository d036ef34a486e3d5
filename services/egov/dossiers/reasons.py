"""Reasons for supplements, refusals and closing: plain words with filled placeholders, and the guards that data can check."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
SUPPLEMENT, REFUSE, CLOSE = "supplement", "refuse", "close"
PLACE = "noi_nop"
FILLED: Mapping[str, frozenset[str]] = {
    SUPPLEMENT: frozenset({PLACE, "han_nop"}),
    # `han_nop` of a refusal is the next window, `ma_ho_so` the other dossier: nobody but the desk knows them.
    REFUSE: frozenset({PLACE}),
    CLOSE: frozenset({"ngay", "ma_ho_so"}),
}
"""Placeholders that the system fills itself, by kind; a caller may still name the place."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason."""

    code: str
    key: str
    kind: str
    group: str
    text_vi: str
    next_vi: str
    gloss_en: str
    guard_en: str
    rules: Sequence[str]

    @property
    def placeholders(self) -> list[str]:
        """Return what has to be filled, in the order of the text."""
        return list(dict.fromkeys(PLACEHOLDER.findall(self.text_vi + " " + self.next_vi)))


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards look at."""

    online: bool
    relation_verified: bool
    sending_inside: bool
    has_fee: bool = False
    in_force: bool = True


@dataclass(frozen=True, slots=True)
class Chosen:
    """A reason that somebody picked, with the values of its placeholders."""

    code: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a chosen reason may not stand: which one, and the code and sentences of the refusal."""

    index: int
    code: str
    vi: str
    en: str


GUARDED: Mapping[str, tuple[str, str]] = {
    "BS11": ("Quan hệ giám hộ đã được xác nhận trên dữ liệu.", "The relation to the child is in the data: no authorisation is needed."),
    "BS12": ("Quan hệ giám hộ đã được xác nhận trên dữ liệu.", "The relation to the child is in the data."),
    "BS14": ("Thủ tục này không thu phí.", "The procedure has no fee."),
    "BS15": ("Hồ sơ nộp bằng tài khoản định danh thì không cần ký.", "A form filed by a signed-in user needs no signature."),
    "BS16": ("Hai trường trong nước tự trao đổi kết quả học tập.", "Schools of the country exchange the record themselves."),
    "TC03": ("Thủ tục đang có hiệu lực.", "The procedure is in force."),
    "TC12": ("Chỉ dùng cho học sinh người nước ngoài.", "Only for foreign pupils, where the law sets it."),
}


def forbidden(code: str, facts: Facts) -> bool:
    """Tell whether the guard of a reason forbids it for this dossier (refusal-reasons.yaml, guard_en)."""
    return {
        "BS11": facts.relation_verified,
        "BS12": facts.relation_verified,
        "BS14": not facts.has_fee,
        "BS15": facts.online,
        "BS16": facts.sending_inside,
        "TC03": facts.in_force,
        "TC12": True,
    }.get(code, False)


def check(kind: str, chosen: Sequence[Chosen], facts: Facts) -> list[Fault]:
    """Return what is wrong with the chosen reasons; none when the notice may go out."""
    found = []
    for index, one in enumerate(chosen):
        reason = reasons().get(one.code)
        if reason is None or reason.kind != kind:
            found.append(Fault(index, "unknown_reason", "Không có lý do này cho việc này.", f"{one.code} is no reason to {kind}."))
        elif forbidden(one.code, facts):
            found.append(Fault(index, "guard", *GUARDED[one.code]))
        else:
            found.extend(_values(index, reason, one.values))
    return found


def _values(index: int, reason: Reason, values: Mapping[str, str]) -> list[Fault]:
    wanted, filled = set(reason.placeholders), FILLED[reason.kind]
    missing = sorted(wanted - filled - set(values))
    surplus = sorted(set(values) - (wanted - (filled - {PLACE})))
    found = []
    if missing:
        found.append(Fault(index, "missing_values", f"Thiếu nội dung: {', '.join(missing)}.", f"Fill in: {', '.join(missing)}."))
    if surplus:
        found.append(Fault(index, "surplus_values", f"Thừa nội dung: {', '.join(surplus)}.", f"Not in the text: {', '.join(surplus)}."))
    return found


def render(chosen: Sequence[Chosen], system: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the sentences that go out: all defects at once, never a code alone."""
    rendered = []
    for one in chosen:
        reason = reasons()[one.code]
        values = {**system, **one.values}
        rendered.append(
            {
                "code": one.code,
                "text_vi": _fill(reason.text_vi, values),
                "next_vi": _fill(reason.next_vi, values),
                "gloss_en": reason.gloss_en,
            }
        )
    return rendered


def _fill(text: str, values: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All reasons by code, and the sentences that every notice carries."""

    reasons: Mapping[str, Reason]
    greeting_vi: str
    appeal_vi: str

    def frame(self, applicant: str) -> dict[str, str]:
        """Return how a notice begins and ends: to whom, and where they may turn."""
        return {"greeting_vi": _fill(self.greeting_vi, {"ten_nguoi_nop": applicant}), "appeal_vi": self.appeal_vi}


def read_catalogue(text: str) -> Catalogue:
    """Read refusal-reasons.yaml."""
    document: dict[str, Any] = yaml.safe_load(text)
    names = ("code", "key", "kind", "group", "text_vi", "next_vi", "gloss_en", "guard_en", "rules")
    found = {one["code"]: Reason(**{name: one[name] for name in names}) for one in document["reasons"]}
    return Catalogue(found, document["meta"]["greeting_vi"], document["meta"]["appeal_vi"])


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Return the catalogue (package data)."""
    return read_catalogue(files("services.egov.dossiers").joinpath("data/refusal-reasons.yaml").read_text(encoding="utf-8"))


def reasons() -> Mapping[str, Reason]:
    """Return all reasons by code."""
    return catalogue().reasons
