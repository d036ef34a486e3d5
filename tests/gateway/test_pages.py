"""The developer pages: readable without scripts, searchable without accents, complete."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from gateway.main import application
from gateway.pages.html import Html, el
from gateway.settings import GatewaySettings
from tests.gateway.contracts import IDENTITY, OK
from tests.gateway.harness import served, write_contracts
from tests.gateway.toys import Toy

NASTY = "<script>alert(1)</script>"
LEARNER = {
    "type": "object",
    "description": f"Người học {NASTY}",
    "required": ["full_name"],
    "properties": {
        "full_name": {"type": "string", "maxLength": 200},
        "birth_date": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
        "gender": {"enum": ["nam", "nu"]},
        "school": {"$ref": "#/components/schemas/School"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "extra": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Liên Thông registry", "version": "1.0.0"},
    "paths": {
        "/registry/v1/learners/{learner_id}": {
            "get": {
                "tags": ["learners"],
                "summary": "Đọc một người học",
                "x-permission": "registry.learner.read",
                "security": [{"bearer": []}],
                "parameters": [{"name": "learner_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}],
                "responses": {
                    "200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Learner"}}}},
                },
            },
        },
        "/registry/v1/open": {"get": {"tags": ["open data"], "security": [], "responses": OK}},
        "/registry/v1/learners": {
            "post": {
                "tags": ["learners"],
                "security": [{"bearer": []}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Learner"}}}},
                "responses": OK,
            },
        },
    },
    "components": {"schemas": {"Learner": LEARNER, "School": {"type": "object", "properties": {"code": {"type": "string"}}}}},
    "x-problems": [
        {"type": "urn:lienthong:problem:learner-already-enrolled", "status": 409, "title": "Người học đã ghi danh", "title_en": "Enrolled"},
    ],
}
PAGES = [
    "/",
    "/docs",
    "/docs/registry",
    "/docs/registry/learners",
    "/docs/schemas",
    "/docs/schemas/Learner",
    "/docs/problems",
    "/docs?q=nguoi+hoc",
    "/docs?q=zzz",
]


class Outline(HTMLParser):
    """What a page consists of: elements, ids, links, labels, heading levels, and whether everything closes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag in tags]

    @property
    def levels(self) -> list[int]:
        return [int(tag[1]) for tag, _ in self.found if re.fullmatch(r"h[1-6]", tag)]


@pytest.fixture(scope="module")
def toys() -> Iterator[tuple[Toy, Toy]]:
    with Toy() as registry, Toy() as identity:
        yield registry, identity


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, toys: tuple[Toy, Toy]) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("contracts")
    write_contracts(folder, {"registry": DOCUMENT, "identity": IDENTITY})
    services = {"registry": [toys[0].address], "identity": [toys[1].address]}
    settings = GatewaySettings.model_validate(
        {"issuer": "http://iss", "jwks_url": "http://iss/jwks", "services": services, "contracts": folder}
    )
    with served(application(settings)) as url, httpx.Client(base_url=url) as found:
        yield found


@pytest.mark.parametrize("path", PAGES)
def test_accessible(client: httpx.Client, path: str) -> None:
    """Every page has a language, a title, one h1, headings without gaps, labels, a way past the navigation, and no scripts."""
    answer = client.get(path)
    assert answer.status_code == 200
    outline = Outline(answer.text)
    assert outline.open == []
    assert outline.all("html")[0]["lang"] == "vi"
    assert outline.levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(outline.levels, outline.levels[1:], strict=False))
    labelled = {label["for"] for label in outline.all("label")}
    assert {field["id"] for field in outline.all("input")} <= labelled
    assert outline.all("a")[0]["href"] == "#content"
    assert len(outline.all("main", "nav")) == 2
    assert not outline.all("script", "style", "img", "iframe")
    assert "style-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", PAGES)
