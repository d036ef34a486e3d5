"""The password policy of the realm, read from the same line of realm.yaml that Keycloak enforces."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from libs.common.errors import FieldError

PART = re.compile(r"(?P<rule>\w+)(?:\((?P<argument>[^)]*)\))?")


class UnknownPolicyError(ValueError):
    """The realm names a password rule that the sandbox cannot enforce."""


@dataclass(frozen=True)
class Rule:
    """One rule: when it is broken, and how to say so."""

    code: str
    broken: Callable[[str, str], bool]
    vi: str
    en: str


def parse(policy: str) -> list[Rule]:
    """Return the rules of a Keycloak policy line such as `length(10) and notUsername(undefined)`.

    Raises UnknownPolicyError for a rule without a counterpart here, so that the two issuers cannot drift apart.
    """
    rules = []
    for part in filter(None, policy.split(" and ")):
        found = PART.fullmatch(part.strip())
        if not found:
            raise UnknownPolicyError(part)
        rule = _rule(found["rule"], found["argument"] or "")
        if rule:
            rules.append(rule)
    return rules


def weaknesses(rules: list[Rule], username: str, password: str, pointer: str = "/password") -> list[FieldError]:
    """Return one field error for each rule that the password breaks."""
    return [FieldError(pointer=pointer, code=rule.code, vi=rule.vi, en=rule.en) for rule in rules if rule.broken(username, password)]


def _rule(name: str, argument: str) -> Rule | None:
    counted = {"length", "maxLength", "digits", "lowerCase", "upperCase", "specialChars"}
    if name in counted:
        return _counted(name, int(argument))
    if name == "notUsername":
        return Rule(
            "password_is_username",
            lambda u, p: u.casefold() == p.casefold(),
            "Không được trùng tên đăng nhập.",
            "Must differ from the user name.",
        )
    if name == "notContainsUsername":
        return Rule(
            "password_contains_username",
            lambda u, p: u.casefold() in p.casefold(),
            "Không được chứa tên đăng nhập.",
            "Must not contain the user name.",
        )
    if name in {"hashAlgorithm", "hashIterations", "notEmail", "passwordHistory"}:
        return None  # about storage, history or e-mail addresses: nothing to check in the new password itself
    raise UnknownPolicyError(name)


def _counted(name: str, least: int) -> Rule:
    match name:
        case "length":
            return Rule(
                "password_too_short", lambda _, p: len(p) < least, f"Cần ít nhất {least} ký tự.", f"Needs at least {least} characters."
            )
        case "maxLength":
            return Rule("password_too_long", lambda _, p: len(p) > least, f"Nhiều nhất {least} ký tự.", f"At most {least} characters.")
        case "digits":
            return Rule(
                "password_needs_digit", _fewer(str.isdigit, least), f"Cần ít nhất {least} chữ số.", f"Needs at least {least} digits."
            )
        case "lowerCase":
            return Rule(
                "password_needs_lower",
                _fewer(str.islower, least),
                f"Cần ít nhất {least} chữ thường.",
                f"Needs at least {least} lower-case letters.",
            )
        case "upperCase":
            return Rule(
                "password_needs_upper",
                _fewer(str.isupper, least),
                f"Cần ít nhất {least} chữ hoa.",
                f"Needs at least {least} upper-case letters.",
            )
        case _:
            return Rule(
                "password_needs_special",
                _fewer(lambda c: not c.isalnum(), least),
                f"Cần ít nhất {least} ký tự đặc biệt.",
                f"Needs at least {least} special characters.",
            )


def _fewer(kind: Callable[[str], bool], least: int) -> Callable[[str, str], bool]:
    return lambda _, password: sum(map(kind, password)) < least
