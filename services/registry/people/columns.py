"""How a person `p` appears in the answers about learners and staff."""

BIRTH_DATE = (
    "CASE p.birth_precision WHEN 'day' THEN to_char(p.birth_date, 'YYYY-MM-DD') WHEN 'month' THEN to_char(p.birth_date, 'YYYY-MM') "
    "ELSE to_char(p.birth_date, 'YYYY') END"
)
IDENTIFIERS = (
    "coalesce((SELECT json_agg(json_build_object('kind', i.kind, 'value', i.value) ORDER BY i.kind, i.value) "
    "FROM person_identifier i WHERE i.person_id = p.person_id), '[]'::json)"
)
PERSON = {"birth_date": BIRTH_DATE, "identifiers": IDENTIFIERS}
