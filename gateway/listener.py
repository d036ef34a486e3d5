"""The public listener: one HTTP connection manager with limits, clean headers and an access log without personal data."""

from pathlib import Path
from typing import Any

from gateway.filters import chain
from gateway.replies import local_replies
from gateway.settings import GatewaySettings, Listen

Config = dict[str, Any]

# Headers that only the platform itself may set: a client's copies are removed before anything looks at them.
PLATFORM_PREFIXES = ("x-lienthong-", "x-envoy-", "x-forwarded-", "x-ratelimit-")
PLATFORM_HEADERS = ("forwarded", "x-real-ip", "x-original-url", "x-rewrite-url", "x-http-method-override")


def socket_address(listen: Listen) -> Config:
    """Return the address in Envoy's form."""
    return {"socket_address": {"address": listen.host, "port_value": listen.port}}


def clean_headers(settings: GatewaySettings) -> Config:
    """Return the early mutation that removes what a client must not claim. Behind trusted proxies X-Forwarded-* is theirs."""
    prefixes = [prefix for prefix in PLATFORM_PREFIXES if not (settings.trusted_hops and prefix == "x-forwarded-")]
    mutations: list[Config] = [{"remove_on_match": {"key_matcher": {"prefix": prefix}}} for prefix in prefixes]
    mutations += [{"remove": name} for name in PLATFORM_HEADERS]
    return {
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
            "mutations": mutations,
        },
    }


def access_log(path: Path) -> Config:
    """Return the JSON access log: no query, no token, no account, the address only as its network."""
    return {
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": str(path),
            "log_format": {
                "json_format": {
                    "at": "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%",
                    "method": "%REQ(:METHOD)%",
                    "path": "%PATH(NQ:ORIG_OR_PATH)%",
                    "status": "%RESPONSE_CODE%",
                    "why": "%RESPONSE_CODE_DETAILS%",
                    "flags": "%RESPONSE_FLAGS%",
                    "milliseconds": "%DURATION%",
                    "bytes_in": "%BYTES_RECEIVED%",
                    "bytes_out": "%BYTES_SENT%",
                    "service": "%UPSTREAM_CLUSTER%",
                    "host": "%UPSTREAM_HOST%",
                    "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
                    "client": "%DYNAMIC_METADATA(envoy.filters.http.jwt_authn:token:azp)%",
                    "network": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(24)%",
                    "request_id": "%REQ(X-REQUEST-ID)%",
                    "traceparent": "%REQ(TRACEPARENT)%",
                },
            },
        },
    }


def watched(name: str, folder: Path | None = None) -> Config:
    """Return a file source that is read again whenever a file is moved into its folder."""
    place = folder or Path()
    return {
        "resource_api_version": "V3",
        "path_config_source": {"path": str(place / name), "watched_directory": {"path": str(place)}},
    }


REQUEST_ID: Config = {
    "@type": "type.googleapis.com/envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig",
    "pack_trace_reason": False,
}


def connection_manager(settings: GatewaySettings, folder: Path) -> Config:
    """Return the HTTP connection manager."""
    return {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "public",
        "codec_type": "AUTO",
        "rds": {"config_source": watched("rds.yaml", folder), "route_config_name": "public"},
        "http_filters": chain(settings),
        "local_reply_config": local_replies(),
        "access_log": [access_log(settings.access_log or folder / "access.log")],
        "early_header_mutation_extensions": [clean_headers(settings)],
        "server_name": "lienthong",
        "use_remote_address": True,
        "xff_num_trusted_hops": settings.trusted_hops,
        "internal_address_config": {"unix_sockets": False, "cidr_ranges": []},
        "generate_request_id": True,
        "preserve_external_request_id": True,
        "always_set_request_id_in_response": True,
        "request_id_extension": {"typed_config": REQUEST_ID},
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "max_request_headers_kb": settings.limits.header_kib,
        "request_headers_timeout": "10s",
        "stream_idle_timeout": "60s",
        "drain_timeout": "5s",
        "common_http_protocol_options": {
            "idle_timeout": "120s",
            "max_headers_count": 100,
            # `x_lienthong_actor` and `x-lienthong-actor` are one name to some servers.
            "headers_with_underscores_action": "REJECT_REQUEST",
        },
        "http2_protocol_options": {
            "max_concurrent_streams": 100,
            "initial_stream_window_size": 65536,
            "initial_connection_window_size": 1048576,
        },
    }


def listener(settings: GatewaySettings, folder: Path) -> Config:
    """Return the public listener."""
    return {
        "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
        "name": "public",
        "address": socket_address(settings.listen),
        "per_connection_buffer_limit_bytes": 65536,
        "filter_chains": [
            {"filters": [{"name": "http", "typed_config": connection_manager(settings, folder)}]},
        ],
    }
