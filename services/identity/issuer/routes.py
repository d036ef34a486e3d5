"""The issuer's HTTP surface under /identity/oidc; errors as OAuth and OpenID Connect define them, not as problem details."""

from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from libs.common.errors import NotFound
from services.identity.accounts import service as accounts
from services.identity.accounts.tables import Account
from services.identity.clients.tables import Client
from services.identity.issuer import authorize, ending, pages, passwords, throttle, token
from services.identity.issuer.authorize import PageRefusal, SignIn
from services.identity.issuer.claims import USER_SCOPES
from services.identity.issuer.context import Issuer
from services.identity.issuer.keys import ALGORITHM
from services.identity.issuer.oauth import Refusal, digest, new_secret
from services.identity.issuer.tables import AccountPassword
from services.identity.sessions import service as sessions
from services.identity.unit import Unit

PREFIX = "/identity/oidc"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
MAX_FORM_BYTES = 16_384

router = APIRouter(prefix=PREFIX, include_in_schema=False)


def the_issuer(request: Request) -> Issuer:
    """Return the issuer of this process; raises NotFound where Keycloak is the issuer."""
    issuer: Issuer | None = getattr(request.app.state, "issuer", None)
    if issuer is None:
        raise NotFound
    return issuer


HereIssuer = Annotated[Issuer, Depends(the_issuer)]


async def read_form(request: Request) -> list[tuple[str, str]]:
    """Return the fields of a form body; raises PageRefusal for any other body, or too much of it."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise PageRefusal(pages.MALFORMED)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            raise PageRefusal(pages.MALFORMED)
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50)
    except ValueError as error:
        raise PageRefusal(pages.MALFORMED) from error


async def parameters_of(request: Request) -> list[tuple[str, str]]:
    """Return the parameters of a GET or of a form POST."""
    return await read_form(request) if request.method == "POST" else list(request.query_params.multi_items())


@router.get("/.well-known/openid-configuration")
async def discovery(issuer: HereIssuer) -> JSONResponse:
    """Say what is offered, and where (OpenID Connect Discovery 1.0)."""
    document: dict[str, Any] = {
        "issuer": issuer.url,
        "authorization_endpoint": issuer.url + "/authorize",
        "token_endpoint": issuer.url + "/token",
        "jwks_uri": issuer.url + "/jwks",
        "revocation_endpoint": issuer.url + "/revoke",
        "end_session_endpoint": issuer.url + "/logout",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": list(USER_SCOPES),
        "ui_locales_supported": list(pages.TEXTS),
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "authorization_response_iss_parameter_supported": True,
    }
    return JSONResponse(document)


@router.get("/jwks")
async def jwks(issuer: HereIssuer) -> JSONResponse:
    """Publish the keys, the coming one included."""
    await issuer.load_keys()
    return JSONResponse(issuer.keys.jwks(), headers={"Cache-Control": "max-age=30"})


@router.get("/authorize")
@router.post("/authorize")
async def sign_in_request(request: Request, issuer: HereIssuer) -> Response:
    """Answer a living session with a code, and anyone else with the login page."""
    try:
        parameters = authorize.single(await parameters_of(request))
        async with issuer.unit("identity.session.authorize") as db:
            sign_in, refusal = await authorize.read_request(db, parameters)
            if refusal is None and sign_in.prompt != "login":
                session = await sessions.find_by_cookie(db, digest(request.cookies.get(issuer.cookie("session"), "")), issuer.settings)
                if session is not None:
                    code = authorize.make_code(db, sign_in, session, issuer.settings)
                    return _redirect(sign_in.answer(issuer.url, code=code))
                if sign_in.prompt == "none":
                    refusal = Refusal("login_required", "Nobody is signed in here.")
            if refusal is not None:
                return _redirect(sign_in.answer(issuer.url, error=refusal.error, error_description=refusal.description))
            return await _open_login(request, issuer, db, sign_in, parameters)
    except PageRefusal as refusal_page:
        return pages.error_page(pages.language(request.query_params.get("ui_locales")), refusal_page.texts, 400)


@router.post("/login")
async def send_login(request: Request, issuer: HereIssuer) -> Response:
    """Check name and password of a login page that was opened here by the same browser."""
    browser = request.cookies.get(issuer.cookie("browser"), "")
    try:
        form = authorize.single(await read_form(request))
        async with issuer.unit("identity.session.open") as db:
            attempt = await authorize.find_attempt(db, form.get("attempt", ""), browser)
            sign_in, _ = await authorize.read_request(db, attempt.request)  # the rules held when the page was opened
            account, error = await _check_password(db, issuer, form)
            if account is None:
                return _login_page(issuer, sign_in, form["attempt"], form.get("username", ""), error)
            await db.session.delete(attempt)
            secret = new_secret()
            session = await sessions.open_session(db, account, digest(secret), request.headers.get("user-agent", ""), issuer.settings)
            answer = _redirect(sign_in.answer(issuer.url, code=authorize.make_code(db, sign_in, session, issuer.settings)))
            _set_cookie(answer, issuer, "session", secret)
            return answer
    except PageRefusal as refusal_page:
        return pages.error_page(pages.language(request.query_params.get("ui_locales")), refusal_page.texts, 400)


@router.post("/token")
async def issue_token(request: Request, issuer: HereIssuer) -> JSONResponse:
    """Exchange a code, a refresh token or a client's secret for tokens."""
    return await _oauth(request, issuer, "identity.token.issue", token.answer)


