"""Correct a number in use by a version that waits beside it; find a person by their number; tell what is held.

The old version stays sealed when the new one takes its place, and nothing shows, finds or uses it any more. Whoever
looks a number up needs an entry of their own that has committed and the ticket that belongs to it, and the look-ups
are counted here, by limits that the app role can neither write nor read.
"""

from typing import ClassVar

from django.db import migrations

#: As at this release: a purpose that is added later comes with a migration of its own.
PURPOSES = ("INQUIRY", "COMPARISON", "CORRECTION", "INSURER", "DISCLOSURE")

CORRECTING = """
ALTER TABLE vault.number
    ADD COLUMN corrects integer,
    ADD CONSTRAINT number_corrects_an_earlier_version CHECK (corrects < version),
    ADD CONSTRAINT number_corrects_a_version_of_its_person
        FOREIGN KEY (person, corrects) REFERENCES vault.number (person, version);
CREATE INDEX number_corrected ON vault.number (person, corrects) WHERE corrects IS NOT NULL;

-- Keep the number that shall take the place of the one in use, and say which version that is. Typed anew it replaces
-- what was typed for the same correction before.
CREATE FUNCTION vault.keep_correction(p_person uuid, p_version integer, p_kek integer, p_wrapped bytea, p_body bytea,
                                      p_index bytea, p_by bigint) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held vault.number%ROWTYPE;
BEGIN
    PERFORM vault.require_current_kek(p_kek);
    SELECT * INTO held FROM vault.number n WHERE n.person = p_person AND n.state = 'IN_USE' FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no number in use' USING ERRCODE = 'KY005';
    END IF;
    IF held.number_index = p_index THEN
        RAISE EXCEPTION 'the number in use is the same' USING ERRCODE = 'KY021';
    END IF;
    PERFORM vault.erase(n.person, n.version, 'REPLACED') FROM vault.number n
    WHERE n.person = p_person AND n.state IN ('PROVISIONAL', 'CONFIRMED') AND n.corrects IS NOT NULL;
    INSERT INTO vault.number (person, version, state, body, number_index, typed_by, kind, basis, source, corrects)
    VALUES (p_person, p_version, 'PROVISIONAL', p_body, p_index, p_by, held.kind, held.basis, 'PAPER', held.version);
    INSERT INTO vault.wrapped_key (person, version, kek_id, wrapped) VALUES (p_person, p_version, p_kek, p_wrapped);
    RETURN held.version;
END $$;

-- What may be known of a person's number that waits to take the place of the one in use.
CREATE FUNCTION vault.correction_standing(p_person uuid)
RETURNS TABLE (version integer, state text, typed_by bigint, typed_at timestamptz, confirmed_by bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.version, n.state, n.typed_by, n.typed_at, n.confirmed_by FROM vault.number n
    WHERE n.person = p_person AND n.state IN ('PROVISIONAL', 'CONFIRMED') AND n.corrects IS NOT NULL;
$$;

-- The correction is approved: the old version steps aside, still sealed, and the new one takes its place.
CREATE FUNCTION vault.apply_correction(p_person uuid, p_version integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    old_version integer;
BEGIN
    SELECT n.corrects INTO old_version FROM vault.number n
    WHERE n.person = p_person AND n.version = p_version AND n.state = 'CONFIRMED' AND n.corrects IS NOT NULL
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE vault.number n SET state = 'SUPERSEDED'
    WHERE n.person = p_person AND n.version = old_version AND n.state = 'IN_USE';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE vault.number n SET state = 'IN_USE' WHERE n.person = p_person AND n.version = p_version;
    RETURN true;
END $$;

-- The correction is rejected or withdrawn: what was typed for it is erased.
CREATE FUNCTION vault.remove_correction(p_person uuid, p_version integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM vault.erase(n.person, n.version, 'REPLACED') FROM vault.number n
    WHERE n.person = p_person AND n.version = p_version AND n.state IN ('PROVISIONAL', 'CONFIRMED')
      AND n.corrects IS NOT NULL;
    RETURN FOUND;
END $$;

-- What waits for a correction is not an application's to erase.
CREATE OR REPLACE FUNCTION vault.remove(p_person uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM vault.erase(n.person, n.version, 'REPLACED') FROM vault.number n
    WHERE n.person = p_person AND n.state IN ('PROVISIONAL', 'CONFIRMED') AND n.corrects IS NULL;
    RETURN FOUND;
END $$;

-- An application's approval puts in use what came with an application; a correction has a guard of its own.
DROP TRIGGER number_is_in_use_by_approval ON vault.number;
CREATE CONSTRAINT TRIGGER number_is_in_use_by_approval AFTER UPDATE ON vault.number
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.state = 'IN_USE' AND OLD.state <> 'IN_USE' AND NEW.corrects IS NULL)
EXECUTE FUNCTION vault.number_is_in_use_by_approval();
ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_is_in_use_by_approval;

-- Runs at COMMIT: a correction takes the place of a number only in the transaction whose record says that it was
-- approved, by whoever typed it the second time.
CREATE FUNCTION vault.correction_is_in_use_by_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'IN_USE' THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.person_id = NEW.person AND e.xid = pg_current_xact_id() AND e.action = 'benefits.correction.approved'
          AND e.result = 'DONE' AND e.actor_id = NEW.confirmed_by AND e.details ->> 'version' = NEW.version::text
    ) OR NOT EXISTS (
        SELECT 1 FROM vault.number n
        WHERE n.person = NEW.person AND n.version = NEW.corrects AND n.state IN ('SUPERSEDED', 'DESTROYED')
    ) THEN
        RAISE EXCEPTION 'correction_is_in_use_by_approval' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER correction_is_in_use_by_approval AFTER INSERT OR UPDATE ON vault.number
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'IN_USE' AND NEW.corrects IS NOT NULL)
EXECUTE FUNCTION vault.correction_is_in_use_by_approval();
ALTER TABLE vault.number ENABLE ALWAYS TRIGGER correction_is_in_use_by_approval;

-- A version that was corrected steps aside once, from use, for a correction that takes its place; it does not return.
CREATE FUNCTION vault.number_is_superseded_once() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.state = 'SUPERSEDED' AND NEW.state NOT IN ('SUPERSEDED', 'DESTROYED')
       OR NEW.state = 'SUPERSEDED' AND OLD.state NOT IN ('SUPERSEDED', 'IN_USE')
       OR NEW.corrects IS DISTINCT FROM OLD.corrects THEN
        RAISE EXCEPTION 'number_is_superseded_once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER number_is_superseded_once BEFORE UPDATE ON vault.number
FOR EACH ROW EXECUTE FUNCTION vault.number_is_superseded_once();
ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_is_superseded_once;

-- Runs at COMMIT.
CREATE FUNCTION vault.number_is_superseded_by_a_correction() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM vault.number n
                   WHERE n.person = NEW.person AND n.corrects = NEW.version AND n.state = 'IN_USE') THEN
        RAISE EXCEPTION 'number_is_superseded_by_a_correction' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER number_is_superseded_by_a_correction AFTER UPDATE ON vault.number
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'SUPERSEDED' AND OLD.state <> 'SUPERSEDED')
EXECUTE FUNCTION vault.number_is_superseded_by_a_correction();
ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_is_superseded_by_a_correction;
"""

