"""Reads of imports."""

from typing import Final, Literal

from libs.common.db.read import Document, Filter, Listing
from services.assets.imports.schemas import ImportOut

IMPORT: Final = Document(ImportOut, "import_run i", where="i.import_id = :import_id")
IMPORTS: Final = Listing(
    ImportOut,
    "import_run i",
    key="i.import_id",
    filters={"state": Filter("i.state", Literal["applied", "rejected", "validated"])},
)