@router.post("/revoke")
async def revoke(request: Request, issuer: HereIssuer) -> JSONResponse:
    """End the session that a token belongs to."""

    async def answer(issuer: Issuer, db: Unit, client: Client, form: dict[str, str]) -> dict[str, Any]:
        await ending.revoke_token(issuer, db, client, form.get("token", ""))
        return {}

    return await _oauth(request, issuer, "identity.token.revoke", answer)


@router.get("/logout")
@router.post("/logout")
async def logout(request: Request, issuer: HereIssuer) -> Response:
    """End the session that the ID token names, or the browser's after a question; then go back if the address is registered."""
    cookie = request.cookies.get(issuer.cookie("session"), "")
    try:
        given = authorize.single(await parameters_of(request))
        lang = pages.language(given.get("ui_locales"))
        async with issuer.unit("identity.session.end") as db:
            session, hinted = await ending.hinted_session(issuer, db, given.get("id_token_hint", ""))
            client_id = hinted or given.get("client_id")
            back = await ending.way_back(db, client_id, given.get("post_logout_redirect_uri"), given.get("state"))
            if hinted is None:
                session = await sessions.find_by_cookie(db, digest(cookie), issuer.settings)
                if session is not None and given.get("confirm") != digest("logout" + cookie):
                    return _ask(issuer, lang, cookie, given)
            if session is not None:
                sessions.end(db, session, "signed out")
    except PageRefusal as refusal_page:
        return pages.error_page("vi", refusal_page.texts, 400)
    answer = _redirect(back) if back else pages.signed_out_page(lang)
    answer.delete_cookie(issuer.cookie("session"), path=issuer.cookie_path)
    return answer


async def _oauth(request: Request, issuer: Issuer, action: str, act: Any) -> JSONResponse:
    """Authenticate the client and act; a refusal is answered after the commit, because it may have revoked something."""
    try:
        form = authorize.single(await read_form(request))
        async with issuer.unit(action) as db:
            try:
                client = await token.authenticate(db, token.read_credentials(request.headers.get("authorization"), form))
                return JSONResponse(await act(issuer, db, client, form), headers=NO_STORE)
            except Refusal as refusal:
                return _refused(refusal)
    except PageRefusal:
        return _refused(Refusal("invalid_request", "Send one form (application/x-www-form-urlencoded) without repeated fields."))


def _refused(refusal: Refusal) -> JSONResponse:
    headers = NO_STORE | ({"WWW-Authenticate": 'Basic realm="lienthong"'} if refusal.status == 401 else {})  # noqa: PLR2004 - Unauthorized
    return JSONResponse({"error": refusal.error, "error_description": refusal.description}, refusal.status, headers)


async def _check_password(db: Unit, issuer: Issuer, form: dict[str, str]) -> tuple[Account | None, tuple[str, str]]:
    """Return the account, or None and what to tell the person; a lock answers before the password is looked at."""
    name = accounts.fold_username(form.get("username", ""))
    if await throttle.locked_until(db, name):
        return None, pages.LOCKED
    account = await accounts.find_by_username(db, name)
    stored = await db.session.get(AccountPassword, account.account_id) if account and account.disabled_at is None else None
    if not await passwords.matches(stored.password_hash if stored else None, form.get("password", "")):
        await throttle.failed(db, name, issuer.settings)
        return None, pages.WRONG
    await throttle.succeeded(db, name)
    return account, pages.WRONG


async def _open_login(request: Request, issuer: Issuer, db: Unit, sign_in: SignIn, parameters: dict[str, str]) -> Response:
    browser = request.cookies.get(issuer.cookie("browser")) or new_secret()
    attempt = await authorize.open_attempt(db, browser, parameters, issuer.settings)
    answer = _login_page(issuer, sign_in, attempt, parameters.get("login_hint", ""), None)
    _set_cookie(answer, issuer, "browser", browser)
    return answer


def _login_page(issuer: Issuer, sign_in: SignIn, attempt: str, username: str, error: tuple[str, str] | None) -> Response:
    return pages.login_page(
        lang=sign_in.lang,
        action=issuer.url + "/login",
        attempt=attempt,
        username=username,
        redirect_uri=sign_in.redirect_uri,
        error=error,
    )


def _ask(issuer: Issuer, lang: str, cookie: str, given: dict[str, str]) -> Response:
    return pages.logout_page(
        lang=lang,
        action=issuer.url + "/logout",
        confirm=digest("logout" + cookie),
        target=given.get("post_logout_redirect_uri", ""),
        client=given.get("client_id", ""),
        state=given.get("state", ""),
    )


def _redirect(address: str) -> RedirectResponse:
    return RedirectResponse(address, 303, NO_STORE)


def _set_cookie(answer: Response, issuer: Issuer, name: str, value: str) -> None:
    secure = issuer.url.startswith("https://")
    answer.set_cookie(issuer.cookie(name), value, path=issuer.cookie_path, httponly=True, samesite="lax", secure=secure)