FINDING = """
-- How many look-ups there may be: by one person within an hour and within a day, by all within a day.
CREATE TABLE vault.search_limit (
    name text    NOT NULL PRIMARY KEY CONSTRAINT search_limit_is_known
        CHECK (name IN ('SEARCH_PERSON_HOUR', 'SEARCH_PERSON_DAY', 'SEARCH_OFFICE_DAY')),
    most integer NOT NULL CONSTRAINT search_limit_is_a_limit CHECK (most BETWEEN 1 AND 1000)
);
INSERT INTO vault.search_limit (name, most)
VALUES ('SEARCH_PERSON_HOUR', 30), ('SEARCH_PERSON_DAY', 100), ('SEARCH_OFFICE_DAY', 300);

CREATE FUNCTION vault.search_limits_stay() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'search_limits_stay' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER search_limits_stay BEFORE INSERT OR DELETE OR TRUNCATE ON vault.search_limit
FOR EACH STATEMENT EXECUTE FUNCTION vault.search_limits_stay();
ALTER TABLE vault.search_limit ENABLE ALWAYS TRIGGER search_limits_stay;

-- Runs at COMMIT: the owner too changes a limit only with an entry in the same transaction.
CREATE FUNCTION vault.search_limit_change_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.xid = pg_current_xact_id() AND e.action = 'mynumber.limits.changed' AND e.result = 'DONE'
          AND e.at > clock_timestamp() - interval '1 day' AND e.subject_id = NEW.name
          AND e.details ->> 'count' = NEW.most::text
    ) THEN
        RAISE EXCEPTION 'search_limit_change_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER search_limit_change_is_on_record AFTER UPDATE ON vault.search_limit
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION vault.search_limit_change_is_on_record();
ALTER TABLE vault.search_limit ENABLE ALWAYS TRIGGER search_limit_change_is_on_record;

-- Say whose number in use has this index, against one committed entry of the record and the ticket that belongs to it.
CREATE FUNCTION vault.find(p_event uuid, p_ticket uuid, p_index bytea) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    entry record;
    last_hour integer;
    last_day integer;
    by_all integer;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'numbers are looked up in read committed' USING ERRCODE = 'KY010';
    END IF;
    SELECT e.id, e.at, e.action, e.result, e.actor_id, e.purpose, e.details, e.xid INTO entry
    FROM audit.event e WHERE e.id = p_event;
    IF NOT FOUND OR entry.action <> 'mynumber.number.searched' OR entry.result <> 'DONE' OR entry.actor_id IS NULL
       OR NOT coalesce(entry.purpose = ANY (ARRAY[__PURPOSES__]), false) THEN
        RAISE EXCEPTION 'no such look-up on record' USING ERRCODE = 'KY002';
    END IF;
    -- Committed, and by another transaction: an entry that could still be rolled back opens nothing.
    IF entry.xid = pg_current_xact_id() OR pg_xact_status(entry.xid) IS DISTINCT FROM 'committed' THEN
        RAISE EXCEPTION 'the entry is not committed' USING ERRCODE = 'KY003';
    END IF;
    IF entry.at < clock_timestamp() - interval '60 seconds' THEN
        RAISE EXCEPTION 'the entry is older than 60 seconds' USING ERRCODE = 'KY004';
    END IF;
    -- The ticket is for this number alone: a look-up that is rolled back can be repeated, and not for another number.
    IF NOT coalesce(
        entry.details ->> 'ticket' = encode(sha256(convert_to(p_ticket::text, 'UTF8') || p_index), 'hex'), false) THEN
        RAISE EXCEPTION 'the ticket belongs to another entry' USING ERRCODE = 'KY009';
    END IF;
    -- Committed entries are counted, this one among them: a look-up that is rolled back has used up its quota too.
    SELECT count(*) FILTER (WHERE e.at > clock_timestamp() - interval '1 hour'), count(*)
    INTO last_hour, last_day FROM audit.event e
    WHERE e.action = 'mynumber.number.searched' AND e.actor_id = entry.actor_id
      AND e.at > clock_timestamp() - interval '1 day';
    SELECT count(*) INTO by_all FROM audit.event e
    WHERE e.action = 'mynumber.number.searched' AND e.at > clock_timestamp() - interval '1 day';
    -- a limit that is missing lets nothing through
    IF NOT coalesce(
        last_hour <= (SELECT l.most FROM vault.search_limit l WHERE l.name = 'SEARCH_PERSON_HOUR')
        AND last_day <= (SELECT l.most FROM vault.search_limit l WHERE l.name = 'SEARCH_PERSON_DAY')
        AND by_all <= (SELECT l.most FROM vault.search_limit l WHERE l.name = 'SEARCH_OFFICE_DAY'), false) THEN
        RAISE EXCEPTION 'too many look-ups' USING ERRCODE = 'KY007';
    END IF;
    INSERT INTO vault.ticket_use (event_id, actor_id) VALUES (p_event, entry.actor_id);
    RETURN (SELECT n.person FROM vault.number n WHERE n.number_index = p_index AND n.state = 'IN_USE');
END $$;
""".replace("__PURPOSES__", ", ".join(f"'{code}'" for code in PURPOSES))

