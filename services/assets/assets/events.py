"""Events of assets: each carries the whole state after the fact."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from libs.common.events.catalogue import Event
from libs.common.events.topics import ASSETS_ASSET, Topic


class AssetEvent(Event):
    """An asset as it is after the fact; `valid_to` is exclusive. Money stays inside the service."""

    TOPIC: ClassVar[Topic] = ASSETS_ASSET

    asset_id: UUID
    organisation_id: UUID
    kind: str
    class_code: str
    quantity: int
    provider: str | None
    level: str | None
    first_used_on: date | None
    valid_from: date
    valid_to: date | None
    online: bool | None
    version: int

    @property
    def key(self) -> str:
        """The asset's id."""
        return str(self.asset_id)

    @property
    def sequence(self) -> int:
        """The asset's version."""
        return self.version


class AssetRecorded(AssetEvent):
    """An asset is on record."""

    TYPE: ClassVar[str] = "vn.lienthong.assets.asset.recorded.v1"


class AssetChanged(AssetEvent):
    """An asset was changed."""

    TYPE: ClassVar[str] = "vn.lienthong.assets.asset.changed.v1"


class AssetRetired(AssetEvent):
    """An asset is no longer held from `valid_to` on."""

    TYPE: ClassVar[str] = "vn.lienthong.assets.asset.retired.v1"
