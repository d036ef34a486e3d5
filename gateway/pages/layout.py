"""The frame of every page: language, navigation, search, one stylesheet of our own, no scripts."""

from gateway.pages.html import Child, Html, both, el

STYLE = "/docs/style.css"
NAVIGATION = (
    ("/", "Bắt đầu", "Start"),
    ("/docs", "Thao tác", "Operations"),
    ("/docs/schemas", "Kiểu dữ liệu", "Schemas"),
    ("/docs/problems", "Lỗi", "Problems"),
    ("/openapi.json", "OpenAPI", "OpenAPI"),
    ("/health", "Tình trạng", "Health"),
)
# Everything comes from here, nothing runs.
CONTENT_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


def link(path: str, vi: str, en: str, current: str) -> Html:
    """Return one entry of the navigation."""
    label = both(vi, en) if vi != en else el("span", vi)
    return el("li", el("a", label, href=path, aria_current="page" if path == current else None))


def search_form(query: str = "") -> Html:
    """Return the search form."""
    return el(
        "form",
        el("label", both("Tìm thao tác, kiểu dữ liệu hoặc lỗi", "Search operations, schemas or problems"), for_="q"),
        el("input", type="search", id="q", name="q", value=query, maxlength="100"),
        el("button", both("Tìm", "Search"), type="submit"),
        action="/docs",
        method="get",
        role="search",
    )


def page(title: tuple[str, str], *content: Child, current: str = "") -> bytes:
    """Return a whole page; `title` in Vietnamese and English, `current` the navigation entry it belongs to."""
    vi, en = title
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", f"{vi} · {en} · Liên Thông" if vi != en else f"{vi} · Liên Thông"),
        el("link", rel="stylesheet", href=STYLE),
    )
    navigation = el("nav", el("ul", *(link(*entry, current) for entry in NAVIGATION)), aria_label="Chính (main)")
    body = el(
        "body",
        el("a", both("Đến nội dung", "Skip to content"), href="#content", class_="skip"),
        el("header", el("a", "Liên Thông", href="/", class_="brand"), navigation),
        el("main", el("h1", both(vi, en) if vi != en else vi), *content, id="content"),
    )
    return ("<!doctype html>" + el("html", head, body, lang="vi")).encode()
