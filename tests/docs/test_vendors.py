"""docs/vendors.md: its code runs, in order, against a platform; and its table of import columns is that of the code."""

from pathlib import Path
from typing import Any

import pytest

from libs.common.app import DEFAULT_MAX_BODY_BYTES
from services.assets.imports.columns import COLUMNS as ASSET_COLUMNS
from services.assets.imports.settings import MAX_FILE_BYTES
from services.assets.imports.settings import ImportSettings as AssetImportSettings
from services.egov.bulk import MOST_ROWS
from services.registry.imports.columns import COLUMNS
from services.registry.imports.settings import ImportSettings
from services.registry.main import SERVICE
from tests.docs.conftest import VendorPlatform
from tests.docs.markdown import DOCS, blocks, rows_of

DOCUMENT = DOCS / "vendors.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_the_worked_integration_runs(vendor_platform: VendorPlatform, tmp_path: Path) -> None:
    names: dict[str, Any] = {
        "__name__": "vendors",
        "BASE_URL": vendor_platform.url,
        "ISSUER": vendor_platform.issuer,
        "OFFICER_TOKEN": vendor_platform.officer_token,
        "WORK_FOLDER": str(tmp_path),
    }
    try:
        for number, block in enumerate(blocks(TEXT, "python"), start=1):
            line = TEXT[: TEXT.index(block)].count("\n")
            code = compile("\n" * line + block, str(DOCUMENT), "exec")
            try:
                exec(code, names)  # noqa: S102 - our own document, which promises that its code runs
            except AssertionError as error:
                last = next((names[name] for name in ("answer", "run") if name in names), None)
                pytest.fail(f"block {number}: {str(error) or 'an assertion does not hold'}; last answer {getattr(last, 'text', last)}")
    finally:
        for name in ("http", "officer"):
            if name in names:
                names[name].close()
    assert vendor_platform.throttled, "the one 429 was never met"


def test_the_columns_of_files_are_those_of_the_code() -> None:
    told = {row[0].strip("`"): (row[1].split(), row[2].split()) for row in rows_of(TEXT, "kind")}
    assert told == {
        str(kind): (
            [f"`{column.name}`" for column in columns if column.required],
            [f"`{column.name}`" for column in columns if not column.required],
        )
        for kind, columns in COLUMNS.items()
    }


def test_the_example_of_a_column_has_its_form() -> None:
    for column in (*ASSET_COLUMNS, *(column for columns in COLUMNS.values() for column in columns)):
        assert column.form.fits(column.shown), column.name


def test_a_file_of_the_size_that_is_told_gets_in() -> None:
    assert f"{ImportSettings().max_bytes >> 20} MB" in TEXT
    assert f"{ImportSettings().max_rows:,} rows" in TEXT
    assert SERVICE.max_body_bytes >= ImportSettings().max_bytes
    assert f"{MAX_FILE_BYTES >> 20} MB, {AssetImportSettings().max_rows:,} rows" in TEXT
    assert TEXT.count(f"{DEFAULT_MAX_BODY_BYTES >> 20} MB, {MOST_ROWS:,} rows") == len(("offers", "counts"))
