"""Reads of imports."""

from typing import Final, Literal

from libs.common.db.read import Document, Filter, Listing
from services.assets.imports.schemas import FaultOut, ImportOut

IMPORT: Final = Document(ImportOut, "import_run i", where="i.import_id = :import_id")
IMPORTS: Final = Listing(
    ImportOut,
    "import_run i",
    key="i.import_id",
    filters={"state": Filter("i.state", Literal["applied", "rejected", "validated"])},
)
FAULTS: Final = Listing(
    FaultOut,
    "import_error e",
    key="e.error_id",
    key_type="bigint",
    where="e.import_id = :import_id",
    columns={"row": 'e."row"', "column": 'e."column"'},
)
