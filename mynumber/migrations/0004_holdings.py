"""Whose numbers are held, and on what basis; and what keeps the second entry from becoming a way to guess.

An application brings the numbers of several people: its approval names the patient, and an entry of its own puts each
further number in use beside it. Wrong second entries are counted over all people and all numbers, against a limit that
is data here and out of the app role's reach.
"""

from importlib import import_module
from typing import ClassVar

from django.db import migrations

_before = import_module("mynumber.migrations.0001_vault")

INSTALL = """
-- Every second entry, whoever's number it was for: what the limit counts. Nothing of what was typed.
CREATE TABLE vault.second_entry (
    id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person   uuid        NOT NULL,
    version  integer     NOT NULL,
    typed_by bigint      NOT NULL,
    agreed   boolean     NOT NULL,
    at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX second_entry_by_typist ON vault.second_entry (typed_by, at) WHERE NOT agreed;
CREATE CONSTRAINT TRIGGER second_entry_is_on_record AFTER INSERT OR UPDATE ON vault.second_entry
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION vault.number_change_is_on_record();
ALTER TABLE vault.second_entry ENABLE ALWAYS TRIGGER second_entry_is_on_record;

-- How many second entries of one person may disagree, within what time.
CREATE TABLE vault.entry_limit (
    name   text     NOT NULL PRIMARY KEY CONSTRAINT entry_limit_is_known CHECK (name = 'MISMATCHES'),
    most   integer  NOT NULL CONSTRAINT entry_limit_is_a_limit CHECK (most BETWEEN 1 AND 100),
    within interval NOT NULL CONSTRAINT entry_limit_has_a_time CHECK (within >= interval '10 minutes')
);
INSERT INTO vault.entry_limit (name, most, within) VALUES ('MISMATCHES', 10, interval '1 hour');

CREATE FUNCTION vault.entry_limits_stay() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'entry_limits_stay' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER entry_limits_stay BEFORE INSERT OR DELETE OR TRUNCATE ON vault.entry_limit
FOR EACH STATEMENT EXECUTE FUNCTION vault.entry_limits_stay();
ALTER TABLE vault.entry_limit ENABLE ALWAYS TRIGGER entry_limits_stay;

-- Runs at COMMIT: the owner too changes the limit only with an entry in the same transaction.
CREATE FUNCTION vault.entry_limit_change_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.xid = pg_current_xact_id() AND e.action = 'mynumber.limits.changed' AND e.result = 'DONE'
          AND e.at > clock_timestamp() - interval '1 day' AND e.subject_id = NEW.name
          AND e.details ->> 'count' = NEW.most::text
    ) THEN
        RAISE EXCEPTION 'entry_limit_change_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entry_limit_change_is_on_record AFTER UPDATE ON vault.entry_limit
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION vault.entry_limit_change_is_on_record();
ALTER TABLE vault.entry_limit ENABLE ALWAYS TRIGGER entry_limit_change_is_on_record;

-- Runs at COMMIT: a number goes into use only in the transaction whose record says that its application was approved.
-- The approval names the patient; everybody else's number has an entry of its own that names the application.
CREATE OR REPLACE FUNCTION vault.number_is_in_use_by_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.person_id = NEW.person AND e.xid = pg_current_xact_id()
          AND e.action = 'benefits.application.approved' AND e.result = 'DONE'
    ) AND NOT EXISTS (
        SELECT 1 FROM audit.event u JOIN audit.event a ON a.subject_id = u.subject_id AND a.xid = u.xid
        WHERE u.person_id = NEW.person AND u.xid = pg_current_xact_id() AND u.action = 'mynumber.number.put_in_use'
          AND u.result = 'DONE' AND u.subject_kind = 'benefits.application'
          AND u.details ->> 'version' = NEW.version::text
          AND a.action = 'benefits.application.approved' AND a.result = 'DONE'
          AND a.subject_kind = 'benefits.application' AND a.actor_id = u.actor_id
    ) THEN
        RAISE EXCEPTION 'number_is_in_use_by_approval' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- Compare a second entry with the first, without showing either. Two tries for each person who retypes, and six in
-- all: after that only a newly typed number can be compared. Whoever disagrees too often, over all numbers, is stopped.
-- The same rows are written whether the two agree or not.
CREATE OR REPLACE FUNCTION vault.compare(p_person uuid, p_version integer, p_index bytea, p_by bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held vault.number%ROWTYPE;
    is_same boolean;
    used integer;
    used_in_all integer;
    wrong integer;
BEGIN
    -- one after the other, so that nobody gets more tries by pressing everywhere at once
    PERFORM pg_advisory_xact_lock(hashtextextended(p_by::text, 5402));
    SELECT count(*) INTO wrong FROM vault.second_entry t JOIN vault.entry_limit l ON l.name = 'MISMATCHES'
    WHERE t.typed_by = p_by AND NOT t.agreed AND t.at > clock_timestamp() - l.within;
    -- a limit that is missing lets nothing through
    IF NOT coalesce(wrong < (SELECT l.most FROM vault.entry_limit l WHERE l.name = 'MISMATCHES'), false) THEN
        RETURN 'STOPPED';
    END IF;
    SELECT * INTO held FROM vault.number n WHERE n.person = p_person AND n.version = p_version FOR UPDATE;
    IF NOT FOUND OR held.state NOT IN ('PROVISIONAL', 'CONFIRMED', 'IN_USE') THEN
        RETURN 'ABSENT';
    END IF;
    IF held.typed_by = p_by THEN
        RETURN 'OWN_ENTRY';
    END IF;
    IF held.state <> 'PROVISIONAL' THEN
        RETURN 'SETTLED';
    END IF;
    SELECT coalesce(sum(c.tries) FILTER (WHERE c.typed_by = p_by), 0), coalesce(sum(c.tries), 0)
    INTO used, used_in_all FROM vault.comparison c WHERE c.person = p_person AND c.version = p_version;
    IF used >= 2 OR used_in_all >= 6 THEN
        RETURN 'EXHAUSTED';
    END IF;
    is_same := held.number_index = p_index;
    INSERT INTO vault.comparison AS c (person, version, typed_by, tries, agreed)
    VALUES (p_person, p_version, p_by, 1, is_same)
    ON CONFLICT (person, version, typed_by) DO UPDATE SET tries = c.tries + 1, agreed = is_same;
    INSERT INTO vault.second_entry (person, version, typed_by, agreed) VALUES (p_person, p_version, p_by, is_same);
    UPDATE vault.number n
    SET state = CASE WHEN is_same THEN 'CONFIRMED' ELSE n.state END,
        confirmed_by = CASE WHEN is_same THEN p_by ELSE n.confirmed_by END,
        confirmed_at = CASE WHEN is_same THEN clock_timestamp() ELSE n.confirmed_at END
    WHERE n.person = p_person AND n.version = p_version;
    RETURN CASE WHEN is_same THEN 'MATCH' WHEN used + 1 >= 2 OR used_in_all + 1 >= 6 THEN 'EXHAUSTED'
                ELSE 'MISMATCH' END;
END $$;

-- Which of these few people, all of one application, has this number already: asked when it was refused as taken.
CREATE FUNCTION vault.whose_among(p_index bytea, p_people uuid[]) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF cardinality(p_people) > 8 THEN
        RAISE EXCEPTION 'that is more than one household' USING ERRCODE = 'KY011';
    END IF;
    RETURN (SELECT n.person FROM vault.number n
            WHERE n.person = ANY (p_people) AND n.number_index = p_index
              AND n.state IN ('PROVISIONAL', 'CONFIRMED', 'IN_USE') LIMIT 1);
END $$;

-- vault.standing of several people at once.
CREATE FUNCTION vault.standings(p_people uuid[])
RETURNS TABLE (person uuid, version integer, state text, typed_by bigint, typed_at timestamptz, confirmed_by bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT ON (n.person) n.person, n.version, n.state, n.typed_by, n.typed_at, n.confirmed_by
    FROM vault.number n
    WHERE n.person = ANY (p_people) AND n.state IN ('PROVISIONAL', 'CONFIRMED', 'IN_USE')
    ORDER BY n.person, n.state = 'IN_USE' DESC;
$$;

-- Who has retyped these people's numbers, how often, and whether they agreed.
CREATE FUNCTION vault.retyped(p_people uuid[])
RETURNS TABLE (person uuid, version integer, typed_by bigint, tries smallint, agreed boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.person, c.version, c.typed_by, c.tries, c.agreed FROM vault.comparison c WHERE c.person = ANY (p_people);
$$;

-- What is held of the next people after one: for whom, on what basis, since when. Nobody is cut in two.
CREATE FUNCTION vault.holdings(p_after uuid, p_limit integer)
RETURNS TABLE (person uuid, version integer, state text, kind text, basis text, source text, typed_at timestamptz,
               confirmed_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.person, n.version, n.state, n.kind, n.basis, n.source, n.typed_at, n.confirmed_at
    FROM vault.number n
    WHERE n.body IS NOT NULL AND n.person IN (
        SELECT DISTINCT m.person FROM vault.number m
        WHERE m.body IS NOT NULL AND (p_after IS NULL OR m.person > p_after)
        ORDER BY m.person LIMIT least(greatest(p_limit, 0), 10000))
    ORDER BY n.person, n.version;
$$;
"""