TELLING = """
-- What is held, in the order of the keys: no number, nor anything made of one.
CREATE FUNCTION vault.held(p_after uuid, p_after_version integer, p_kind text, p_basis text, p_source text,
                           p_state text, p_limit integer)
RETURNS TABLE (person uuid, version integer, kind text, basis text, source text, state text, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.person, n.version, n.kind, n.basis, n.source, n.state, n.typed_at FROM vault.number n
    WHERE (n.person, n.version) > (p_after, p_after_version) AND n.body IS NOT NULL
      AND (p_kind = '' OR n.kind = p_kind) AND (p_basis = '' OR n.basis = p_basis)
      AND (p_source = '' OR n.source = p_source) AND (p_state = '' OR n.state = p_state)
    ORDER BY n.person, n.version LIMIT least(p_limit, 500);
$$;

-- The same of single versions.
CREATE FUNCTION vault.held_versions(p_people uuid[], p_versions integer[])
RETURNS TABLE (person uuid, version integer, kind text, basis text, source text, state text, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.person, n.version, n.kind, n.basis, n.source, n.state, n.typed_at
    FROM unnest(p_people, p_versions) AS t (person, version)
    JOIN vault.number n ON n.person = t.person AND n.version = t.version
    WHERE n.body IS NOT NULL ORDER BY n.person, n.version;
$$;

-- How many are held, by what they are.
CREATE FUNCTION vault.count_held()
RETURNS TABLE (kind text, basis text, source text, state text, count bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.kind, n.basis, n.source, n.state, count(*) FROM vault.number n WHERE n.body IS NOT NULL
    GROUP BY n.kind, n.basis, n.source, n.state ORDER BY 1, 2, 3, 4;
$$;
"""

