"""The freshness of the read model as one JSON document: applied topics, and counts under the caller's scope."""

from libs.common.db.read import Document
from services.insight.copies.schemas import FreshnessOut

TOPICS = """
SELECT coalesce(json_agg(row_to_json(t) ORDER BY t.topic), '[]') AS topics FROM (
    SELECT f.topic, sum(f.events) AS events, max(f.last_event_at) AS last_event_at, max(f.last_applied_at) AS last_applied_at
    FROM freshness f GROUP BY f.topic
) t"""
COUNTS = """
SELECT json_build_object(
    'organisations', (SELECT count(*) FROM organisation),
    'classes', (SELECT count(*) FROM class),
    'staff', CASE WHEN :people::boolean THEN (SELECT count(*) FROM staff) END,
    'learners', CASE WHEN :people::boolean THEN (SELECT count(DISTINCT learner_id) FROM spell) END,
    'enrolments', CASE WHEN :people::boolean THEN (SELECT count(*) FROM spell) END,
    'school_years', (SELECT count(*) FROM school_year),
    'assets', (SELECT count(*) FROM asset),
    'norms', (SELECT count(*) FROM norm),
    'offers', (SELECT count(*) FROM offer),
    'documents', (SELECT count(*) FROM document_count),
    'dossiers', CASE WHEN :people::boolean THEN (SELECT count(*) FROM dossier) END,
    'contents', (SELECT count(DISTINCT content_id) FROM content_state)
) AS counts"""

FRESHNESS = Document(
    FreshnessOut,
    source="(" + TOPICS + ") a CROSS JOIN (" + COUNTS + ") b",
    where="true",
    columns={"topics": "a.topics", "counts": "b.counts"},
)
