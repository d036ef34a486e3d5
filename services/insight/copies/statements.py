"""The set-based statements of the consumers: one JSON array in, all rows of a batch at once, older versions ignored.

Rows are ordered by key, so that two members of a group that meet on the same rows wait for each other instead of deadlocking.
"""

SCHOOL_YEARS = """
INSERT INTO school_year AS t (school_year, starts_on, ends_on, version)
SELECT DISTINCT ON (r.school_year) r.school_year, r.starts_on, r.ends_on, r.version
FROM jsonb_to_recordset($1::jsonb) AS r(school_year text, starts_on date, ends_on date, version bigint)
ORDER BY r.school_year, r.version DESC
ON CONFLICT (school_year) DO UPDATE SET starts_on = excluded.starts_on, ends_on = excluded.ends_on, version = excluded.version
WHERE t.version < excluded.version"""

CLASSES = """
INSERT INTO class AS t (class_id, school_id, school_year, grade, level, studies_informatics, site_id, version)
SELECT DISTINCT ON (r.class_id) r.class_id, r.school_id, r.school_year, r.grade, r.level, r.studies_informatics, r.site_id, r.version
FROM jsonb_to_recordset($1::jsonb) AS r(class_id uuid, school_id uuid, school_year text, grade smallint, level text,
    studies_informatics boolean, site_id uuid, version bigint)
ORDER BY r.class_id, r.version DESC
ON CONFLICT (class_id) DO UPDATE
SET school_id = excluded.school_id, school_year = excluded.school_year, grade = excluded.grade, level = excluded.level,
    studies_informatics = excluded.studies_informatics, site_id = excluded.site_id, version = excluded.version
WHERE t.version < excluded.version"""

# An event carries the spells that it changed: each spell is as new as the newest event that named it.
SPELLS = """
INSERT INTO spell AS t (enrolment_id, learner_id, school_id, class_id, school_year, grade, level, studies_informatics,
    valid_from, valid_to, version)
SELECT DISTINCT ON (r.enrolment_id) r.enrolment_id, r.learner_id, r.school_id, r.class_id, r.school_year, r.grade, r.level,
    r.studies_informatics, r.valid_from, r.valid_to, r.version
FROM jsonb_to_recordset($1::jsonb) AS r(enrolment_id uuid, learner_id uuid, school_id uuid, class_id uuid, school_year text,
    grade smallint, level text, studies_informatics boolean, valid_from date, valid_to date, version bigint)
ORDER BY r.enrolment_id, r.version DESC
ON CONFLICT (enrolment_id) DO UPDATE
SET learner_id = excluded.learner_id, school_id = excluded.school_id, class_id = excluded.class_id, school_year = excluded.school_year,
    grade = excluded.grade, level = excluded.level, studies_informatics = excluded.studies_informatics,
    valid_from = excluded.valid_from, valid_to = excluded.valid_to, version = excluded.version
WHERE t.version < excluded.version"""

# Aggregates that are told whole: the root's version decides, then the parts are replaced.
NEWER_ORGANISATIONS = """
INSERT INTO organisation AS t (organisation_id, version)
SELECT r.id, max(r.version) FROM unnest($1::uuid[], $2::bigint[]) AS r(id, version) GROUP BY r.id ORDER BY r.id
ON CONFLICT (organisation_id) DO UPDATE SET version = excluded.version WHERE t.version < excluded.version
RETURNING organisation_id, version"""
CLEAR_VERSIONS = "DELETE FROM organisation_version WHERE organisation_id = ANY ($1::uuid[])"
VERSIONS = """
INSERT INTO organisation_version (organisation_id, valid_from, valid_to, code, name, kind, parent_id, levels, school_type, attributes, path)
SELECT r.organisation_id, r.valid_from, r.valid_to, r.code, r.name, r.kind, r.parent_id, r.levels, r.school_type, r.attributes,
    text2ltree(r.path)
FROM jsonb_to_recordset($1::jsonb) AS r(organisation_id uuid, valid_from date, valid_to date, code text, name text, kind text,
    parent_id uuid, levels text[], school_type text, attributes jsonb, path text)"""

