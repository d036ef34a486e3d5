"""The engine's results in words."""

from services.assets.wear.rules import Rule, RuleSet, Standing, Year
from services.assets.wear.schemas import RuleSetRef, Step

STANDINGS = {
    Standing.WEARS: ("Có tính hao mòn.", "It wears."),
    Standing.TOOL: (
        "Nguyên giá dưới mức tài sản cố định: công cụ, không tính hao mòn.",
        "Its cost is below the line of fixed assets: a tool.",
    ),
    Standing.EXEMPT: ("Loại tài sản không tính hao mòn.", "An asset of a kind that does not wear."),
    Standing.NO_CLASS: ("Chưa biết nhóm hao mòn.", "Nothing tells the class by which it wears."),
    Standing.NO_COST: ("Chưa có nguyên giá.", "Its cost is not known."),
}
RULES = {
    Rule.YEARLY: ("Nguyên giá × tỷ lệ hao mòn của năm.", "Cost × the yearly rate."),
    Rule.SPREAD: ("Giá trị còn lại chia đều cho số năm sử dụng còn lại.", "What is left, spread over the years that are left."),
    Rule.FINAL: ("Năm cuối: tính hết phần còn lại.", "The last year books the rest."),
    Rule.OVER: (
        "Đã hết thời gian sử dụng theo quy định mới: tính hết phần còn lại.",
        "The life is over under the new rules: the rest is booked.",
    ),
    Rule.WORN: ("Đã hao mòn hết.", "Fully worn."),
}


def reference(rules: RuleSet) -> RuleSetRef:
    """Return which version was used."""
    return RuleSetRef(id=rules.id, version=rules.version)


def step(year: Year) -> Step:
    """Return a step with its reason."""
    vi, en = RULES[year.rule]
    return Step(
        year=year.year,
        regime=year.regime,
        rule=year.rule,
        cost=year.cost,
        wear=year.wear,
        accumulated=year.accumulated,
        remaining=year.remaining,
        years_left=year.years_left,
        why_vi=vi,
        why_en=en,
    )
