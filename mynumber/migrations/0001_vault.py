"""The vault: sealed numbers that no role but the owner can read, behind functions that each do one thing.

The app role has no privilege on the tables. It may call the functions below, which belong to the owner
(SECURITY DEFINER), and the only one that hands out a sealed number is ``vault.fetch``, against an entry in the
record that another, finished transaction has committed. See docs/adr/0004-log-before-reveal.md.
"""

from typing import ClassVar

from django.db import migrations

INSTALL = """
CREATE SCHEMA IF NOT EXISTS vault;

CREATE TABLE vault.number (
    person        uuid        NOT NULL,
    version       integer     NOT NULL CONSTRAINT number_version_counts_from_one CHECK (version > 0),
    state         text        NOT NULL
        CONSTRAINT number_state_is_known CHECK (state IN ('PROVISIONAL', 'CONFIRMED', 'IN_USE', 'REPLACED')),
    blob          bytea,
    number_index  bytea,
    typed_by      bigint      NOT NULL,
    typed_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    confirmed_by  bigint,
    confirmed_at  timestamptz,
    PRIMARY KEY (person, version),
    CONSTRAINT number_is_confirmed_by_somebody_else CHECK (confirmed_by <> typed_by),
    CONSTRAINT number_confirmation_is_signed_and_dated CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    CONSTRAINT number_is_confirmed_before_use CHECK (state NOT IN ('CONFIRMED', 'IN_USE') OR confirmed_by IS NOT NULL),
    CONSTRAINT number_is_sealed_until_replaced
        CHECK ((state = 'REPLACED') = (blob IS NULL) AND (blob IS NULL) = (number_index IS NULL))
);
CREATE UNIQUE INDEX number_belongs_to_one_person ON vault.number (number_index) WHERE state <> 'REPLACED';
CREATE UNIQUE INDEX person_has_one_current_number ON vault.number (person) WHERE state <> 'REPLACED';

-- One row per person who retyped a number: how often they were wrong, and whether they were right.
CREATE TABLE vault.comparison (
    person   uuid     NOT NULL,
    version  integer  NOT NULL,
    typed_by bigint   NOT NULL,
    tries    smallint NOT NULL CONSTRAINT comparison_tries_are_few CHECK (tries BETWEEN 1 AND 2),
    agreed   boolean  NOT NULL,
    PRIMARY KEY (person, version, typed_by),
    FOREIGN KEY (person, version) REFERENCES vault.number (person, version)
);

-- An entry of the record opens the vault once.
CREATE TABLE vault.ticket_use (
    event_id uuid        NOT NULL PRIMARY KEY,
    actor_id bigint      NOT NULL,
    used_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Runs at COMMIT: a number goes into use only in the transaction whose record says that its application was approved.
CREATE FUNCTION vault.number_is_in_use_by_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.person_id = NEW.person AND e.xid = pg_current_xact_id()
          AND e.action = 'benefits.application.approved' AND e.result = 'DONE'
    ) THEN
        RAISE EXCEPTION 'number_is_in_use_by_approval' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER number_is_in_use_by_approval AFTER UPDATE ON vault.number
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'IN_USE' AND OLD.state <> 'IN_USE')
EXECUTE FUNCTION vault.number_is_in_use_by_approval();
ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_is_in_use_by_approval;

-- Runs at COMMIT: a number is typed, confirmed or erased only with an entry of its own in the same transaction.
CREATE FUNCTION vault.number_change_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.person_id = NEW.person AND e.xid = pg_current_xact_id() AND e.action LIKE 'mynumber.number.%'
          AND e.actor_id IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'number_change_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER number_change_is_on_record AFTER INSERT OR UPDATE ON vault.number
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION vault.number_change_is_on_record();
ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_change_is_on_record;
-- and so is every try at one
CREATE CONSTRAINT TRIGGER comparison_is_on_record AFTER INSERT OR UPDATE ON vault.comparison
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION vault.number_change_is_on_record();
ALTER TABLE vault.comparison ENABLE ALWAYS TRIGGER comparison_is_on_record;

-- Lock a person's numbers for the rest of the transaction and say which version comes next.
CREATE FUNCTION vault.next_version(p_person uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(p_person::text, 5401));
    RETURN (SELECT coalesce(max(n.version), 0) + 1 FROM vault.number n WHERE n.person = p_person);
END $$;

-- Keep a newly typed number; an earlier one that is not in use yet is replaced and its content erased.
CREATE FUNCTION vault.keep(p_person uuid, p_version integer, p_blob bytea, p_index bytea, p_by bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM vault.number n WHERE n.person = p_person AND n.state = 'IN_USE') THEN
        RAISE EXCEPTION 'a number in use is corrected on request, not overwritten' USING ERRCODE = 'KY001';
    END IF;
    UPDATE vault.number SET state = 'REPLACED', blob = NULL, number_index = NULL
    WHERE person = p_person AND state IN ('PROVISIONAL', 'CONFIRMED');
    INSERT INTO vault.number (person, version, state, blob, number_index, typed_by)
    VALUES (p_person, p_version, 'PROVISIONAL', p_blob, p_index, p_by);
END $$;

-- Keep many at once, for people who have none yet (the demo office, migration from the old system).
CREATE FUNCTION vault.keep_all(p_people uuid[], p_blobs bytea[], p_indexes bytea[], p_typed_by bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO vault.number (person, version, state, blob, number_index, typed_by)
    SELECT t.person, 1, 'PROVISIONAL', t.blob, t.number_index, t.typed_by
    FROM unnest(p_people, p_blobs, p_indexes, p_typed_by) AS t (person, blob, number_index, typed_by);
END $$;

-- Compare a second entry with the first, without showing either. Two tries for each person who retypes, and
-- six in all: after that only a newly typed number can be compared.
CREATE FUNCTION vault.compare(p_person uuid, p_version integer, p_index bytea, p_by bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held vault.number%ROWTYPE;
    is_same boolean;
    used integer;
    used_in_all integer;
BEGIN
    SELECT * INTO held FROM vault.number n WHERE n.person = p_person AND n.version = p_version FOR UPDATE;
    IF NOT FOUND OR held.state = 'REPLACED' THEN
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
    IF is_same THEN
        UPDATE vault.number SET state = 'CONFIRMED', confirmed_by = p_by, confirmed_at = clock_timestamp()
        WHERE person = p_person AND version = p_version;
        RETURN 'MATCH';
    END IF;
    RETURN CASE WHEN used + 1 >= 2 OR used_in_all + 1 >= 6 THEN 'EXHAUSTED' ELSE 'MISMATCH' END;
END $$;

-- Confirm many that were compared elsewhere: the demo office's, whose second entries agree by construction.
CREATE FUNCTION vault.confirm_all(p_people uuid[], p_indexes bytea[], p_by bigint[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    confirmed integer;
BEGIN
    UPDATE vault.number n SET state = 'CONFIRMED', confirmed_by = t.checked_by, confirmed_at = clock_timestamp()
    FROM unnest(p_people, p_indexes, p_by) AS t (person, number_index, checked_by)
    WHERE n.person = t.person AND n.state = 'PROVISIONAL' AND n.number_index = t.number_index;
    GET DIAGNOSTICS confirmed = ROW_COUNT;
    RETURN confirmed;
END $$;

-- What may be known of a person's number without seeing it.
CREATE FUNCTION vault.standing(p_person uuid)
RETURNS TABLE (version integer, state text, typed_by bigint, typed_at timestamptz, confirmed_by bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.version, n.state, n.typed_by, n.typed_at, n.confirmed_by
    FROM vault.number n WHERE n.person = p_person AND n.state <> 'REPLACED';
$$;

-- How many tries somebody has left to retype a number.
CREATE FUNCTION vault.tries_left(p_person uuid, p_version integer, p_by bigint) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT greatest(0, least(
        2 - coalesce(sum(c.tries) FILTER (WHERE c.typed_by = p_by), 0),
        6 - coalesce(sum(c.tries), 0)))::integer
    FROM vault.comparison c WHERE c.person = p_person AND c.version = p_version;
$$;

-- The application that brought the number is approved: from now on it can be shown to those who may.
CREATE FUNCTION vault.put_in_use(p_person uuid, p_version integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE vault.number n SET state = 'IN_USE'
    WHERE n.person = p_person AND n.version = p_version AND n.state IN ('CONFIRMED', 'IN_USE');
    RETURN FOUND;
END $$;

CREATE FUNCTION vault.put_all_in_use(p_people uuid[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    changed integer;
BEGIN
    UPDATE vault.number n SET state = 'IN_USE' WHERE n.person = ANY (p_people) AND n.state = 'CONFIRMED';
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;

-- An application ended without approval, or its number turned out not to be given: what is not needed is erased.
CREATE FUNCTION vault.remove(p_person uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE vault.number SET state = 'REPLACED', blob = NULL, number_index = NULL
    WHERE person = p_person AND state IN ('PROVISIONAL', 'CONFIRMED');
    RETURN FOUND;
END $$;

-- Hand out one sealed number against one committed entry of the record.
CREATE FUNCTION vault.fetch(p_event uuid) RETURNS TABLE (version integer, blob bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    entry record;
    held vault.number%ROWTYPE;
    last_hour integer;
    last_day integer;
    by_all integer;
BEGIN
    SELECT e.id, e.at, e.action, e.result, e.actor_id, e.person_id, e.purpose, e.xid INTO entry
    FROM audit.event e WHERE e.id = p_event;
    IF NOT FOUND OR entry.action <> 'mynumber.number.revealed' OR entry.result <> 'DONE'
       OR entry.actor_id IS NULL OR entry.person_id IS NULL OR coalesce(entry.purpose, '') = '' THEN
        RAISE EXCEPTION 'no such reveal on record' USING ERRCODE = 'KY002';
    END IF;
    -- Committed, and by another transaction: an entry that could still be rolled back opens nothing.
    IF entry.xid = pg_current_xact_id() OR pg_xact_status(entry.xid) IS DISTINCT FROM 'committed' THEN
        RAISE EXCEPTION 'the entry is not committed' USING ERRCODE = 'KY003';
    END IF;
    IF entry.at < clock_timestamp() - interval '60 seconds' THEN
        RAISE EXCEPTION 'the entry is older than 60 seconds' USING ERRCODE = 'KY004';
    END IF;
    SELECT * INTO held FROM vault.number n WHERE n.person = entry.person_id AND n.state = 'IN_USE';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no number in use' USING ERRCODE = 'KY005';
    END IF;
    -- Whoever typed any version of it, the first or the second time.
    IF EXISTS (SELECT 1 FROM vault.number n WHERE n.person = entry.person_id
               AND entry.actor_id IN (n.typed_by, n.confirmed_by))
       OR EXISTS (SELECT 1 FROM vault.comparison c WHERE c.person = entry.person_id AND c.typed_by = entry.actor_id) THEN
        RAISE EXCEPTION 'whoever typed a number does not see it again' USING ERRCODE = 'KY006';
    END IF;
    -- Committed entries are counted, this one among them: a fetch that is rolled back has used up its quota too.
    SELECT count(*) FILTER (WHERE e.at > clock_timestamp() - interval '1 hour'), count(*)
    INTO last_hour, last_day FROM audit.event e
    WHERE e.action = 'mynumber.number.revealed' AND e.actor_id = entry.actor_id
      AND e.at > clock_timestamp() - interval '1 day';
    SELECT count(*) INTO by_all FROM audit.event e
    WHERE e.action = 'mynumber.number.revealed' AND e.at > clock_timestamp() - interval '1 day';
    IF last_hour > 60 OR last_day > 300 OR by_all > 2000 THEN
        RAISE EXCEPTION 'too many reveals' USING ERRCODE = 'KY007';
    END IF;
    INSERT INTO vault.ticket_use (event_id, actor_id) VALUES (p_event, entry.actor_id);
    RETURN QUERY SELECT held.version, held.blob;
END $$;
"""

