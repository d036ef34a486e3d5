"""The rule set in force: version 1 is package data, later versions are rows; every version is checked before it is used."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

import orjson
import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from libs.common.validation import FieldRuleError
from services.assets.fields import Input, Money, Title
from services.assets.wear.rules import Adjustment, OutsideBandError, Rate, Regime, RuleSet, adjusted

NEWEST = "SELECT version, document::text AS document FROM rule_set WHERE rule_set_id = $1 ORDER BY version DESC LIMIT 1"
Percent = Annotated[Decimal, Field(gt=0, le=100, max_digits=9, decimal_places=4)]
Share = Annotated[Decimal, Field(gt=-1, lt=1, max_digits=6, decimal_places=4)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]


class RateBody(Input):
    """Life in whole years and percent of the cost a year."""

    life: Annotated[int, Field(ge=1, le=200)]
    percent: Percent


class RegimeBody(Input):
    """A regime from a year on, until the next one begins."""

    id: Annotated[str, Field(min_length=1, max_length=40)]
    first_year: Annotated[int, Field(ge=1900, le=2199)]
    legal_basis: Title
    rates: Annotated[dict[Key, RateBody], Field(min_length=1)]


class AdjustmentBody(Input):
    """A rate that the province has moved."""

    wear_class: Key
    share: Share
    from_year: Annotated[int, Field(ge=1900, le=2199)]
    legal_basis: Title


class RuleSetBody(Input):
    """A version of the rules."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    legal_basis: Title
    minimum_cost: Money
    adjustment_band: Annotated[Decimal, Field(ge=0, lt=1, max_digits=5, decimal_places=4)]
    always_fixed: list[Key]
    regimes: Annotated[list[RegimeBody], Field(min_length=1, max_length=50)]
    adjustments: list[AdjustmentBody] = Field(default_factory=list)

    @model_validator(mode="after")
    def _hold_together(self) -> "RuleSetBody":  # noqa: N804 - an "after" validator is an instance method
        years = [regime.first_year for regime in self.regimes]
        if years != sorted(set(years)):
            raise FieldRuleError("regime_order", "Các chế độ phải theo thứ tự năm.", "Regimes come in the order of their years.")
        if any(regime.rates.keys() != self.regimes[0].rates.keys() for regime in self.regimes):
            raise FieldRuleError("regime_classes", "Mọi chế độ phải có cùng các nhóm.", "Every regime has the same classes.")
        for entry in self.adjustments:
            rate = self.regimes[-1].rates.get(entry.wear_class)
            if rate is None:
                raise FieldRuleError("unknown_wear_class", "Không có nhóm hao mòn này.", f"There is no class {entry.wear_class}.")
            try:
                adjusted(Rate(rate.life, rate.percent), entry.share, self.adjustment_band)
            except OutsideBandError as error:
                vi, en = "Tỷ lệ điều chỉnh vượt biên độ cho phép.", "The rate is moved by more than the band allows."
                raise FieldRuleError("outside_band", vi, en) from error
        return self


class RuleSetOut(BaseModel):
    """The rule set in force."""

    id: str
    version: int
    rules: RuleSetBody


@cache
def packaged() -> RuleSetOut:
    """Return version 1, read from asset-rules.yaml and rule-set.yaml."""
    read = {name: yaml.safe_load(_data(name)) for name in ("asset-rules.yaml", "rule-set.yaml")}
    facts, own = read["asset-rules.yaml"], read["rule-set.yaml"]
    columns = {"23/2023": "r23", "141/2025": "r141"}
    body = {
        "legal_basis": own["legal_basis"],
        "minimum_cost": facts["rules"]["fixed_asset"]["minimum_cost"],
        "adjustment_band": str(facts["rules"]["provincial_adjustment_band"]),
        "always_fixed": own["always_fixed"],
        "regimes": [
            {
                "id": regime["id"],
                "first_year": regime["valid_years"][0],
                "legal_basis": regime["legal_basis"],
                "rates": {entry["key"]: _rate(entry[columns[regime["id"]]]) for entry in facts["classes"]},
            }
            for regime in facts["regimes"]
        ],
        "adjustments": own["adjustments"],
    }
    return RuleSetOut(id=own["id"], version=own["version"], rules=RuleSetBody.model_validate(body))


def engine(found: RuleSetOut) -> RuleSet:
    """Return a version as the engine reads it."""
    body = found.rules
    return RuleSet(
        id=found.id,
        version=found.version,
        regimes=[
            Regime(
                regime.id, regime.first_year, regime.legal_basis, {key: Rate(rate.life, rate.percent) for key, rate in regime.rates.items()}
            )
            for regime in body.regimes
        ],
        minimum_cost=body.minimum_cost,
        always_fixed=frozenset(body.always_fixed),
        band=body.adjustment_band,
        adjustments=[Adjustment(entry.wear_class, entry.share, entry.from_year) for entry in body.adjustments],
    )


async def newest(connection: Any) -> RuleSetOut:
    """Return the newest version: a row where there is one, else the packaged one."""
    row = await connection.fetchrow(NEWEST, packaged().id)
    if row is None:
        return packaged()
    return RuleSetOut(id=packaged().id, version=row["version"], rules=RuleSetBody.model_validate(orjson.loads(row["document"])))


async def current(connection: Any) -> RuleSet:
    """Return the newest version as the engine reads it."""
    return engine(await newest(connection))


def _rate(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"life": entry["life"], "percent": str(entry["rate"])}


def _data(name: str) -> str:
    return files(__package__).joinpath("data", name).read_text(encoding="utf-8")