NEWER_STAFF = """
INSERT INTO staff AS t (staff_id, version)
SELECT r.id, max(r.version) FROM unnest($1::uuid[], $2::bigint[]) AS r(id, version) GROUP BY r.id ORDER BY r.id
ON CONFLICT (staff_id) DO UPDATE SET version = excluded.version WHERE t.version < excluded.version
RETURNING staff_id, version"""
CLEAR_POSTS = "DELETE FROM post WHERE staff_id = ANY ($1::uuid[])"
CLEAR_CERTIFICATES = "DELETE FROM certificate WHERE staff_id = ANY ($1::uuid[])"
POSTS = """
INSERT INTO post (post_id, staff_id, organisation_id, role, subject, degree, uses_it, makes_elearning, valid_from, valid_to)
SELECT r.post_id, r.staff_id, r.organisation_id, r.role, r.subject, r.degree, r.uses_it, r.makes_elearning, r.valid_from, r.valid_to
FROM jsonb_to_recordset($1::jsonb) AS r(post_id uuid, staff_id uuid, organisation_id uuid, role text, subject text, degree text,
    uses_it boolean, makes_elearning boolean, valid_from date, valid_to date)"""
CERTIFICATES = """
INSERT INTO certificate (staff_id, kind, issued_on)
SELECT DISTINCT r.staff_id, r.kind, r.issued_on
FROM jsonb_to_recordset($1::jsonb) AS r(staff_id uuid, kind text, issued_on date)"""

ASSETS = """
INSERT INTO asset AS t (asset_id, organisation_id, kind, class_code, quantity, provider, level, online, first_used_on, valid_from, valid_to,
    version)
SELECT DISTINCT ON (r.asset_id) r.asset_id, r.organisation_id, r.kind, r.class_code, r.quantity, r.provider, r.level, r.online,
    r.first_used_on, r.valid_from, r.valid_to, r.version
FROM jsonb_to_recordset($1::jsonb) AS r(asset_id uuid, organisation_id uuid, kind text, class_code text, quantity integer, provider text,
    level text, online boolean, first_used_on date, valid_from date, valid_to date, version bigint)
ORDER BY r.asset_id, r.version DESC
ON CONFLICT (asset_id) DO UPDATE
SET organisation_id = excluded.organisation_id, kind = excluded.kind, class_code = excluded.class_code, quantity = excluded.quantity,
    provider = excluded.provider, level = excluded.level, online = excluded.online,
    first_used_on = excluded.first_used_on, valid_from = excluded.valid_from,
    valid_to = excluded.valid_to, version = excluded.version
WHERE t.version < excluded.version"""

NORMS = """
INSERT INTO norm AS t (norm_id, norm, level, value, valid_from, valid_to, legal_basis, certainty, version)
SELECT DISTINCT ON (r.norm_id) r.norm_id, r.norm, r.level, r.value, r.valid_from, r.valid_to, r.legal_basis, r.certainty, r.version
FROM jsonb_to_recordset($1::jsonb) AS r(norm_id uuid, norm text, level text, value integer, valid_from date, valid_to date,
    legal_basis text, certainty text, version bigint)
ORDER BY r.norm_id, r.version DESC
ON CONFLICT (norm_id) DO UPDATE
SET norm = excluded.norm, level = excluded.level, value = excluded.value, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
    legal_basis = excluded.legal_basis, certainty = excluded.certainty, version = excluded.version
WHERE t.version < excluded.version"""

