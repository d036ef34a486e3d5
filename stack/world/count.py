"""Counts a world's rows directly, without the platform: what insight must come to as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stack.world.model import holds, spells_on

if TYPE_CHECKING:
    from datetime import date

    from stack.world.model import World


def school_on(world: World, school_code: str, on: date) -> dict[str, int]:
    """Return the indicators of one school on a day."""
    year = next(year for year in reversed(world.school_years) if year.starts_on <= on)
    spells = spells_on(world.learners, school_code, on)
    staff = [member for member in world.staff if member.school_code == school_code and holds(member.started_on, member.ended_on, on)]
    sites = {
        version.code
        for version in world.organisations
        if version.kind == "site" and version.parent_code == school_code and holds(version.valid_from, version.valid_to, on)
    }
    return {
        "sites": len(sites),
        "classes": sum(room.school_code == school_code and room.school_year == year.code for room in world.classes),
        "staff": len(staff),
        "learners": len(spells),
        "learners_informatics": sum(spell.studies_informatics for spell in spells),
        "informatics_teachers": sum(member.role == "teacher" and member.subject == "informatics" for member in staff),
        "staff_it_certificate": sum(member.it_certificate_on is not None and member.it_certificate_on <= on for member in staff),
    }