FUNCTIONS = (
    "keep_correction(uuid, integer, integer, bytea, bytea, bytea, bigint)",
    "correction_standing(uuid)",
    "apply_correction(uuid, integer)",
    "remove_correction(uuid, integer)",
    "find(uuid, uuid, bytea)",
    "held(uuid, integer, text, text, text, text, integer)",
    "held_versions(uuid[], integer[])",
    "count_held()",
)
GUARDS = (
    "correction_is_in_use_by_approval()",
    "number_is_superseded_once()",
    "number_is_superseded_by_a_correction()",
    "search_limits_stay()",
    "search_limit_change_is_on_record()",
)
CLOSE = "\n".join(f"REVOKE ALL ON FUNCTION vault.{function} FROM PUBLIC;" for function in (*FUNCTIONS, *GUARDS))

REMOVE = "\n".join(
    [
        # a number that was corrected has no place in the release before
        """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM vault.number n WHERE n.corrects IS NOT NULL) THEN
        RAISE EXCEPTION 'numbers were corrected: the release before cannot hold that';
    END IF;
END $$;
DROP TRIGGER search_limit_change_is_on_record ON vault.search_limit;
DROP TRIGGER search_limits_stay ON vault.search_limit;
DROP TRIGGER number_is_superseded_by_a_correction ON vault.number;
DROP TRIGGER number_is_superseded_once ON vault.number;
DROP TRIGGER correction_is_in_use_by_approval ON vault.number;
""",
        *(f"DROP FUNCTION vault.{function};" for function in (*FUNCTIONS, *GUARDS)),
        """
DROP TABLE vault.search_limit;
DROP TRIGGER number_is_in_use_by_approval ON vault.number;
CREATE CONSTRAINT TRIGGER number_is_in_use_by_approval AFTER UPDATE ON vault.number
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'IN_USE' AND OLD.state <> 'IN_USE')
EXECUTE FUNCTION vault.number_is_in_use_by_approval();
ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_is_in_use_by_approval;
CREATE OR REPLACE FUNCTION vault.remove(p_person uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM vault.erase(n.person, n.version, 'REPLACED') FROM vault.number n
    WHERE n.person = p_person AND n.state IN ('PROVISIONAL', 'CONFIRMED');
    RETURN FOUND;
END $$;
DROP INDEX vault.number_corrected;
ALTER TABLE vault.number
    DROP CONSTRAINT number_corrects_a_version_of_its_person,
    DROP CONSTRAINT number_corrects_an_earlier_version,
    DROP COLUMN corrects;
""",
    ]
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("mynumber", "0004_holdings")]

    operations: ClassVar = [migrations.RunSQL(CORRECTING + FINDING + TELLING + CLOSE, REMOVE)]
