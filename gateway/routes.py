"""The route table: which request goes to which service, with which token rule, limits, time and retries."""

from collections.abc import Iterable
from typing import Any

from gateway.contracts import Operation, path_pattern
from gateway.filters import CORS, RATE_LIMIT, cors_policy, import_body, no_token, rate_limit
from gateway.settings import GatewaySettings

Config = dict[str, Any]

PAGES = "gateway-pages"
PAGE_PATHS = ("/", "/openapi.json", "/docs", "/health")
SAFE = ("GET", "HEAD", "OPTIONS")
IDEMPOTENT = ("PUT", "DELETE")
# A safe request may run twice whatever happened to the first. A change is repeated only when it never reached the service.
RETRY_SAFE = "connect-failure,refused-stream,reset,retriable-status-codes"
RETRY_UNSENT = "connect-failure,refused-stream,reset-before-request"
RETRIES = 2


def retry(conditions: str, **more: Any) -> Config:
    """Return a retry policy that prefers another host and backs off."""
    return {
        "retry_on": conditions,
        "num_retries": RETRIES,
        "retriable_status_codes": [502, 504],
        "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
        "retry_host_predicate": [
            {
                "name": "envoy.retry_host_predicates.previous_hosts",
                "typed_config": {"@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"},
            }
        ],
        "host_selection_retry_max_attempts": 3,
        **more,
    }


def methods_matcher(methods: Iterable[str]) -> Config:
    """Return a header matcher for the request method."""
    return {"name": ":method", "string_match": {"safe_regex": {"regex": "|".join(methods)}}}


def forward(cluster: str, timeout: float, retries: Config | None) -> Config:
    """Return a route action; `timeout` in seconds until the whole answer."""
    action: Config = {"cluster": cluster, "timeout": f"{timeout}s"}
    if retries is not None:
        action["retry_policy"] = retries
    return action


def retry_for(method: str) -> Config | None:
    """Return the retry policy that a method allows by itself."""
    if method in SAFE:
        return retry(RETRY_SAFE)
    return retry(RETRY_UNSENT) if method in IDEMPOTENT else None


def operation_match(operation: Operation) -> Config:
    """Return the match of exactly one operation (HEAD goes with GET)."""
    methods = ("GET", "HEAD") if operation.method == "GET" else (operation.method,)
    path: Config = {"safe_regex": {"regex": path_pattern(operation.path)}} if operation.templated else {"path": operation.path}
    return {**path, "headers": [methods_matcher(methods)]}


def operation_route(settings: GatewaySettings, operation: Operation) -> Config:
    """Return the route of one operation: files have a larger body and more time."""
    limits = settings.limits
    seconds = limits.import_timeout_seconds if operation.takes_file or operation.gives_file else limits.timeout_seconds
    rules = {**(import_body() if operation.takes_file else {}), **(no_token() if operation.public else {})}
    return {
        "match": operation_match(operation),
        "route": forward(operation.service, seconds, retry_for(operation.method)),
        **({"typed_per_filter_config": rules} if rules else {}),
    }


def special_routes(settings: GatewaySettings, operations: list[Operation]) -> list[Config]:
    """Return routes for the operations that differ from their service's rule: open ones and those with files.

    Whole paths come first, then patterns, closed ones before open ones: `/x/{name}` being open does not open `/x/secret`.
    """
    special = [operation for operation in operations if operation.public or operation.takes_file or operation.gives_file]
    opened = [operation for operation in special if operation.public and operation.templated]
    closed = [operation for operation in operations if operation not in special and any(one.overlaps(operation) for one in opened)]
    ordered = sorted([*special, *closed], key=lambda operation: (operation.templated, operation.public))
    return [operation_route(settings, operation) for operation in ordered]


def open_route(settings: GatewaySettings, cluster: str, match: Config, *, safe: bool) -> Config:
    """Return a route without a token, limited by the caller's address."""
    return {
        "match": match,
        "route": forward(cluster, settings.limits.timeout_seconds, retry(RETRY_SAFE) if safe else None),
        "typed_per_filter_config": no_token(),
    }


def open_prefix_routes(settings: GatewaySettings) -> list[Config]:
    """Return routes for what is open beside the contracts; the first segment names the service."""
    routes = []
    for prefix in settings.open_prefixes:
        service = prefix.strip("/").split("/", 1)[0]
        if service in settings.services:
            match = {"prefix" if prefix.endswith("/") else "path": prefix}
            routes.append(open_route(settings, service, {**match, "headers": [methods_matcher(SAFE)]}, safe=True))
            routes.append(open_route(settings, service, match, safe=False))
    return routes


def service_routes(settings: GatewaySettings, service: str) -> list[Config]:
    """Return the general routes of one service: with a token, retried as far as the method allows."""
    time = settings.limits.timeout_seconds
    keyed = retry(RETRY_UNSENT, retriable_request_headers=[{"name": "idempotency-key", "present_match": True}])
    prefix = f"/{service}/"
    return [
        {
            "match": {"prefix": prefix, "headers": [methods_matcher(SAFE)]},
            "route": forward(service, time, retry(RETRY_SAFE)),
        },
        {
            "match": {"prefix": prefix, "headers": [methods_matcher(IDEMPOTENT)]},
            "route": forward(service, time, retry(RETRY_UNSENT)),
        },
        {
            "match": {"prefix": prefix, "headers": [methods_matcher(("POST",))]},
            "route": forward(service, time, keyed),
        },
        {"match": {"prefix": prefix}, "route": forward(service, time, None)},
    ]


def page_routes(settings: GatewaySettings) -> list[Config]:
    """Return the routes of the developer pages, open to everyone."""
    exact = [{"path": path} for path in PAGE_PATHS]
    below = [{"path_separated_prefix": path} for path in PAGE_PATHS if path not in {"/", "/openapi.json"}]
    return [open_route(settings, PAGES, {**match, "headers": [methods_matcher(SAFE)]}, safe=True) for match in (*exact, *below)]


def unknown_route() -> Config:
    """Return the last route: nothing is published here."""
    return {
        "match": {"prefix": "/"},
        "direct_response": {"status": 404},
        "typed_per_filter_config": no_token(),
    }


def route_configuration(settings: GatewaySettings, operations: list[Operation]) -> Config:
    """Return the whole route table."""
    routes = special_routes(settings, operations)
    routes += open_prefix_routes(settings)
    for service in settings.services:
        routes += service_routes(settings, service)
    routes += page_routes(settings)
    routes.append(unknown_route())
    return {
        "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
        "name": "public",
        "virtual_hosts": [
            {
                "name": "public",
                "domains": ["*"],
                "routes": routes,
                "typed_per_filter_config": {
                    CORS: cors_policy(settings),
                    RATE_LIMIT: rate_limit(settings.limits),
                },
            }
        ],
    }
