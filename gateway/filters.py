"""The filters every request passes, in order, and what a route may change about them."""

from typing import Any

from gateway.replies import JWT_FILTER, REFUSAL
from gateway.settings import GatewaySettings, Limits, Rate

Config = dict[str, Any]

CORS = "envoy.filters.http.cors"
JWT = JWT_FILTER
RATE_LIMIT = "envoy.filters.http.local_ratelimit"
ORDINARY_BODY = "ordinary-body-limit"
IMPORT_BODY = "import-body-limit"
ANONYMOUS = "anonymous"
TYPES = "type.googleapis.com/envoy.extensions.filters.http."

REQUEST_HEADERS = (
    "authorization,content-type,accept,accept-language,if-match,if-none-match,idempotency-key,prefer,traceparent,tracestate,x-request-id"
)
RESPONSE_HEADERS = "etag,link,location,retry-after,ratelimit,ratelimit-policy,x-request-id,www-authenticate,content-disposition"


def body_limit(name: str, size: int) -> Config:
    """Return the filter that refuses a larger body: by Content-Length at once, else when the bytes exceed it (nothing is buffered)."""
    return {"name": name, "typed_config": {"@type": TYPES + "body_size_limit.v3.BodySizeLimit", "max_request_bytes": size}}


def import_body() -> Config:
    """Return the per-route rule that leaves only the limit for files."""
    return {ORDINARY_BODY: {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": True}}


def no_token() -> Config:
    """Return the per-route rule that opens a route."""
    return {JWT: {"@type": TYPES + "jwt_authn.v3.PerRouteConfig", "disabled": True}}


def cors_policy(settings: GatewaySettings) -> Config:
    """Return which origins may call from a browser. Tokens travel in a header, so credentials (cookies) stay off."""
    return {
        "@type": TYPES + "cors.v3.CorsPolicy",
        "allow_origin_string_match": [{"exact": origin} for origin in settings.cors_origins],
        "allow_methods": "GET,HEAD,POST,PUT,PATCH,DELETE",
        "allow_headers": REQUEST_HEADERS,
        "expose_headers": RESPONSE_HEADERS,
        "max_age": "7200",
        "allow_credentials": False,
        "forward_not_matching_preflights": False,
    }


def bucket(rate: Rate) -> Config:
    """Return the token bucket of a rate."""
    return {"max_tokens": rate.requests, "tokens_per_fill": rate.requests, "fill_interval": f"{rate.window_seconds}s"}


def claim(key: str, name: str, **absent: str) -> Config:
    """Return a descriptor entry taken from the verified token; without `default_value` and the claim there is no such descriptor."""
    return {"metadata": {"descriptor_key": key, "metadata_key": {"key": JWT, "path": [{"key": "token"}, {"key": name}]}, **absent}}


def rate_limit(limits: Limits) -> Config:
    """Return the buckets: client and subject of the token, else the address (an entry without value: each value its own bucket).

    Users of one front-end do not share a bucket, nor do users behind one school's address once they are signed in.
    """
    always = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    nobody = [{"key": "client", "value": ANONYMOUS}, {"key": "remote_address"}]
    return {
        "@type": TYPES + "local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": "callers",
        # Only for a token without azp or sub.
        "token_bucket": bucket(limits.anonymous),
        "always_consume_default_token_bucket": False,
        "filter_enabled": always,
        "filter_enforced": always,
        "rate_limits": [
            {"actions": [claim("client", "azp"), claim("subject", "sub")]},
            {"actions": [claim("client", "azp", default_value=ANONYMOUS), {"remote_address": {}}]},
        ],
        "descriptors": [
            {"entries": [{"key": "client"}, {"key": "subject"}], "token_bucket": bucket(limits.client)},
            {"entries": nobody, "token_bucket": bucket(limits.anonymous)},
        ],
        "max_dynamic_descriptors": limits.remembered_clients,
        "enable_x_ratelimit_headers": "DRAFT_VERSION_03",
        "enable_retry_after_header": True,
    }


def jwt(settings: GatewaySettings) -> Config:
    """Return the token check: every route, unless the route opens itself."""
    # Envoy fetches five seconds before the set expires, in the background, and keeps the last good set when the issuer is away.
    cache = settings.jwks_refresh_seconds + 5
    provider = {
        "issuer": settings.issuer,
        "audiences": [settings.audience],
        "require_expiration": True,
        "clock_skew_seconds": settings.clock_skew_seconds,
        "forward": True,
        "from_headers": [{"name": "Authorization", "value_prefix": "Bearer "}],
        "payload_in_metadata": "token",
        "failed_status_in_metadata": REFUSAL,
        "jwt_cache_config": {"jwt_cache_size": 10_000, "jwt_max_token_size": settings.limits.token_bytes},
        "remote_jwks": {
            "http_uri": {"uri": settings.jwks_url, "cluster": "issuer-keys", "timeout": "2s"},
            "cache_duration": f"{cache}s",
            "async_fetch": {"fast_listener": True, "failed_refetch_duration": "1s"},
        },
    }
    return {
        "name": JWT,
        "typed_config": {
            "@type": TYPES + "jwt_authn.v3.JwtAuthentication",
            "providers": {"issuer": provider},
            "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "issuer"}}],
            "bypass_cors_preflight": True,
        },
    }


def token_form(limits: Limits) -> Config:
    """Return the check of the Authorization header's form: once, and not too long (a repeated header arrives joined by commas)."""
    return {
        "name": "envoy.filters.http.rbac",
        "typed_config": {
            "@type": TYPES + "rbac.v3.RBAC",
            "rules": {
                "action": "DENY",
                "policies": {
                    "repeated": {
                        "permissions": [{"header": {"name": "authorization", "string_match": {"contains": ","}}}],
                        "principals": [{"any": True}],
                    },
                    "oversize": {
                        "permissions": [{"header": {"name": "authorization", "present_match": True}}],
                        "principals": [{"any": True}],
                        "condition": longer_than("authorization", limits.token_bytes),
                    },
                },
            },
        },
    }


def longer_than(header: str, size: int) -> Config:
    """Return the CEL expression `size(request.headers[header]) > size` in its parsed form."""
    headers = {"select_expr": {"operand": {"ident_expr": {"name": "request"}}, "field": "headers"}}
    value = {"call_expr": {"function": "_[_]", "args": [headers, {"const_expr": {"string_value": header}}]}}
    length = {"call_expr": {"function": "size", "args": [value]}}
    return {"call_expr": {"function": "_>_", "args": [length, {"const_expr": {"int64_value": size}}]}}


def header(name: str, value: str, action: str = "OVERWRITE_IF_EXISTS_OR_ADD") -> Config:
    """Return one header to set."""
    return {"header": {"key": name, "value": value}, "append_action": action}


def security_headers(settings: GatewaySettings) -> Config:
    """Return the filter that sets security headers on every answer; a page that has its own content policy keeps it."""
    headers = [
        header("x-content-type-options", "nosniff"),
        header("x-frame-options", "DENY"),
        header("referrer-policy", "no-referrer"),
        header("content-security-policy", "default-src 'none'; frame-ancestors 'none'", "ADD_IF_ABSENT"),
    ]
    if settings.tls:
        headers.append(header("strict-transport-security", "max-age=31536000; includeSubDomains"))
    return {
        "name": "security-headers",
        "typed_config": {
            "@type": TYPES + "header_mutation.v3.HeaderMutation",
            "mutations": {"response_mutations": [{"append": one} for one in headers]},
        },
    }


def rate_headers() -> Config:
    """Return the filter that says the limit in the standard's names too (RateLimit, RateLimit-Policy), where a bucket was asked."""
    names = [
        header("ratelimit", '"caller";r=%RESP(X-RATELIMIT-REMAINING)%;t=%RESP(X-RATELIMIT-RESET)%'),
        header("ratelimit-policy", '"caller";q=%RESP(X-RATELIMIT-LIMIT)%'),
    ]
    asked = {
        "single_predicate": {
            "input": {
                "name": "limit",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.type.matcher.v3.HttpResponseHeaderMatchInput",
                    "header_name": "x-ratelimit-limit",
                },
            },
            "value_match": {"safe_regex": {"google_re2": {}, "regex": ".+"}},
        }
    }
    skip = {"name": "skip", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.common.matcher.action.v3.SkipFilter"}}
    return {
        "name": "rate-headers",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.common.matching.v3.ExtensionWithMatcher",
            "xds_matcher": {
                "matcher_list": {"matchers": [{"predicate": {"not_matcher": asked}, "on_match": {"action": skip}}]},
            },
            "extension_config": {
                "name": "rate-headers",
                "typed_config": {
                    "@type": TYPES + "header_mutation.v3.HeaderMutation",
                    "mutations": {"response_mutations": [{"append": one} for one in names]},
                },
            },
        },
    }


def chain(settings: GatewaySettings) -> list[Config]:
    """Return the filters in the order of the request (answers pass them backwards)."""
    limits = settings.limits
    return [
        security_headers(settings),
        {"name": CORS, "typed_config": {"@type": TYPES + "cors.v3.Cors"}},
        rate_headers(),
        token_form(limits),
        jwt(settings),
        # The buckets are in the route table, so that changing a limit leaves connections alone.
        {"name": RATE_LIMIT, "typed_config": {"@type": TYPES + "local_ratelimit.v3.LocalRateLimit", "stat_prefix": "callers"}},
        body_limit(ORDINARY_BODY, limits.body_bytes),
        body_limit(IMPORT_BODY, max(limits.body_bytes, limits.import_bytes)),
        {
            "name": "envoy.filters.http.router",
            "typed_config": {"@type": TYPES + "router.v3.Router", "suppress_envoy_headers": True},
        },
    ]
