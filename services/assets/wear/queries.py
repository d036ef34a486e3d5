"""Reads of wear, and the set-based statements of a run. Row security holds in all of them."""

from uuid import UUID

from libs.common.db.read import Document, Filter, Listing
from services.assets.fields import Year
from services.assets.wear.schemas import WearResultOut, WearRunOut

# What the engine needs of an asset. The engine starts from the first cost; changes follow by year, as [year, cost] pairs.
INPUT = """
a.class_code, a.wear_class, coalesce(c.first_cost, a.cost) AS cost,
date_part('year', coalesce(a.first_used_on, a.valid_from))::int AS first_year,
a.second_hand_years, a.opening_year, a.opening_accumulated, a.no_wear, c.changes"""
# Costs change rarely: one pass over the changes instead of a look for each asset.
CHANGES = """
LEFT JOIN (
    SELECT asset_id, (array_agg(cost_before ORDER BY changed_on))[1] AS first_cost,
        jsonb_agg(jsonb_build_array(date_part('year', changed_on)::int, cost_after) ORDER BY changed_on)::text AS changes
    FROM asset_cost_change GROUP BY asset_id
) c ON c.asset_id = a.asset_id"""
_INPUT_OF = "{input} FROM asset a {changes}"


def _with_input(query: str) -> str:
    """Put the engine's input into a constant query."""
    return query.replace("{from}", _INPUT_OF).replace("{input}", INPUT).replace("{changes}", CHANGES).replace("{keys}", KEYS)


KEYS = "class_code, wear_class, cost, first_year, second_hand_years, opening_year, opening_accumulated, no_wear, changes"
ASSET = _with_input("SELECT a.quantity, {from} WHERE a.asset_id = $1")
# Whoever holds it on 31 December books the year ($2 is the day after); it is in use by then, for use never begins after the holding.
GROUPS = _with_input("""
SELECT count(*) AS assets, sum(quantity)::bigint AS pieces, {keys} FROM (
    SELECT a.quantity, {from}
    WHERE a.organisation_path <@ text2ltree($1) AND a.valid_from < $2 AND (a.valid_to IS NULL OR a.valid_to >= $2)
) i GROUP BY {keys}""")
ROOT = """
SELECT organisation_id, code, path::text AS path FROM organisation_path WHERE code = $1 AND path <@ ANY ((SELECT scope_paths())::ltree[])"""

# Like assets are one case: the engine works once for each.
CREATE_INPUT = _with_input("""
CREATE TEMP TABLE wear_input ON COMMIT DROP AS SELECT i.*, dense_rank() OVER (ORDER BY {keys})::int AS case_no FROM (
    SELECT a.asset_id, a.quantity, a.organisation_path, {from}
    WHERE a.organisation_path <@ text2ltree($1) AND a.valid_from < $2 AND (a.valid_to IS NULL OR a.valid_to >= $2)
) i""")
CASES = _with_input("SELECT DISTINCT ON (case_no) case_no, {keys} FROM wear_input ORDER BY case_no")
STORE_CASES = """
INSERT INTO wear_case (run_id, case_no, standing, steps)
SELECT $1, c.case_no, c.standing, c.steps::jsonb FROM unnest($2::int[], $3::text[], $4::text[]) AS c(case_no, standing, steps)"""
STORE_RESULTS = """
INSERT INTO wear_result (run_id, asset_id, case_no, quantity, wear, accumulated, remaining, organisation_path)
SELECT $1, i.asset_id, i.case_no, i.quantity, c.wear * i.quantity, c.accumulated * i.quantity, c.remaining * i.quantity, i.organisation_path
FROM wear_input i
JOIN unnest($2::int[], $3::bigint[], $4::bigint[], $5::bigint[]) AS c(case_no, wear, accumulated, remaining) USING (case_no)"""
SUMS = """
SELECT count(*) AS assets, count(*) FILTER (WHERE r.wear > 0) AS wearing, coalesce(sum(r.wear), 0)::bigint AS wear,
    coalesce(sum(r.accumulated), 0)::bigint AS accumulated, coalesce(sum(r.remaining), 0)::bigint AS remaining
FROM wear_result r WHERE r.run_id = $1"""

RUN_COLUMNS = {
    "organisation_id": "w.organisation_id",
    "organisation_code": "o.code",
    "rule_set": "json_build_object('id', w.rule_set_id, 'version', w.rule_set_version)",
}
RUN_SOURCE = "wear_run w LEFT JOIN organisation_path o ON o.organisation_id = w.organisation_id"
RUN = Document(WearRunOut, RUN_SOURCE, where="w.run_id = :run_id", columns=RUN_COLUMNS)
RUNS = Listing(
    WearRunOut,
    RUN_SOURCE,
    key="w.run_id",
    columns=RUN_COLUMNS,
    filters={
        "organisation": Filter("o.code", str),
        "organisation_id": Filter("w.organisation_id", UUID),
        "year": Filter("w.year", Year),
    },
)
RESULTS = Listing(
    WearResultOut,
    "wear_result x JOIN wear_case c USING (run_id, case_no) LEFT JOIN asset a USING (asset_id) "
    "LEFT JOIN organisation_path o ON o.organisation_id = a.organisation_id",
    key="x.asset_id",
    where="x.run_id = :run_id",
    columns={"asset_id": "x.asset_id", "organisation_code": "o.code", "quantity": "x.quantity"},
)