FUNCTIONS = (
    "next_version(uuid)",
    "keep(uuid, integer, bytea, bytea, bigint)",
    "keep_all(uuid[], bytea[], bytea[], bigint[])",
    "compare(uuid, integer, bytea, bigint)",
    "confirm_all(uuid[], bytea[], bigint[])",
    "standing(uuid)",
    "tries_left(uuid, integer, bigint)",
    "put_in_use(uuid, integer)",
    "put_all_in_use(uuid[])",
    "remove(uuid)",
    "fetch(uuid)",
)

# EXECUTE goes to PUBLIC by default; config.grants gives it to the app role by name.
CLOSE = "\n".join(
    f"REVOKE ALL ON FUNCTION vault.{function} FROM PUBLIC;"
    for function in (*FUNCTIONS, "number_is_in_use_by_approval()", "number_change_is_on_record()")
)

REMOVE = "\n".join(
    [
        *(f"DROP FUNCTION vault.{function};" for function in reversed(FUNCTIONS)),
        "DROP TRIGGER comparison_is_on_record ON vault.comparison;",
        "DROP TRIGGER number_change_is_on_record ON vault.number;",
        "DROP FUNCTION vault.number_change_is_on_record();",
        "DROP TRIGGER number_is_in_use_by_approval ON vault.number;",
        "DROP FUNCTION vault.number_is_in_use_by_approval();",
        "DROP TABLE vault.ticket_use; DROP TABLE vault.comparison; DROP TABLE vault.number;",
    ],
)


class Migration(migrations.Migration):
    initial = True

    dependencies: ClassVar = [("audit", "0002_append_only")]

    operations: ClassVar = [migrations.RunSQL(INSTALL + CLOSE, REMOVE)]
