"""SQL functions that answer past row security, for what the law lets a caller know: relations, a name, one person one record, a match.

Made by revision 0001 and frozen with it; a change is a new revision.
"""

from typing import Final

# The relations the law gives access to. They read past row security (the owner's rights) and answer with ids at most; two tell more and
# say why: `guardian_name` and `match_learner`. Temporary tables come last in every search path, so that none can pass for one of ours.
RELATIONS: Final = [
    """
    CREATE FUNCTION related_learners() RETURNS uuid[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE me uuid := scope_person();
    BEGIN
        IF me IS NULL THEN RETURN '{}'; END IF;
        RETURN ARRAY(
            SELECT l.learner_id FROM learner l WHERE l.person_id = me
            UNION SELECT g.learner_id FROM guardian g WHERE g.guardian_person_id = me
            UNION SELECT l.learner_id FROM staff s JOIN class c ON c.homeroom_staff_id = s.staff_id
                JOIN learner l ON l.class_id = c.class_id WHERE s.person_id = me);
    END $$""",
    """
    CREATE FUNCTION related_people() RETURNS uuid[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE me uuid := scope_person();
    BEGIN
        IF me IS NULL THEN RETURN '{}'; END IF;
        RETURN ARRAY(SELECT l.person_id FROM learner l WHERE l.learner_id = ANY (related_learners()) UNION SELECT me);
    END $$""",
    """
    CREATE FUNCTION related_classes() RETURNS uuid[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE me uuid := scope_person();
    BEGIN
        IF me IS NULL THEN RETURN '{}'; END IF;
        RETURN ARRAY(
            SELECT e.class_id FROM enrolment e WHERE e.learner_id = ANY (related_learners()) AND e.class_id IS NOT NULL
            UNION SELECT c.class_id FROM staff s JOIN class c ON c.homeroom_staff_id = s.staff_id WHERE s.person_id = me);
    END $$""",
    """
    CREATE FUNCTION related_staff() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT s.staff_id FROM staff s WHERE s.person_id = scope_person()
    $$""",
    # One person, one record, whichever school entered it first: who brings identifier, name and birth date knows the person already.
    """
    CREATE FUNCTION known_person(id_kind text, id_value text, name text, born date) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
        SELECT p.person_id FROM person_identifier i JOIN person p USING (person_id)
        WHERE i.kind = id_kind AND i.value = id_value AND p.search_name = fold(name) AND p.birth_date = born
    $$""",
    # The record of a person who comes to work in a school stands there, unless the person also learns somewhere.
    """
    CREATE FUNCTION employ_person(who uuid, place ltree) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
        WITH free AS (SELECT who AS person_id WHERE NOT EXISTS (SELECT FROM learner l WHERE l.person_id = who)),
            identified AS (UPDATE person_identifier i SET organisation_path = place FROM free f WHERE i.person_id = f.person_id)
        UPDATE person p SET organisation_path = place FROM free f WHERE p.person_id = f.person_id
    $$""",
    # Whoever sees that somebody is a child's guardian sees the name, wherever the guardian's own record stands.
    """
    CREATE FUNCTION guardian_name(guardian uuid, child uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
        SELECT p.full_name FROM guardian g JOIN person p ON p.person_id = g.guardian_person_id
        WHERE g.guardian_person_id = guardian AND g.learner_id = child
    $$""",
    # Whoever holds a child's papers knows code, name and birth date: all three tell where the child learns, any two are answered like
    # none. `stands` is where the audit notes it, and in no answer.
    """
    CREATE FUNCTION match_learner(code text, name_key text, born date, born_precision text)
    RETURNS TABLE (learner_id uuid, person_id uuid, full_name text, school_id uuid, class_id uuid, grade smallint, level text,
        version integer, stands ltree)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT l.learner_id, l.person_id, p.full_name, l.school_id, l.class_id, l.grade, l.level, l.version, l.organisation_path
        FROM learner l JOIN person p ON p.person_id = l.person_id
        WHERE l.ministry_code = code AND p.search_name = name_key AND p.birth_date = born AND p.birth_precision = born_precision
    $$""",
]
RELATION_NAMES: Final = (
    "match_learner(text, text, date, text)",
    "related_staff()",
    "related_classes()",
    "related_people()",
    "related_learners()",
    "guardian_name(uuid, uuid)",
    "employ_person(uuid, ltree)",
    "known_person(text, text, text, date)",
)
