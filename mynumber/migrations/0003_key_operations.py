"""Key operations take two people: a new key that takes over, and an old one that is destroyed.

The keys themselves are with the provider. Here stands which of them seals, what was proposed and decided about them,
and how far the wrapping of the data keys anew has come. Nothing changes a key's state but an approved operation, in
the transaction that approves it, and every step has its entry in the record.
"""

from typing import ClassVar

from django.db import migrations

INSTALL = """
-- kek_id has no foreign key: what is said of a key does not use it, and a use keeps a key from being retired.
CREATE TABLE vault.key_operation (
    id               uuid        NOT NULL PRIMARY KEY,
    kind             text        NOT NULL CONSTRAINT key_operation_kind_is_known CHECK (kind IN ('ROTATE', 'RETIRE')),
    kek_id           integer     NOT NULL,
    new_kek_id       integer,
    reason           text        NOT NULL
        CONSTRAINT key_operation_has_a_reason CHECK (btrim(reason) <> '' AND length(reason) <= 200),
    proposed_by      bigint      NOT NULL,
    proposed_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    outcome          text        NOT NULL DEFAULT '' CONSTRAINT key_operation_outcome_is_known
        CHECK (outcome IN ('', 'APPROVED', 'REJECTED', 'WITHDRAWN')),
    decided_by       bigint,
    decided_at       timestamptz,
    decided_xid      xid8,
    decision_reason  text        NOT NULL DEFAULT '',
    state            text        NOT NULL DEFAULT '' CONSTRAINT key_operation_state_is_known
        CHECK (state IN ('', 'RUNNING', 'PAUSED', 'DONE')),
    moved_by         bigint,
    total            integer     NOT NULL DEFAULT 0,
    done             integer     NOT NULL DEFAULT 0,
    -- from when on, and from which count on, the speed is worked out: since it last began to run
    counted_from     timestamptz,
    counted_done     integer     NOT NULL DEFAULT 0,
    last_progress_at timestamptz,
    finished_at      timestamptz,
    problem          text        NOT NULL DEFAULT '',
    CONSTRAINT key_operation_is_decided_by_a_second_person
        CHECK (outcome IN ('', 'WITHDRAWN') OR decided_by <> proposed_by),
    CONSTRAINT key_operation_is_withdrawn_by_its_proposer CHECK (outcome <> 'WITHDRAWN' OR decided_by = proposed_by),
    CONSTRAINT key_operation_decision_is_signed_and_dated
        CHECK ((outcome = '') = (decided_by IS NULL) AND (outcome = '') = (decided_at IS NULL)),
    CONSTRAINT key_operation_rejection_has_a_reason CHECK (outcome <> 'REJECTED' OR btrim(decision_reason) <> ''),
    CONSTRAINT key_operation_runs_once_approved CHECK ((outcome = 'APPROVED') = (state <> '')),
    CONSTRAINT key_operation_names_its_new_key
        CHECK ((kind = 'ROTATE' AND outcome = 'APPROVED') = (new_kek_id IS NOT NULL)),
    CONSTRAINT key_operation_pause_is_of_a_rotation CHECK (state <> 'PAUSED' OR kind = 'ROTATE'),
    CONSTRAINT key_operation_end_is_dated CHECK ((state = 'DONE') = (finished_at IS NOT NULL))
);
CREATE UNIQUE INDEX one_key_operation_at_a_time ON vault.key_operation ((true))
    WHERE outcome = '' OR state IN ('RUNNING', 'PAUSED');
CREATE INDEX key_operation_by_time ON vault.key_operation (proposed_at DESC);

-- Data keys that the running rotation could not open. They hold up nothing but the end.
CREATE TABLE vault.rewrap_failure (
    operation uuid    NOT NULL REFERENCES vault.key_operation (id),
    person    uuid    NOT NULL,
    version   integer NOT NULL,
    PRIMARY KEY (operation, person, version)
);

-- When each key was last tried out, and what came of it.
CREATE TABLE vault.key_trial (
    name    text        NOT NULL PRIMARY KEY CONSTRAINT key_trial_names_a_key CHECK (length(name) BETWEEN 1 AND 60),
    at      timestamptz NOT NULL,
    problem text        NOT NULL
);

-- Where something may be sealed under a key: every table that refers to vault.kek, also those that came later. A row
-- uses the key while it holds a wrapped key; once that is wiped (wrapped is null) it only tells which key it was.
CREATE FUNCTION vault.kek_users() RETURNS TABLE (place text, key_column text, uses_it text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.conrelid::regclass::text, quote_ident(a.attname),
           CASE WHEN EXISTS (SELECT 1 FROM pg_attribute w WHERE w.attrelid = c.conrelid AND w.attname = 'wrapped'
                             AND NOT w.attisdropped)
                THEN 't.wrapped IS NOT NULL' ELSE 'true' END
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND c.confrelid = 'vault.kek'::regclass ORDER BY 1, 2;
$$;

CREATE FUNCTION vault.kek_uses() RETURNS TABLE (place text, kek_id integer, uses bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT * FROM vault.kek_users() LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %L::text, t.%s::integer, count(*) FROM %s t WHERE t.%s IS NOT NULL AND %s GROUP BY t.%s',
            one.place, one.key_column, one.place, one.key_column, one.uses_it, one.key_column);
    END LOOP;
END $$;

CREATE FUNCTION vault.kek_is_used(p_kek integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    one record;
    is_used boolean;
BEGIN
    FOR one IN SELECT * FROM vault.kek_users() LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s t WHERE t.%s = $1 AND %s)', one.place, one.key_column,
                       one.uses_it)
        INTO is_used USING p_kek;
        IF is_used THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END $$;

-- A key's state follows an operation that was approved in this very transaction.
CREATE FUNCTION vault.kek_follows_an_operation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'kek_is_never_forgotten' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.id, NEW.made_at) IS DISTINCT FROM (OLD.id, OLD.made_at) THEN
        RAISE EXCEPTION 'kek_stays_what_it_is' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM vault.key_operation o
        WHERE o.outcome = 'APPROVED' AND o.state = 'RUNNING' AND o.decided_xid = pg_current_xact_id()
          AND CASE WHEN TG_OP = 'INSERT' THEN o.kind = 'ROTATE' AND o.new_kek_id = NEW.id AND NEW.state = 'CURRENT'
                   WHEN NEW.state = 'OLD' THEN o.kind = 'ROTATE' AND o.kek_id = NEW.id AND OLD.state = 'CURRENT'
                   WHEN NEW.state = 'RETIRED' THEN o.kind = 'RETIRE' AND o.kek_id = NEW.id AND OLD.state = 'OLD'
                   ELSE false END
    ) THEN
        RAISE EXCEPTION 'kek_follows_an_operation' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'RETIRED' AND vault.kek_is_used(NEW.id) THEN
        RAISE EXCEPTION 'kek_is_retired_once_nothing_is_left_under_it' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER kek_follows_an_operation BEFORE INSERT OR UPDATE OR DELETE ON vault.kek
FOR EACH ROW EXECUTE FUNCTION vault.kek_follows_an_operation();
ALTER TABLE vault.kek ENABLE ALWAYS TRIGGER kek_follows_an_operation;

CREATE FUNCTION vault.key_operation_moves_by_the_table() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'key_operation_is_never_forgotten' USING ERRCODE = 'check_violation';
    END IF;
    -- Whoever lost a duty a moment ago must be seen to have lost it.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'keys_change_in_read_committed' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> '' OR NEW.done <> 0 OR NEW.total <> 0 THEN
            RAISE EXCEPTION 'key_operation_begins_undecided' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (SELECT 1 FROM vault.kek k WHERE k.id = NEW.kek_id
                       AND k.state = CASE NEW.kind WHEN 'ROTATE' THEN 'CURRENT' ELSE 'OLD' END) THEN
            RAISE EXCEPTION 'key_operation_is_about_a_fitting_key' USING ERRCODE = 'check_violation';
        END IF;
        NEW.proposed_at := clock_timestamp();
        NEW.decided_xid := NULL;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.kind, NEW.kek_id, NEW.reason, NEW.proposed_by, NEW.proposed_at)
       IS DISTINCT FROM (OLD.id, OLD.kind, OLD.kek_id, OLD.reason, OLD.proposed_by, OLD.proposed_at) THEN
        RAISE EXCEPTION 'key_operation_is_not_changed' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.outcome <> '' THEN
        IF (NEW.outcome, NEW.decided_by, NEW.decided_at, NEW.decided_xid, NEW.decision_reason, NEW.new_kek_id)
           IS DISTINCT FROM
           (OLD.outcome, OLD.decided_by, OLD.decided_at, OLD.decided_xid, OLD.decision_reason, OLD.new_kek_id) THEN
            RAISE EXCEPTION 'key_operation_is_decided_once' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.outcome <> '' THEN
        NEW.decided_at := clock_timestamp();
        NEW.decided_xid := pg_current_xact_id();
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('', 'RUNNING'), ('RUNNING', 'PAUSED'), ('PAUSED', 'RUNNING'), ('RUNNING', 'DONE')) THEN
        RAISE EXCEPTION 'key_operation_moves_by_the_table' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'DONE' AND OLD.state <> 'DONE' AND NEW.kind = 'ROTATE' AND EXISTS (
        SELECT 1 FROM vault.wrapped_key w JOIN vault.kek k ON k.id = w.kek_id WHERE k.state <> 'CURRENT') THEN
        RAISE EXCEPTION 'rotation_ends_when_no_number_is_left_behind' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER key_operation_moves_by_the_table BEFORE INSERT OR UPDATE OR DELETE ON vault.key_operation
FOR EACH ROW EXECUTE FUNCTION vault.key_operation_moves_by_the_table();
ALTER TABLE vault.key_operation ENABLE ALWAYS TRIGGER key_operation_moves_by_the_table;

-- Runs at COMMIT: no proposal, no decision, no pause and no end without its entry, in the name of whoever took the step.
CREATE FUNCTION vault.key_operation_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted text;
    whose bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        wanted := 'proposed';
        whose := NEW.proposed_by;
    ELSIF NEW.outcome <> OLD.outcome THEN
        wanted := lower(NEW.outcome);
        whose := NEW.decided_by;
    ELSIF NEW.state = OLD.state THEN
        RETURN NULL;
    ELSIF NEW.state = 'DONE' THEN
        wanted := CASE NEW.kind WHEN 'ROTATE' THEN 'rotated' ELSE 'retired' END;
    ELSE
        wanted := CASE NEW.state WHEN 'PAUSED' THEN 'paused' ELSE 'resumed' END;
        whose := NEW.moved_by;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.id::text AND e.subject_kind = 'mynumber.keyoperation'
          AND e.xid = pg_current_xact_id() AND e.result = 'DONE' AND e.action = 'mynumber.key.' || wanted
          AND (whose IS NULL OR e.actor_id = whose) AND e.details ->> 'key' = NEW.kek_id::text
    ) THEN
        RAISE EXCEPTION 'key_operation_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER key_operation_is_on_record AFTER INSERT OR UPDATE ON vault.key_operation
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION vault.key_operation_is_on_record();
ALTER TABLE vault.key_operation ENABLE ALWAYS TRIGGER key_operation_is_on_record;

-- ── what may be asked ────────────────────────────────────────────────────────────────────────────────────────────

CREATE FUNCTION vault.keks()
RETURNS TABLE (id integer, state text, made_at timestamptz, retired_at timestamptz, numbers bigint, elsewhere bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.id, k.state, k.made_at, k.retired_at,
           coalesce(sum(u.uses) FILTER (WHERE u.place = 'vault.wrapped_key'), 0)::bigint,
           coalesce(sum(u.uses) FILTER (WHERE u.place <> 'vault.wrapped_key'), 0)::bigint
    FROM vault.kek k LEFT JOIN vault.kek_uses() u ON u.kek_id = k.id
    GROUP BY k.id, k.state, k.made_at, k.retired_at ORDER BY k.id DESC;
$$;

-- The newest first; the next page begins before the last one's day and time.
CREATE FUNCTION vault.key_operations(p_most integer, p_before timestamptz) RETURNS SETOF vault.key_operation
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT o FROM vault.key_operation o WHERE p_before IS NULL OR o.proposed_at < p_before
    ORDER BY o.proposed_at DESC LIMIT p_most;
$$;

CREATE FUNCTION vault.key_operation_of(p_id uuid) RETURNS SETOF vault.key_operation
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT o FROM vault.key_operation o WHERE o.id = p_id;
$$;

CREATE FUNCTION vault.open_key_operation() RETURNS SETOF vault.key_operation
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT o FROM vault.key_operation o WHERE o.outcome = '' OR o.state IN ('RUNNING', 'PAUSED');
$$;

CREATE FUNCTION vault.key_trials() RETURNS SETOF vault.key_trial
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t FROM vault.key_trial t;
$$;

CREATE FUNCTION vault.note_key_trial(p_name text, p_problem text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO vault.key_trial (name, at, problem) VALUES (p_name, clock_timestamp(), left(p_problem, 300))
    ON CONFLICT (name) DO UPDATE SET at = EXCLUDED.at, problem = EXCLUDED.problem;
$$;

-- ── what two people do ───────────────────────────────────────────────────────────────────────────────────────────

CREATE FUNCTION vault.propose_key_operation(p_id uuid, p_kind text, p_kek integer, p_reason text, p_by bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO vault.key_operation (id, kind, kek_id, reason, proposed_by)
    VALUES (p_id, p_kind, p_kek, p_reason, p_by);
    IF p_kind = 'RETIRE' AND vault.kek_is_used(p_kek) THEN
        RAISE EXCEPTION 'kek_is_retired_once_nothing_is_left_under_it' USING ERRCODE = 'check_violation';
    END IF;
END $$;

-- Of two who decide at once, the second waits here and then finds it decided.
CREATE FUNCTION vault.lock_key_operation(p_id uuid) RETURNS SETOF vault.key_operation
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT o.* FROM vault.key_operation o WHERE o.id = p_id FOR UPDATE;
END $$;

CREATE FUNCTION vault.decide_key_operation(p_id uuid, p_outcome text, p_by bigint, p_reason text, p_new_kek integer)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    op vault.key_operation%ROWTYPE;
BEGIN
    SELECT * INTO op FROM vault.key_operation o WHERE o.id = p_id FOR UPDATE;
    IF NOT FOUND OR op.outcome <> '' THEN
        RAISE EXCEPTION 'key_operation_is_decided_once' USING ERRCODE = 'check_violation';
    END IF;
    UPDATE vault.key_operation o
    SET outcome = p_outcome, decided_by = p_by, decision_reason = p_reason, decided_at = clock_timestamp(),
        new_kek_id = CASE WHEN p_outcome = 'APPROVED' THEN p_new_kek END,
        state = CASE WHEN p_outcome = 'APPROVED' THEN 'RUNNING' ELSE '' END
    WHERE o.id = p_id;
    IF p_outcome <> 'APPROVED' THEN
        RETURN;
    END IF;
    IF op.kind = 'RETIRE' THEN
        -- whatever is about to refer to the key is there before it is asked whether anything does
        PERFORM 1 FROM vault.kek k WHERE k.id = op.kek_id FOR UPDATE;
        UPDATE vault.kek k SET state = 'RETIRED', retired_at = clock_timestamp()
        WHERE k.id = op.kek_id AND k.state = 'OLD';
        IF NOT FOUND THEN
            RAISE EXCEPTION 'key_operation_is_about_a_fitting_key' USING ERRCODE = 'check_violation';
        END IF;
        RETURN;
    END IF;
    -- whoever is sealing something holds the key FOR SHARE, and finishes first (vault.hold_current_kek)
    UPDATE vault.kek k SET state = 'OLD' WHERE k.id = op.kek_id AND k.state = 'CURRENT';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'key_operation_is_about_a_fitting_key' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO vault.kek (id, state) VALUES (p_new_kek, 'CURRENT');
    UPDATE vault.key_operation o
    SET counted_from = clock_timestamp(),
        total = (SELECT count(*) FROM vault.wrapped_key w JOIN vault.kek k ON k.id = w.kek_id WHERE k.state = 'OLD')
    WHERE o.id = p_id;
END $$;

-- A rotation cannot be undone, but it can be held up. Going on, it tries again what it could not open.
CREATE FUNCTION vault.move_key_operation(p_id uuid, p_state text, p_by bigint, p_problem text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_state NOT IN ('PAUSED', 'RUNNING') THEN
        RAISE EXCEPTION 'key_operation_moves_by_the_table' USING ERRCODE = 'check_violation';
    END IF;
    UPDATE vault.key_operation o
    SET state = p_state, moved_by = p_by, problem = left(p_problem, 300),
        counted_from = CASE WHEN p_state = 'RUNNING' THEN clock_timestamp() ELSE o.counted_from END,
        counted_done = CASE WHEN p_state = 'RUNNING' THEN o.done ELSE o.counted_done END
    WHERE o.id = p_id AND o.state = CASE p_state WHEN 'PAUSED' THEN 'RUNNING' ELSE 'PAUSED' END;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'key_operation_moves_by_the_table' USING ERRCODE = 'check_violation';
    END IF;
    IF p_state = 'RUNNING' THEN
        DELETE FROM vault.rewrap_failure f WHERE f.operation = p_id;
    END IF;
END $$;

-- ── what the worker does ─────────────────────────────────────────────────────────────────────────────────────────

-- Hand out wrapped data keys, never what they open, and only those that an approved rotation is about to replace. Each
-- is locked until the end of the transaction; what another worker has in hand is passed over.
CREATE FUNCTION vault.take_for_rewrap(p_operation uuid, p_most integer)
RETURNS TABLE (person uuid, version integer, kek_id integer, wrapped bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    old integer;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM vault.key_operation o
                   WHERE o.id = p_operation AND o.kind = 'ROTATE' AND o.state = 'RUNNING') THEN
        RETURN;
    END IF;
    FOR old IN SELECT k.id FROM vault.kek k WHERE k.state = 'OLD' ORDER BY k.id LOOP
        RETURN QUERY SELECT w.person, w.version, w.kek_id, w.wrapped FROM vault.wrapped_key w
        WHERE w.kek_id = old AND NOT EXISTS (
            SELECT 1 FROM vault.rewrap_failure f
            WHERE f.operation = p_operation AND f.person = w.person AND f.version = w.version)
        ORDER BY w.kek_id, w.person, w.version LIMIT least(p_most, 500) FOR UPDATE OF w SKIP LOCKED;
        IF FOUND THEN
            RETURN;
        END IF;
    END LOOP;
END $$;

-- Put the newly wrapped data keys in the place of the old ones and count them. A batch in hand when the rotation is
-- held up is still kept.
CREATE FUNCTION vault.keep_rewrapped(p_operation uuid, p_people uuid[], p_versions integer[], p_wrapped bytea[])
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_kek integer;
    changed integer;
BEGIN
    SELECT o.new_kek_id INTO new_kek FROM vault.key_operation o
    WHERE o.id = p_operation AND o.kind = 'ROTATE' AND o.state IN ('RUNNING', 'PAUSED');
    IF new_kek IS NULL THEN
        RAISE EXCEPTION 'no rotation is running' USING ERRCODE = 'KY009';
    END IF;
    UPDATE vault.wrapped_key w SET kek_id = new_kek, wrapped = t.wrapped
    FROM unnest(p_people, p_versions, p_wrapped) AS t (person, version, wrapped)
    WHERE w.person = t.person AND w.version = t.version AND w.kek_id IN (SELECT k.id FROM vault.kek k WHERE k.state = 'OLD');
    GET DIAGNOSTICS changed = ROW_COUNT;
    UPDATE vault.key_operation o SET done = o.done + changed, last_progress_at = clock_timestamp(), problem = ''
    WHERE o.id = p_operation;
    RETURN changed;
END $$;

CREATE FUNCTION vault.note_rewrap_failures(p_operation uuid, p_people uuid[], p_versions integer[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO vault.rewrap_failure (operation, person, version)
    SELECT p_operation, t.person, t.version FROM unnest(p_people, p_versions) AS t (person, version)
    ON CONFLICT DO NOTHING;
$$;

CREATE FUNCTION vault.note_key_problem(p_id uuid, p_problem text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE vault.key_operation o SET problem = left(p_problem, 300)
    WHERE o.id = p_id AND o.state = 'RUNNING' AND o.problem <> left(p_problem, 300);
$$;

-- End it when nothing is left to do. DONE, WAITING (another worker has the last ones), BROKEN (only those are left that
-- cannot be opened), or nothing when it does not run.
CREATE FUNCTION vault.finish_key_operation(p_id uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    op vault.key_operation%ROWTYPE;
BEGIN
    SELECT * INTO op FROM vault.key_operation o WHERE o.id = p_id AND o.state = 'RUNNING' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN '';
    END IF;
    IF op.kind = 'ROTATE' AND EXISTS (
        SELECT 1 FROM vault.wrapped_key w JOIN vault.kek k ON k.id = w.kek_id WHERE k.state = 'OLD'
    ) THEN
        RETURN CASE WHEN EXISTS (
            SELECT 1 FROM vault.wrapped_key w JOIN vault.kek k ON k.id = w.kek_id
            WHERE k.state = 'OLD' AND NOT EXISTS (
                SELECT 1 FROM vault.rewrap_failure f
                WHERE f.operation = p_id AND f.person = w.person AND f.version = w.version)
        ) THEN 'WAITING' ELSE 'BROKEN' END;
    END IF;
    UPDATE vault.key_operation o SET state = 'DONE', finished_at = clock_timestamp(), problem = '' WHERE o.id = p_id;
    DELETE FROM vault.rewrap_failure f WHERE f.operation = p_id;
    RETURN 'DONE';
END $$;
"""

