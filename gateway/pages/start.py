"""The developer's start page: from nothing to the first answer."""

from gateway.pages.html import Html, both, el, table
from gateway.pages.layout import page, search_form
from gateway.settings import GatewaySettings, Rate

RULES = (
    (
        "Phân trang",
        "Paging",
        'Danh sách trả về `Link: rel="next"`; `limit` từ 1 đến 500.',
        'Lists answer `Link: rel="next"`; `limit` is 1 to 500.',
    ),
    (
        "Sửa đổi",
        "Changes",
        "Gửi lại ETag đã đọc trong If-Match; thiếu: 428, đã cũ: 412.",
        "Send the ETag you read in If-Match; missing: 428, stale: 412.",
    ),
    (
        "Gửi lại an toàn",
        "Safe repetition",
        "Mọi POST nhận Idempotency-Key; câu trả lời đầu được giữ 24 giờ.",
        "Every POST takes an Idempotency-Key; the first answer is kept for 24 hours.",
    ),
    (
        "Theo dõi thay đổi",
        "Following changes",
        "Mỗi tài nguyên có `…/changes?cursor=`, gồm cả việc xóa.",
        "Every resource has `…/changes?cursor=`, deletions included.",
    ),
    (
        "Lỗi",
        "Errors",
        "application/problem+json, tiếng Việt và tiếng Anh, kèm request_id.",
        "application/problem+json, Vietnamese and English, with request_id.",
    ),
)


def token_example(settings: GatewaySettings) -> str:
    """Return the commands that get a token and use it."""
    return (
        f"TOKEN_URL=$(curl -s {settings.issuer}/.well-known/openid-configuration | jq -r .token_endpoint)\n"
        'TOKEN=$(curl -s "$TOKEN_URL" -d grant_type=client_credentials -u "$CLIENT_ID:$CLIENT_SECRET" | jq -r .access_token)\n'
        f'curl -H "Authorization: Bearer $TOKEN" {settings.public_url}/registry/v1/learners'
    )


def rate(limit: Rate) -> str:
    """Return a rate in words."""
    return f"{limit.requests} / {limit.window_seconds} s"


def limits(settings: GatewaySettings) -> Html:
    """Return the table of limits in force."""
    bounds = settings.limits
    rows = [
        [both("Yêu cầu, mỗi ứng dụng và tài khoản", "Requests, per client and account"), rate(bounds.client)],
        [both("Yêu cầu không có mã truy cập, mỗi địa chỉ", "Requests without a token, per address"), rate(bounds.anonymous)],
        [both("Nội dung gửi", "Request body"), f"{bounds.body_bytes:,} B"],
        [both("Tệp nhập", "Imported file"), f"{bounds.import_bytes:,} B"],
        [both("Mã truy cập", "Token"), f"{bounds.token_bytes:,} B"],
    ]
    return table("Giới hạn (limits)", [both("Giới hạn", "Limit"), both("Giá trị", "Value")], rows)


def start_page(settings: GatewaySettings) -> bytes:
    """Return the page."""
    return page(
        ("Bắt đầu", "Start"),
        el("p", both("Một địa chỉ, một lần đăng nhập, một tài liệu OpenAPI.", "One address, one login, one OpenAPI document.")),
        search_form(),
        el("h2", both("Lời gọi đầu tiên", "The first call")),
        el("pre", el("code", token_example(settings)), tabindex="0"),
        el("h2", both("Quy tắc chung", "Rules that hold everywhere")),
        table(
            "Quy tắc chung (rules)",
            [both("Việc", "Matter"), both("Quy tắc", "Rule")],
            [[both(vi, en), both(rule_vi, rule_en)] for vi, en, rule_vi, rule_en in RULES],
        ),
        el("h2", both("Giới hạn", "Limits")),
        limits(settings),
        el(
            "p",
            both(
                "Tiêu đề RateLimit và Retry-After cho biết còn bao nhiêu và phải chờ bao lâu.",
                "The headers RateLimit and Retry-After say what is left and how long to wait.",
            ),
        ),
        current="/",
    )