def test_links_lead_somewhere(client: httpx.Client, path: str) -> None:
    """No link is broken, to another page or to a place on it, and nothing comes from elsewhere."""
    for link in Outline(client.get(path).text).all("a", "link"):
        target = httpx.URL(link["href"] or "")
        assert not target.host
        assert " " not in (link["href"] or "")
        answer = client.get(target.path or path)
        assert answer.status_code == 200
        if target.fragment:
            ids = [attributes.get("id") for _, attributes in Outline(answer.text).found]
            assert ids.count(target.fragment) == 1


@pytest.mark.parametrize("path", [*PAGES, "/docs?q=%3Cscript%3E", "/docs?q=%22%3E%3Cb%3E"])
def test_text_is_escaped(client: httpx.Client, path: str) -> None:
    """Text from contracts and from the reader is never markup."""
    text = client.get(path).text
    assert "<script" not in text
    assert '"><b>' not in text


def test_operation(client: httpx.Client) -> None:
    """An operation shows its permission, parameters, body, answers and schemas."""
    text = client.get("/docs/registry/learners").text
    for part in ("registry.learner.read", "learner_id", "string (uuid)", "/docs/schemas/Learner", "application/json", "Đọc một người học"):
        assert part in text
    assert "không cần mã truy cập" in client.get("/docs/registry/open data").text


def test_schema(client: httpx.Client) -> None:
    """A schema shows each field's type, whether it must be there, its limits, and who uses it."""
    text = client.get("/docs/schemas/Learner").text
    for part in ("full_name", "≤ 200", "string (date) | null", "nam", "/docs/schemas/School", "[string]", "{…: integer}", "POST"):
        assert part in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("doc mot nguoi hoc", "/registry/v1/learners/{learner_id}"),
        ("ĐỌC", "/registry/v1/learners/{learner_id}"),
        ("registry.learner.read", "/registry/v1/learners/{learner_id}"),
        ("post learners", "/registry/v1/learners"),
        ("birth_date", "/docs/schemas/Learner"),
        ("ghi danh", "learner-already-enrolled"),
        ("gateway-timeout", "gateway-timeout"),
        ("zzz", "Nothing found"),
    ],
)
def test_search(client: httpx.Client, query: str, expected: str) -> None:
    """Search needs no accents, no capitals, no order and no scripts."""
    assert expected in client.get("/docs", params={"q": query}).text


def test_openapi_document(client: httpx.Client) -> None:
    """The merged document comes whole, and with an ETag so that it is read once."""
    answer = client.get("/openapi.json")
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) >= {"/registry/v1/learners", "/identity/v1/accounts"}
    assert {problem["type"].rsplit(":", 1)[1] for problem in document["x-problems"]} >= {"learner-already-enrolled", "gateway-timeout"}
    assert client.get("/openapi.json", headers={"if-none-match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("path", ["/docs/unknown", "/docs/schemas/Unknown", "/nowhere"])
def test_unknown(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers={"x-request-id": "r1"})
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:lienthong:problem:not-found"
    assert answer.json()["request_id"] == "r1"


def test_wrong_method(client: httpx.Client) -> None:
    assert client.post("/docs").json()["type"] == "urn:lienthong:problem:method-not-allowed"


def test_health(client: httpx.Client, toys: tuple[Toy, Toy], monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform is ready when every service is; otherwise 503 and which one is missing."""
    monkeypatch.setattr("gateway.health.KEPT_SECONDS", 0)
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    toys[0].healthy = False
    try:
        answer = client.get("/health")
    finally:
        toys[0].healthy = True
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    states = {name: state["ready"] for name, state in answer.json()["services"].items()}
    assert states == {"registry": False, "identity": True}
    assert str(toys[0].port) not in answer.text


def test_live(client: httpx.Client) -> None:
    assert client.get("/health/live").status_code == 200


def test_markup_is_a_value() -> None:
    """Only `Html` passes unescaped; attributes are escaped and may be left out."""
    made = el("p", "<", Html("<b>"), None, ["&"], title='"', hidden=True, lang=None)
    assert made == '<p title="&quot;" hidden>&lt;<b>&amp;</p>'