FUNCTIONS = (
    "kek_users()",
    "kek_uses()",
    "kek_is_used(integer)",
    "keks()",
    "key_operations(integer, timestamptz)",
    "key_operation_of(uuid)",
    "open_key_operation()",
    "key_trials()",
    "note_key_trial(text, text)",
    "propose_key_operation(uuid, text, integer, text, bigint)",
    "lock_key_operation(uuid)",
    "decide_key_operation(uuid, text, bigint, text, integer)",
    "move_key_operation(uuid, text, bigint, text)",
    "take_for_rewrap(uuid, integer)",
    "keep_rewrapped(uuid, uuid[], integer[], bytea[])",
    "note_rewrap_failures(uuid, uuid[], integer[])",
    "note_key_problem(uuid, text)",
    "finish_key_operation(uuid)",
)
GUARDS = ("kek_follows_an_operation()", "key_operation_moves_by_the_table()", "key_operation_is_on_record()")

CLOSE = "\n".join(f"REVOKE ALL ON FUNCTION vault.{function} FROM PUBLIC;" for function in (*FUNCTIONS, *GUARDS))

REMOVE = "\n".join(
    [
        "DROP TRIGGER kek_follows_an_operation ON vault.kek;",
        *(f"DROP FUNCTION vault.{function};" for function in reversed(FUNCTIONS)),
        "DROP TRIGGER key_operation_is_on_record ON vault.key_operation;",
        "DROP TRIGGER key_operation_moves_by_the_table ON vault.key_operation;",
        *(f"DROP FUNCTION vault.{function};" for function in GUARDS),
        "DROP TABLE vault.key_trial; DROP TABLE vault.rewrap_failure; DROP TABLE vault.key_operation;",
    ]
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("mynumber", "0002_wrapped_keys")]

    operations: ClassVar = [migrations.RunSQL(INSTALL + CLOSE, REMOVE)]
