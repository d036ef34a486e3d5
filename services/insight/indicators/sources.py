"""Which statement tells of which kinds of record, and how its rows are counted."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from services.insight.indicators import queries
from services.insight.indicators.counting import Count, Rows

CLASS_MEASURES = ("classes", "classes_with_informatics")
LEARNER_MEASURES = (
    *("learners", "learners_with_informatics", "learners_in_class"),
    *("learners_grade3_up", "learners_grade3_up_informatics"),
)
DOCUMENT_MEASURES = ("incoming", "incoming_scanned", "outgoing", "outgoing_scanned")
DOSSIER_MEASURES = ("dossiers", "dossiers_online", "dossiers_full_online", "dossiers_finished", "dossiers_on_time")


class Source(NamedTuple):
    """A statement of organisations and a day, asked only when one of its kinds is looked at."""

    kinds: frozenset[str]
    statement: str
    add: Callable[[Count, Rows], None]


SOURCES = (
    Source(frozenset({"class"}), queries.CLASSES, partial(Count.add, kind="class", measures=CLASS_MEASURES)),
    Source(frozenset({"learner"}), queries.LEARNERS, partial(Count.add, kind="learner", measures=LEARNER_MEASURES)),
    Source(frozenset({"staff"}), queries.STAFF, Count.add_named),
    Source(frozenset({"staff"}), queries.STAFF_HOLDERS, partial(Count.add_holders, kind="staff")),
    Source(frozenset({"site"}), queries.SITE_HOLDERS, partial(Count.add_holders, kind="site")),
    Source(frozenset({"room", "device", "line", "site_line", "told_online"}), queries.ASSETS, Count.add_assets),
    Source(frozenset({"procedure"}), queries.PROCEDURES, Count.add_named),
    Source(frozenset({"procedure"}), queries.PROCEDURE_HOLDERS, partial(Count.add_holders, kind="procedure")),
    Source(frozenset({"document"}), queries.DOCUMENTS, partial(Count.add, kind="document", measures=DOCUMENT_MEASURES)),
    Source(frozenset({"dossier"}), queries.DOSSIERS, partial(Count.add, kind="dossier", measures=DOSSIER_MEASURES)),
    Source(frozenset({"content", "curriculum"}), queries.CONTENTS, Count.add_contents),
)
