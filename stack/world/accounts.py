"""The demonstration accounts and vendor clients: one for each role, so that the same data can be seen through every pair of eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stack.world import lao_cai
from stack.world.phong_dong import COMMUNE, NEIGHBOUR, PROVINCE, SCHOOL

if TYPE_CHECKING:
    from collections.abc import Mapping

LOADER = "world-loader"
VENDOR = "demo-vendor"
WRITTEN = ("registry", "assets", "egov", "learning")
SCOPES = (*(f"{service}.{verb}" for service in WRITTEN for verb in ("read", "write")), "insight.read")

ACCOUNTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("admin", "Quản trị nền tảng", ("platform_admin@*",)),
    ("province", "Chuyên viên Sở Giáo dục và Đào tạo", (f"province_officer@{PROVINCE}",)),
    ("commune", "Cán bộ văn hóa xã hội xã", (f"commune_officer@{COMMUNE}",)),
    ("principal", "Hiệu trưởng Phong Đông", (f"school_admin@{SCHOOL}",)),
    ("neighbour", "Hiệu trưởng Vĩnh Phong", (f"school_admin@{NEIGHBOUR}",)),
    ("teacher", "Giáo viên chủ nhiệm 9A", (f"teacher@{SCHOOL}",)),
    ("neighbour-teacher", "Giáo viên Vĩnh Phong", (f"teacher@{NEIGHBOUR}",)),
    ("parent", "Phụ huynh học sinh", (f"guardian@{SCHOOL}",)),
    ("lc-province", "Chuyên viên Sở Giáo dục và Đào tạo Lào Cai", (f"province_officer@{lao_cai.SUBJECT}",)),
    ("lc-principal", "Hiệu trưởng trường của con", (f"school_admin@{lao_cai.SCHOOL}",)),
    ("lc-neighbour", "Hiệu trưởng trường mới", (f"school_admin@{lao_cai.NEIGHBOUR}",)),
    ("lc-teacher", "Giáo viên chủ nhiệm 1A", (f"teacher@{lao_cai.SCHOOL}",)),
    ("lc-neighbour-teacher", "Giáo viên trường mới", (f"teacher@{lao_cai.NEIGHBOUR}",)),
    ("lc-parent", "Phụ huynh học sinh", (f"guardian@{lao_cai.SCHOOL}",)),
)
"""User name, name shown, grants; those of the world lao-cai begin with `lc-`.

`teacher` and `parent` stand for a person of the registry (LoadReport.people)."""


def demo(people: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return accounts and clients without passwords and secrets: those belong to the installation.

    `people` maps user names to the persons of the registry behind them, as LoadReport.people has them after loading.
    """
    known = people or {}
    return {
        "accounts": [
            {
                "username": username,
                "name": name,
                "organisation_code": grants[0].partition("@")[2],
                "grants": list(grants),
                "person_id": known.get(username),
            }
            for username, name, grants in ACCOUNTS
        ],
        "clients": [_client(LOADER, "World loader", "*"), _client(VENDOR, "Demo vendor", SCHOOL)],
    }


def _client(client_id: str, name: str, organisation_code: str) -> dict[str, Any]:
    return {
        "client_id": client_id,
        "name": name,
        "kind": "vendor",
        "organisation_code": organisation_code,
        "scopes": list(SCOPES),
        "grants": [f"integrator@{organisation_code}"],
    }
