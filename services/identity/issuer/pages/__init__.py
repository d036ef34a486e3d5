"""The issuer's pages: plain HTML forms, no script, nothing from elsewhere, Vietnamese first and English on `ui_locales`."""

import secrets
from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

TEXTS: dict[str, dict[str, str]] = {
    "vi": {
        "login": "Đăng nhập",
        "intro": "Nền tảng số ngành giáo dục",
        "username": "Tên đăng nhập",
        "password": "Mật khẩu",
        "logout": "Đăng xuất",
        "question": "Bạn có muốn đăng xuất khỏi mọi ứng dụng của Liên Thông không?",
        "done": "Bạn đã đăng xuất.",
        "refused": "Không thực hiện được",
        "sandbox": "Môi trường thử nghiệm trên máy này. Dữ liệu và tài khoản là giả lập.",
    },
    "en": {
        "login": "Sign in",
        "intro": "The education sector's shared platform",
        "username": "User name",
        "password": "Password",
        "logout": "Sign out",
        "question": "Do you want to sign out of every application of Liên Thông?",
        "done": "You have signed out.",
        "refused": "This cannot be done",
        "sandbox": "A sandbox on this machine. Data and accounts are synthetic.",
    },
}
WRONG = ("Tên đăng nhập hoặc mật khẩu không đúng.", "Wrong user name or password.")
LOCKED = ("Sai quá nhiều lần. Hãy thử lại sau ít phút.", "Too many failures. Please try again in some minutes.")
EXPIRED = (
    "Trang đăng nhập đã hết hạn. Hãy quay lại ứng dụng và đăng nhập lại.",
    "This login page has expired. Go back to the application and sign in again.",
)
UNKNOWN_CLIENT = ("Ứng dụng không được đăng ký.", "The application is not registered.")
WRONG_REDIRECT = ("Địa chỉ quay về không được đăng ký cho ứng dụng này.", "The redirect address is not registered for this application.")
MALFORMED = ("Yêu cầu đăng nhập sai cú pháp.", "The sign-in request is malformed.")


def language(ui_locales: str | None) -> str:
    """Return the page's language: the first wanted one that exists here, Vietnamese otherwise."""
    wanted = (locale.partition("-")[0].lower() for locale in (ui_locales or "").split())
    return next((locale for locale in wanted if locale in TEXTS), "vi")


def login_page(*, lang: str, action: str, attempt: str, username: str, redirect_uri: str, error: tuple[str, str] | None) -> HTMLResponse:
    """Return the login form; an error is told in both languages."""
    texts = TEXTS[lang]
    body = _fill(
        "login",
        {
            "intro": texts["intro"],
            "action": action,
            "attempt": attempt,
            "username": username,
            "username_label": texts["username"],
            "password_label": texts["password"],
            "button": texts["login"],
        },
        alert=_alert(lang, error),
    )
    return _page(lang, texts["login"], body, 403 if error else 200, targets=(action, redirect_uri))


def logout_page(*, lang: str, action: str, confirm: str, target: str, client: str, state: str) -> HTMLResponse:
    """Return the question whether to sign out, for a request that does not prove whose session it means."""
    texts = TEXTS[lang]
    values = {"question": texts["question"], "button": texts["logout"], "action": action, "confirm": confirm}
    body = _fill("logout", values | {"target": target, "client": client, "state": state})
    return _page(lang, texts["logout"], body, 200, targets=(action, target))


def signed_out_page(lang: str) -> HTMLResponse:
    """Return the page after a logout without an address to go to."""
    return _page(lang, TEXTS[lang]["logout"], "<p>" + escape(TEXTS[lang]["done"]) + "</p>", 200)


def error_page(lang: str, error: tuple[str, str], status: int) -> HTMLResponse:
    """Return a refusal that must not be sent to the redirect address."""
    return _page(lang, TEXTS[lang]["refused"], _alert(lang, error), status)


def _alert(lang: str, error: tuple[str, str] | None) -> str:
    if error is None:
        return ""
    vi, en = (escape(text) for text in error)
    first, second = (f'<p lang="vi">{vi}</p>', f'<p lang="en">{en}</p>')
    return '<div role="alert">' + (first + second if lang == "vi" else second + first) + "</div>"


def _page(lang: str, title: str, body: str, status: int, targets: tuple[str, ...] = ()) -> HTMLResponse:
    nonce = secrets.token_urlsafe(16)
    text = _fill("layout", {"lang": lang, "title": title, "nonce": nonce, "sandbox": TEXTS[lang]["sandbox"]}, body=body)
    origins = sorted({f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, targets) if parts.netloc})
    allowed = " ".join(origins) or "'none'"
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors 'none'; form-action {allowed}"
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"}
    return HTMLResponse(text, status, headers | {"Content-Language": lang})


def _fill(name: str, values: Mapping[str, str], **markup: str) -> str:
    """Return the template with escaped values and ready markup."""
    template = Template(Path(__file__).with_name(name + ".html").read_text(encoding="utf-8"))
    return template.substitute({key: escape(value) for key, value in values.items()}, **markup)
