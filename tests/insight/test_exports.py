"""Tables as CSV and Excel: opened again they say what the JSON says, workbooks in Vietnamese, and no text of theirs is a formula."""

import csv
import io
from datetime import date
from typing import Any

import httpx
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.insight.answers import preferred
from services.insight.indicators.catalogue import catalogue
from services.insight.indicators.ledger import LEVELS
from services.insight.indicators.rules import State
from services.insight.plans.comparison import Standing, Verdict
from services.insight.plans.facts import plans, targets
from services.insight.tables import CSV, XLSX, Sheet, csv_bytes, xlsx_bytes
from services.insight.words import TITLES, WORDS
from tests.insight.support import Feed, asset, learner, norms, organisation, province, school_class, school_year, spell
from tests.support.tokens import Issuer

FIGURES = "/insight/v1/figures?organisation=P&as_of=2018-02-28"
COMPARISON = "/insight/v1/plans/school-phong-dong-2017/comparison?organisation=A"
SCORECARD = "/insight/v1/plans/province-lao-cai-2018/scorecard?organisation=P&as_of=2018-02-28"
NEEDS = "/insight/v1/needs/computers?organisation=P&as_of=2018-02-28"
RECORDS = "/insight/v1/figures/learners/records?organisation=P&as_of=2018-02-28"
ITEMS = {FIGURES: "items", COMPARISON: "figures", SCORECARD: "items", NEEDS: "items", RECORDS: "items"}
LEAST = {FIGURES: 50, COMPARISON: 10, SCORECARD: 10, NEEDS: 3, RECORDS: 2}
SHEETS = {
    FIGURES: "Số liệu",
    COMPARISON: "Đối chiếu kế hoạch",
    SCORECARD: "Chỉ tiêu",
    NEEDS: "Nhu cầu máy tính",
    RECORDS: "Đơn vị đóng góp",
}
COLUMNS = {
    FIGURES: ("key", "label", "unit", "value", "numerator", "denominator", "state", "reason"),
    COMPARISON: ("figure", "label", "printed", "computed", "computed_text", "exact", "state", "explanation"),
    SCORECARD: ("indicator", "label", "year", "level", "target", "unit", "better", "computed", "state", "reason", "reading"),
    NEEDS: ("level", "learners", "learners_per_computer", "legal_basis", "certainty", "present", "needed", "missing"),
    RECORDS: ("organisation", "name", "kind", "contribution", "denominator"),
}
EVIL = '=HYPERLINK("http://example.org";"x")'


@pytest.fixture
async def fed(feed: Feed) -> Feed:
    await feed.apply(
        *province(),
        school_year("2017-2018", date(2017, 8, 21), date(2018, 5, 31)),
        school_class("6A", "A", "2017-2018", "lower_secondary", informatics=True),
        *norms(),
        *(learner(f"L{number}", spell(f"L{number}", "A", "primary", date(2017, 9, 1))) for number in range(7)),
        learner("M", spell("M", "C", "lower_secondary", date(2017, 9, 1))),
        asset("pc", "A", "teaching_computer", 3),
    )
    return feed


def rows_of_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def rows_of_xlsx(content: bytes) -> list[dict[str, Any]]:
    page = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    header, *rows = page.iter_rows(values_only=True)
    return [dict(zip((str(name) for name in header), row, strict=True)) for row in rows]


def in_words(column: str, value: Any) -> Any:
    """Return what a workbook shows in the place of a code."""
    return WORDS.get(column, {}).get(value, value) if value is None or isinstance(value, str) else value


def plain(value: Any) -> str:
    return "" if value is None else str(value)


@pytest.mark.usefixtures("fed")
@pytest.mark.parametrize("path", ITEMS)
async def test_a_table_opened_again_says_what_the_document_says(client: httpx.AsyncClient, issuer: Issuer, path: str) -> None:
    headers = issuer.headers("province_officer@P")
    document = (await client.get(path, headers=headers)).json()[ITEMS[path]]
    text = await client.get(path, headers=headers | {"Accept": CSV})
    book = await client.get(path, headers=headers | {"Accept": XLSX})
    assert text.headers["content-type"].startswith(CSV)
    assert book.headers["content-type"] == XLSX
    assert ".xlsx" in book.headers["content-disposition"]
    assert text.headers["vary"] == "Accept"
    of_text, of_book = rows_of_csv(text.content), rows_of_xlsx(book.content)
    assert len(of_text) == len(of_book) == len(document) >= LEAST[path]
    for name in COLUMNS[path]:
        assert [row[TITLES[name]] for row in of_book] == [in_words(name, item[name]) for item in document], name
        assert [row[name].removeprefix("'") for row in of_text] == [plain(item[name]) for item in document], name
    if path != RECORDS:
        assert {row["organisation"] for row in of_text} == {"A" if path == COMPARISON else "P"}


