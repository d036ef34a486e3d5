"""Reads of norms, and the counts behind a need. Row security holds in all of them."""

from datetime import date

from libs.common.db.read import Document, Filter, Listing
from services.assets.fields import Level
from services.assets.need.schemas import NormKey, NormOut

NORM = Document(NormOut, "norm n", where="n.key = :key AND n.level = :level AND n.valid_from = :valid_from", version="n.version")
NORMS = Listing(
    NormOut,
    "norm n",
    key="n.norm_id",
    columns={"key": "n.key", "value": "n.value", "version": "n.version"},
    filters={
        "key": Filter("n.key", NormKey),
        "level": Filter("n.level", Level),
        "as_of": Filter("n.valid_from", date, condition="{e} <= :value AND (n.valid_to IS NULL OR n.valid_to > :value)"),
    },
)
# The organisation asked for, and whether the caller, who sees people under the codes $2, sees them everywhere in it.
ROOT = """
SELECT o.organisation_id, o.path::text AS path, '*' = ANY ($2::text[]) OR EXISTS (
    SELECT FROM organisation_path g WHERE g.code = ANY ($2::text[]) AND o.path <@ g.path) AS sees_people
FROM organisation_path o WHERE o.code = $1 AND o.path <@ ANY ((SELECT scope_paths())::ltree[])"""
# The newest norm of a level that has begun and not ended.
NORMS_ON = """
SELECT DISTINCT ON (level) level, value, valid_from, legal_basis, certainty FROM norm
WHERE key = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2) ORDER BY level, valid_from DESC"""
LEARNERS = """
SELECT s.school_id, s.level, count(*) AS learners FROM learner_spell s
WHERE s.school_id IN (SELECT o.organisation_id FROM organisation_path o WHERE o.path <@ text2ltree($1))
    AND s.valid_from <= $2 AND (s.valid_to IS NULL OR s.valid_to > $2)
GROUP BY s.school_id, s.level"""
# What stands at a site is its school's.
PRESENT = """
SELECT CASE WHEN o.kind = 'site' AND o.parent_id IS NOT NULL THEN o.parent_id ELSE o.organisation_id END AS school_id, a.level,
    sum(a.quantity) AS present
FROM asset a JOIN organisation_path o ON o.organisation_id = a.organisation_id
WHERE a.organisation_path <@ text2ltree($1) AND a.class_code = ANY ($3::text[])
    AND a.valid_from <= $2 AND (a.valid_to IS NULL OR a.valid_to > $2)
GROUP BY 1, 2"""