NEW = (
    "entry_limits_stay()",
    "entry_limit_change_is_on_record()",
    "whose_among(bytea, uuid[])",
    "standings(uuid[])",
    "retyped(uuid[])",
    "holdings(uuid, integer)",
)
CLOSE = "\n".join(f"REVOKE ALL ON FUNCTION vault.{function} FROM PUBLIC;" for function in NEW)


def _as_it_was(name: str) -> str:
    """Return a function as the first release made it, to be put back."""
    start = _before.INSTALL.index(f"CREATE FUNCTION vault.{name}(")
    end = _before.INSTALL.index("END $$;", start) + len("END $$;")
    text: str = _before.INSTALL[start:end]
    return text.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


REMOVE = "\n".join(
    [
        _as_it_was("compare"),
        _as_it_was("number_is_in_use_by_approval"),
        "DROP FUNCTION vault.holdings(uuid, integer);",
        "DROP FUNCTION vault.retyped(uuid[]);",
        "DROP FUNCTION vault.standings(uuid[]);",
        "DROP FUNCTION vault.whose_among(bytea, uuid[]);",
        "DROP TABLE vault.entry_limit;",
        "DROP FUNCTION vault.entry_limit_change_is_on_record();",
        "DROP FUNCTION vault.entry_limits_stay();",
        "DROP TABLE vault.second_entry;",
    ]
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("mynumber", "0003_key_operations")]

    operations: ClassVar = [migrations.RunSQL(INSTALL + CLOSE, REMOVE)]
