"""Code lists of staff."""

from enum import StrEnum


class StaffRole(StrEnum):
    """What a staff member is."""

    PRINCIPAL = "principal"
    VICE_PRINCIPAL = "vice_principal"
    TEACHER = "teacher"
    TECHNICIAN = "technician"
    CLERK = "clerk"
    LIBRARIAN = "librarian"
    OTHER = "other"


class Degree(StrEnum):
    """The highest degree in the subject taught; the plans count university, college and intermediate."""

    MASTER = "master"
    UNIVERSITY = "university"
    COLLEGE = "college"
    INTERMEDIATE = "intermediate"
