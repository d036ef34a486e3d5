"""The one source of the current instant and day, so that nothing reads a naive clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def now() -> datetime:
    """Return the current instant in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Return the current day in Viet Nam: law and school calendars follow local days."""
    return datetime.now(VIETNAM).date()
