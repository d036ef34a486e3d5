"""What is kept from those who may not see people: one number for all services, whose figures can be set side by side."""

from typing import Final

SMALL: Final = 5
"""Fewer people than this are not told, nor what would give so small a number away.

No law or plan that the platform follows fixes the number; five is our choice among the three to ten that offices of statistics use.
"""
