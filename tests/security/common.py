"""What no organisation owns, or what the law makes public: readable from everywhere; and who may change it."""

COMMON = frozenset(
    {
        "GET /registry/v1/school-years",
        "GET /registry/v1/school-years/{school_year}",
        "GET /insight/v1/indicators",
        "GET /insight/v1/plans",
        "GET /insight/v1/freshness",
        "GET /assets/v1/classes",
        "GET /assets/v1/norms",
        "GET /assets/v1/wear/rule-set",
        # Which organisation offers which procedure is public information, and so is the catalogue with its clock.
        "GET /egov/v1/offers",
        "GET /egov/v1/procedures",
        "GET /egov/v1/procedures/{code}",
        "GET /egov/v1/procedures/codes-only",
        "GET /egov/v1/reasons",
        "GET /egov/v1/status-codes",
        "GET /egov/v1/deadlines",
        # Approved material is the whole province's.
        "GET /learning/v1/contents",
        "GET /learning/v1/contents/{content_id}",
        "GET /learning/v1/contents/{content_id}/file",
        "GET /learning/v1/curriculum/coverage",
        "GET /learning/v1/curriculum/periods",
        "GET /learning/v1/curriculum/totals",
    }
)
# What is common to all may be changed by those only who answer for all.
COMMON_WRITES = frozenset(
    {
        "PUT /registry/v1/school-years/{school_year}",
        "PUT /assets/v1/norms/learners_per_computer/{level}/{valid_from}",
        "POST /assets/v1/wear/rule-sets",
        "PUT /learning/v1/curriculum/periods",
    }
)
