"""Recording, changing and retiring assets; a natural key lets vendors send again."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from libs.common.clock import today
from libs.common.db.write import WriteSession
from libs.common.errors import Conflict, FieldError, Invalid
from libs.common.validation import did_you_mean
from services.assets.assets.classes import classes
from services.assets.assets.events import AssetChanged, AssetEvent, AssetRecorded, AssetRetired
from services.assets.assets.rules import Stated, faults
from services.assets.assets.schemas import AssetBody, AssetChange, AssetCreate, AssetRetire
from services.assets.assets.tables import Asset, AssetCostChange
from services.assets.fields import fault
from services.assets.wear import ruleset

# Locked against a move: a row recorded meanwhile must not keep the old path. Only organisations in the caller's scope are found.
ORGANISATION = """
SELECT organisation_id, path::text AS path FROM organisation_path
WHERE code = $1 AND path <@ ANY ((SELECT scope_paths())::ltree[]) FOR SHARE"""
FIND = "SELECT asset_id FROM asset WHERE organisation_id = $1 AND asset_code = $2"
# A creation tells what an asset is; afterwards only a change with its reason touches the cost.
NEVER_NULL = frozenset({"class_code", "quantity", "second_hand_years", "valid_from"})


class AssetCodeTaken(Conflict):
    """The organisation has an asset of that code."""

    slug = "asset-code-taken"
    title_vi = "Đơn vị đã có tài sản mang mã này"
    title_en = "The organisation has an asset of that code"


class AssetIsRetired(Conflict):
    """The asset is no longer held: nothing about it changes any more."""

    slug = "asset-retired"
    title_vi = "Tài sản đã thôi sử dụng, không thể sửa"
    title_en = "The asset is retired and cannot be changed"


class CostIsFixed(Conflict):
    """A recorded cost changes only for a reason, by a change of the single asset."""

    slug = "asset-cost-fixed"
    title_vi = "Nguyên giá đã ghi chỉ được sửa khi nêu lý do"
    title_en = "A recorded cost changes only with a reason"


class CostChangedThatDay(Conflict):
    """The cost of the asset has been changed on that day already."""

    slug = "asset-cost-changed-that-day"
    title_vi = "Nguyên giá đã được sửa trong ngày này"
    title_en = "The cost was changed on that day already"


@dataclass(frozen=True, slots=True)
class Upserted:
    """The asset that a natural-key upsert made or met."""

    asset_id: UUID
    created: bool


async def record(db: WriteSession, body: AssetCreate) -> UUID:
    """Put an asset on record; raises Invalid or AssetCodeTaken."""
    organisation_id, path = await _organisation(db, body.organisation_code)
    await _check(db, body.model_dump())
    row = Asset(
        organisation_id=organisation_id,
        organisation_path=path,
        kind=classes()[body.class_code].kind,
        **body.model_dump(exclude={"organisation_code"}),
    )
    db.expect(asset_natural_key=AssetCodeTaken)
    db.add(row)
    _tell(db, AssetRecorded, row)
    return row.asset_id


async def upsert(db: WriteSession, organisation_code: str, asset_code: str, body: AssetBody) -> Upserted:
    """Record the asset or bring it to what the sender knows; the same again changes nothing."""
    organisation_id, _ = await _organisation(db, organisation_code)
    known = await db.connection.fetchval(FIND, organisation_id, asset_code)
    if known is None:
        given = body.model_dump() | {"organisation_code": organisation_code, "asset_code": asset_code}
        return Upserted(await record(db, AssetCreate(**given)), created=True)
    row = await db.lock(Asset, UUID(str(known)), match=False)
    values = body.model_dump()
    if row.cost is not None and values["cost"] != row.cost:
        raise CostIsFixed
    await _check(db, values)
    _set(db, row, values)
    return Upserted(row.asset_id, created=False)


async def change(db: WriteSession, asset_id: UUID, body: AssetChange) -> None:
    """Change an asset; what is absent stays. Raises Invalid, AssetIsRetired or CostChangedThatDay."""
    row = await db.lock(Asset, asset_id)
    given = body.model_dump(exclude_unset=True, exclude={"cost_reason", "cost_changed_on"})
    nulls = [name for name in sorted(NEVER_NULL & given.keys()) if given[name] is None]
    if nulls:
        raise Invalid(errors=[fault("/" + name, "required", "Không được để trống.", "May not be null.") for name in nulls])
    await _check(db, row.model_dump() | given)
    if row.cost is not None and given.get("cost", row.cost) != row.cost:
        _note_cost(db, row, row.cost, body)
    _set(db, row, given)


async def retire(db: WriteSession, asset_id: UUID, body: AssetRetire) -> None:
    """End the holding of an asset; raises Invalid or AssetIsRetired."""
    row = await db.lock(Asset, asset_id)
    if row.valid_to is not None:
        raise AssetIsRetired
    if body.retired_on <= row.valid_from:
        text = ("Ngày thôi sử dụng phải sau ngày bắt đầu.", "The last day must come after the first one.")
        raise Invalid(errors=[fault("/retired_on", "period_order", *text)])
    row.valid_to = body.retired_on
    row.touch()
    _tell(db, AssetRetired, row)


def _note_cost(db: WriteSession, row: Asset, before: int, body: AssetChange) -> None:
    if body.cost_reason is None or body.cost is None:
        vi, en = "Cần nêu lý do thay đổi nguyên giá.", "A change of the cost needs its reason."
        raise Invalid(errors=[fault("/cost_reason", "cost_reason", vi, en)])
    noted = AssetCostChange(
        asset_id=row.asset_id,
        changed_on=body.cost_changed_on or today(),
        reason=body.cost_reason,
        cost_before=before,
        cost_after=body.cost,
        organisation_path=row.organisation_path,
    )
    db.expect(asset_cost_change_pkey=CostChangedThatDay)
    db.add(noted)


def _set(db: WriteSession, row: Asset, values: dict[str, Any]) -> None:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not changed:
        return
    if row.valid_to is not None:
        raise AssetIsRetired
    for name, value in changed.items():
        setattr(row, name, value)
    row.kind = classes()[row.class_code].kind
    row.touch()
    _tell(db, AssetRetired if "valid_to" in changed else AssetChanged, row)


def _tell(db: WriteSession, kind: type[AssetEvent], row: Asset) -> None:
    db.record(kind(**row.model_dump(include=set(AssetEvent.model_fields))), row)


async def _organisation(db: WriteSession, code: str) -> tuple[UUID, str]:
    found = await db.connection.fetchrow(ORGANISATION, code)
    if found is None:
        vi = "Đơn vị không có hoặc ngoài phạm vi của bạn."
        en = "There is no such organisation, or it is outside your scope."
        raise Invalid(errors=[fault("/organisation_code", "unknown_organisation", vi, en)])
    return UUID(str(found["organisation_id"])), found["path"]


async def _check(db: WriteSession, values: dict[str, Any]) -> None:
    found = faults(Stated(**{name: values[name] for name in Stated.__slots__}))
    found = [_with_hint(values, entry) if entry.code == "unknown_class" else entry for entry in found]
    wear_class = values["wear_class"]
    if wear_class is not None and wear_class not in (await ruleset.current(db.connection)).classes:
        found.append(fault("/wear_class", "unknown_wear_class", "Không có nhóm hao mòn này.", "There is no such class of wear."))
    if found:
        raise Invalid(errors=found)


def _with_hint(values: dict[str, Any], found: FieldError) -> FieldError:
    near = did_you_mean(values["class_code"], classes())
    return found.model_copy(update={"vi": f"{found.vi} Có phải “{near}”?", "en": f"{found.en} Did you mean “{near}”?"}) if near else found