OFFERS = """
INSERT INTO offer AS t (offer_key, procedure_code, organisation_id, online_level, one_stop, valid_from, valid_to, version)
SELECT DISTINCT ON (r.offer_key) r.offer_key, r.procedure_code, r.organisation_id, r.online_level, r.one_stop, r.valid_from, r.valid_to,
    r.version
FROM jsonb_to_recordset($1::jsonb) AS r(offer_key text, procedure_code text, organisation_id uuid, online_level smallint,
    one_stop boolean, valid_from date, valid_to date, version bigint)
ORDER BY r.offer_key, r.version DESC
ON CONFLICT (offer_key) DO UPDATE
SET procedure_code = excluded.procedure_code, organisation_id = excluded.organisation_id, online_level = excluded.online_level,
    one_stop = excluded.one_stop, valid_from = excluded.valid_from, valid_to = excluded.valid_to, version = excluded.version
WHERE t.version < excluded.version"""

DOCUMENTS = """
INSERT INTO document_count AS t (count_key, organisation_id, period_start, period_end, incoming, incoming_scanned, outgoing,
    outgoing_scanned, version)
SELECT DISTINCT ON (r.count_key) r.count_key, r.organisation_id, r.period_start, r.period_end, r.incoming, r.incoming_scanned,
    r.outgoing, r.outgoing_scanned, r.version
FROM jsonb_to_recordset($1::jsonb) AS r(count_key text, organisation_id uuid, period_start date, period_end date, incoming integer,
    incoming_scanned integer, outgoing integer, outgoing_scanned integer, version bigint)
ORDER BY r.count_key, r.version DESC
ON CONFLICT (count_key) DO UPDATE
SET organisation_id = excluded.organisation_id, period_start = excluded.period_start, period_end = excluded.period_end,
    incoming = excluded.incoming, incoming_scanned = excluded.incoming_scanned, outgoing = excluded.outgoing,
    outgoing_scanned = excluded.outgoing_scanned, version = excluded.version
WHERE t.version < excluded.version"""

DOSSIERS = """
INSERT INTO dossier AS t (dossier_id, procedure_code, organisation_id, online, full_online, received_on, finished_on, on_time, version)
SELECT DISTINCT ON (r.dossier_id) r.dossier_id, r.procedure_code, r.organisation_id, r.online, r.full_online, r.received_on,
    r.finished_on, r.on_time, r.version
FROM jsonb_to_recordset($1::jsonb) AS r(dossier_id uuid, procedure_code text, organisation_id uuid, online boolean, full_online boolean,
    received_on date, finished_on date, on_time boolean, version bigint)
ORDER BY r.dossier_id, r.version DESC
ON CONFLICT (dossier_id) DO UPDATE
SET procedure_code = excluded.procedure_code, organisation_id = excluded.organisation_id, online = excluded.online,
    full_online = excluded.full_online, received_on = excluded.received_on, finished_on = excluded.finished_on,
    on_time = excluded.on_time, version = excluded.version
WHERE t.version < excluded.version"""

CONTENTS = """
INSERT INTO content_state (content_id, version, organisation_id, subject, level, grade, state, since)
SELECT DISTINCT ON (r.content_id, r.version) r.content_id, r.version, r.organisation_id, r.subject, r.level, r.grade, r.state, r.since
FROM jsonb_to_recordset($1::jsonb) AS r(content_id uuid, version bigint, organisation_id uuid, subject text, level text, grade smallint,
    state text, since date)
ORDER BY r.content_id, r.version
ON CONFLICT DO NOTHING"""

FRESHNESS = """
INSERT INTO freshness AS t (topic, partition, events, last_event_at)
SELECT r.topic, r.partition, count(*), max(r.at)
FROM unnest($1::text[], $2::integer[], $3::timestamptz[]) AS r(topic, partition, at)
GROUP BY r.topic, r.partition ORDER BY r.topic, r.partition
ON CONFLICT (topic, partition) DO UPDATE
SET events = t.events + excluded.events, last_event_at = greatest(t.last_event_at, excluded.last_event_at),
    last_applied_at = excluded.last_applied_at"""