@pytest.mark.usefixtures("fed")
@pytest.mark.parametrize("path", ITEMS)
async def test_a_workbook_holds_no_code_that_has_a_word(client: httpx.AsyncClient, issuer: Issuer, path: str) -> None:
    answer = await client.get(path, headers=issuer.headers("province_officer@P") | {"Accept": XLSX})
    page = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert page.title == SHEETS[path]
    keys = {title: name for name, title in TITLES.items() if name != "indicator"}
    for row in rows_of_xlsx(answer.content):
        for title, value in row.items():
            words = WORDS.get(keys[title], {})
            assert not words or value in {None, *words.values()}, (title, value)


@pytest.mark.usefixtures("fed")
async def test_the_table_of_the_organisations_behind_a_figure_holds_all_pages(client: httpx.AsyncClient, issuer: Issuer) -> None:
    headers = issuer.headers("province_officer@P")
    page = (await client.get(RECORDS + "&limit=1", headers=headers)).json()
    assert (len(page["items"]), page["next"] is None) == (1, False)
    table = rows_of_csv((await client.get(RECORDS + "&limit=1", headers=headers | {"Accept": CSV})).content)
    assert [(row["organisation"], row["kind"], row["contribution"]) for row in table] == [("A", "school", "7"), ("C", "school", "1")]


def test_every_unit_and_level_has_a_word() -> None:
    named = {one.unit for one in catalogue().indicators}
    aims = [aim for plan in plans().values() for aim in targets(plan.code)]
    assert named | {aim.unit for aim in aims} == set(WORDS["unit"])
    assert {*LEVELS, *(aim.level for aim in aims)} == set(WORDS["level"])
    assert {*State, *Verdict, *Standing} == set(WORDS["state"])


@pytest.mark.usefixtures("fed")
@pytest.mark.parametrize("path", ITEMS)
async def test_a_table_needs_the_same_permission_and_scope(client: httpx.AsyncClient, issuer: Issuer, path: str) -> None:
    for accept in (CSV, XLSX):
        assert (await client.get(path, headers={"Accept": accept})).status_code == 401
        assert (await client.get(path, headers=issuer.headers("guardian@A") | {"Accept": accept})).status_code == 403
        refused = await client.get(path, headers=issuer.headers("school_admin@C") | {"Accept": accept})
        assert refused.status_code == 404
        assert refused.headers["content-type"] == "application/problem+json"


async def test_what_is_suppressed_is_in_no_table(feed: Feed, client: httpx.AsyncClient, issuer: Issuer) -> None:
    await feed.apply(organisation("P", kind="province"), organisation("P", "A", kind="school", levels=["primary"]))
    await feed.apply(*(learner(f"L{number}", spell(f"L{number}", "A", "primary", date(2017, 9, 1))) for number in range(3)))
    path = FIGURES + "&key=learners"
    for accept, read in ((CSV, rows_of_csv), (XLSX, rows_of_xlsx)):
        answer = await client.get(path, headers=issuer.headers("teacher@P") | {"Accept": accept})
        (row,) = read(answer.content)
        value, numerator, state = (row[name if accept == CSV else TITLES[name]] for name in ("value", "numerator", "state"))
        assert (plain(value), plain(numerator), state) == ("", "", "suppressed" if accept == CSV else "Được bảo vệ")


async def test_a_code_that_looks_like_a_formula_stays_text(feed: Feed, client: httpx.AsyncClient, issuer: Issuer) -> None:
    await feed.apply(organisation("P", kind="province", code=EVIL))
    headers = issuer.headers("platform_admin@*")
    query = {"organisation": EVIL, "key": "schools"}
    text = await client.get("/insight/v1/figures", params=query, headers=headers | {"Accept": CSV})
    assert rows_of_csv(text.content)[0]["organisation"] == "'" + EVIL
    book = await client.get("/insight/v1/figures", params=query, headers=headers | {"Accept": XLSX})
    page = openpyxl.load_workbook(io.BytesIO(book.content)).worksheets[0]
    found = [cell for row in page.iter_rows() for cell in row if cell.value == EVIL]
    assert [cell.data_type for cell in found] == ["s"]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30))
def test_no_text_becomes_a_formula(text: str) -> None:
    sheet = Sheet("t", "t", ["label", "value"], [[text, -5]])
    (row,) = list(csv.reader(io.StringIO(csv_bytes(sheet).decode("utf-8-sig"), newline="")))[1:]
    assert row[0].removeprefix("'") == text.removeprefix("'")
    assert not row[0].lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert row[1] == "-5"
    page = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(sheet))).worksheets[0]
    assert page["A2"].data_type != "f"
    assert page["B2"].value == -5


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/csv", CSV),
        ("text/csv, application/json;q=0.5", CSV),
        ("application/json, text/csv", "application/json"),
        ("text/csv;q=0", "application/json"),
        ("text/csv;q=x", "application/json"),
        (f"text/html, {XLSX}", XLSX),
        ("text/csv;q=0.3, " + XLSX + ";q=0.9", XLSX),
    ],
)
def test_the_caller_chooses_the_form(accept: str, chosen: str) -> None:
    assert preferred(accept) == chosen
