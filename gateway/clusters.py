"""The services behind the gateway: addresses, health, outliers, circuit breakers."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from gateway.settings import GatewaySettings

Config = dict[str, Any]

ISSUER = "issuer-keys"


def endpoint(host: str, port: int) -> Config:
    """Return one address in Envoy's form."""
    return {"endpoint": {"address": {"socket_address": {"address": host, "port_value": port}}}}


def discovery(hosts: list[str]) -> Config:
    """Return how addresses are found: as they stand, or by DNS."""
    try:
        for host in hosts:
            ipaddress.ip_address(host)
    except ValueError:
        return {"type": "STRICT_DNS", "dns_lookup_family": "V4_PREFERRED"}
    return {"type": "STATIC"}


def protocol_options(idle_seconds: float) -> Config:
    """Return HTTP/1.1 to the service with an idle time shorter than the service's own."""
    return {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "explicit_http_config": {"http_protocol_options": {}},
            "common_http_protocol_options": {"idle_timeout": f"{idle_seconds}s"},
        }
    }


def base(name: str, addresses: list[str], idle_seconds: float) -> Config:
    """Return a cluster without health rules."""
    pairs = [(host, int(port)) for host, port in (address.rsplit(":", 1) for address in addresses)]
    return {
        "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
        "name": name,
        **discovery([host for host, _ in pairs]),
        "connect_timeout": "1s",
        "lb_policy": "LEAST_REQUEST",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint(*pair) for pair in pairs]}]},
        "typed_extension_protocol_options": protocol_options(idle_seconds),
    }


def health_check(settings: GatewaySettings, path: str) -> Config:
    """Return the active health check; the interval holds without traffic too, so that a restarted service is found at once."""
    interval = f"{settings.health.interval_seconds}s"
    return {
        "timeout": "1s",
        "interval": interval,
        "no_traffic_interval": interval,
        "unhealthy_threshold": 2,
        "healthy_threshold": 1,
        "http_health_check": {"path": path},
    }


def outliers(settings: GatewaySettings) -> Config:
    """Return when a host that keeps failing is set aside; never more than half of them, and a lone host stays (panic routing)."""
    health = settings.health
    return {
        "consecutive_5xx": health.consecutive_errors,
        "consecutive_gateway_failure": health.consecutive_errors,
        "enforcing_consecutive_gateway_failure": 100,
        "interval": f"{health.interval_seconds}s",
        "base_ejection_time": f"{health.ejection_seconds}s",
        "max_ejection_percent": 50,
        "successful_active_health_check_uneject_host": False,
    }


def breakers(settings: GatewaySettings) -> Config:
    """Return the bounds of what may be in flight to one service."""
    limits = settings.limits
    return {
        "thresholds": [
            {
                "max_connections": limits.upstream_connections,
                "max_pending_requests": limits.upstream_pending,
                "max_requests": limits.upstream_requests,
                "retry_budget": {"budget_percent": {"value": 20}, "min_retry_concurrency": 10},
            }
        ]
    }


def service(settings: GatewaySettings, name: str, addresses: list[str], health_path: str) -> Config:
    """Return the cluster of one service."""
    return {
        **base(name, addresses, settings.limits.upstream_idle_seconds),
        "health_checks": [health_check(settings, health_path)],
        "outlier_detection": outliers(settings),
        "circuit_breakers": breakers(settings),
        "per_connection_buffer_limit_bytes": 65536,
    }


def issuer_keys(settings: GatewaySettings) -> Config:
    """Return the cluster the key set is fetched from."""
    url = urlsplit(settings.jwks_url)
    host = url.hostname or ""
    secure = url.scheme == "https"
    cluster = base(ISSUER, [f"{host}:{url.port or (443 if secure else 80)}"], settings.limits.upstream_idle_seconds)
    if secure:
        cluster["transport_socket"] = {
            "name": "envoy.transport_sockets.tls",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
                "sni": host,
                "common_tls_context": {
                    "validation_context": {
                        "system_root_certs": {},
                        "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": host}}],
                    },
                },
            },
        }
    return cluster


def clusters(settings: GatewaySettings) -> list[Config]:
    """Return every cluster."""
    services = [service(settings, name, addresses, settings.health.path) for name, addresses in settings.services.items()]
    pages = service(settings, "gateway-pages", settings.pages, "/health/live")
    return [*services, pages, issuer_keys(settings)]
