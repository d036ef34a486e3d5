"""Reads of imports."""

from typing import Final

from libs.common.db.read import Document, Filter, Listing
from services.registry.imports.columns import ImportKind
from services.registry.imports.schemas import ImportOut

_COLUMNS: Final = {
    "rows": "json_build_object('total', i.rows_total, 'staged', i.rows_staged, 'checked', i.rows_checked, 'applied', i.rows_applied)",
    "errors": "i.errors_total",
}
IMPORT: Final = Document(ImportOut, source="import_run i", where="i.import_id = :import_id", columns=_COLUMNS, version="i.version")
IMPORTS: Final = Listing(
    ImportOut,
    source="import_run i",
    key="i.import_id",
    columns=_COLUMNS,
    filters={"kind": Filter("i.kind", ImportKind), "state": Filter("i.state", str)},
)
