"""The record becomes a ledger: partitioned by month, each entry with its bytes and its leaf, and a queue to the sealer.

The entries of before wait in ``audit.event_before_ledger``; migration 0004 brings them over, 0005 lets that table go.
"""

from typing import ClassVar

from django.db import migrations, models

#: Guards that other apps put on the record move with it, whatever they are.
MOVE_GUARDS = """
DO $$
DECLARE
    guard record;
BEGIN
    FOR guard IN
        SELECT t.tgname, pg_get_triggerdef(t.oid) AS definition
        FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE t.tgrelid = '__FROM__'::regclass AND NOT t.tgisinternal AND p.pronamespace <> 'audit'::regnamespace
    LOOP
        EXECUTE replace(guard.definition, ' ON __FROM__ ', ' ON __TO__ ');
        EXECUTE format('ALTER TABLE __TO__ ENABLE ALWAYS TRIGGER %I', guard.tgname);
        EXECUTE format('DROP TRIGGER %I ON __FROM__', guard.tgname);
    END LOOP;
END $$;
"""

INSTALL = (
    """
DROP TRIGGER event_is_never_truncated ON audit.event;
DROP TRIGGER event_is_never_changed ON audit.event;
DROP TRIGGER event_is_stamped ON audit.event;
ALTER TABLE audit.event RENAME TO event_before_ledger;
ALTER TABLE audit.event_before_ledger RENAME CONSTRAINT event_pkey TO event_before_ledger_pkey;
DROP INDEX audit.event_by_time, audit.event_by_actor, audit.event_by_person, audit.event_by_action,
           audit.event_by_subject, audit.event_by_subject_label, audit.event_by_result;

CREATE TABLE audit.event (
    id            uuid         NOT NULL,
    at            timestamptz  NOT NULL,
    action        varchar(60)  NOT NULL,
    result        varchar(10)  NOT NULL,
    actor_id      bigint,
    actor_roles   varchar(200) NOT NULL,
    actor_section varchar(60)  NOT NULL,
    subject_kind  varchar(40)  NOT NULL,
    subject_id    varchar(100) NOT NULL,
    subject_label varchar(60)  NOT NULL,
    person_id     uuid,
    purpose       varchar(40)  NOT NULL,
    explanation   varchar(10)  NOT NULL,
    sealed_reason bytea,
    details       jsonb        NOT NULL,
    client        inet,
    session       varchar(16)  NOT NULL,
    request_id    uuid,
    body          bytea        NOT NULL,
    leaf          bytea        NOT NULL,
    -- The transaction that wrote the entry: vault.fetch() asks whether it has committed.
    xid           xid8         NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (id, at)
    -- What else must hold is asked by event_is_queued: PostgreSQL reads the text of every CHECK again for every INSERT.
) PARTITION BY RANGE (at);
-- Every index here costs each writer; what is searched has its index on audit.leaf, where only the sealer pays. This one
-- is for guards that ask whether the transaction at hand has its entry: it grows at its end alone.
CREATE INDEX event_by_transaction ON audit.event (xid);
CREATE INDEX event_by_time ON audit.event USING brin (at) WITH (pages_per_range = 16, autosummarize = on);

-- What guards look back on, again, in a table of its own: few entries are of these kinds, and an index of the whole record
-- costs every writer though hardly an entry is in it. Upper apps say which kinds, and hang their guards here.
CREATE TABLE audit.remembered (
    id           uuid         NOT NULL,
    at           timestamptz  NOT NULL,
    action       varchar(60)  NOT NULL,
    result       varchar(10)  NOT NULL,
    actor_id     bigint,
    subject_kind varchar(40)  NOT NULL,
    subject_id   varchar(100) NOT NULL,
    person_id    uuid,
    purpose      varchar(40)  NOT NULL,
    details      jsonb        NOT NULL,
    xid          xid8         NOT NULL,
    -- what a guard finds by its id is one entry, whatever else was written under the same id
    PRIMARY KEY (id)
);
CREATE INDEX remembered_by_action ON audit.remembered (action, at);
CREATE INDEX remembered_by_person ON audit.remembered (person_id, at);
CREATE INDEX remembered_by_subject ON audit.remembered (subject_id, at);
CREATE FUNCTION audit.is_remembered(action text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT action = ''''';
REVOKE ALL ON FUNCTION audit.is_remembered(text) FROM PUBLIC;

-- Written with each entry in one statement, taken out by the sealer: what is here has no position yet.
CREATE TABLE audit.pending (
    id   uuid        NOT NULL PRIMARY KEY,
    at   timestamptz NOT NULL,
    leaf bytea       NOT NULL
);

-- The entries in their order, with the marks that they are searched by. Only the sealer gives out positions.
CREATE TABLE audit.leaf (
    idx      bigint      NOT NULL,
    event_id uuid        NOT NULL,
    event_at timestamptz NOT NULL,
    hash     bytea       NOT NULL,
    xid      xid8        NOT NULL,
    facets   bigint[]    NOT NULL,
    PRIMARY KEY (event_at, event_id),
    CONSTRAINT leaf_position_counts_from_zero CHECK (idx >= 0),
    CONSTRAINT leaf_is_a_hash CHECK (octet_length(hash) = 32)
) PARTITION BY RANGE (event_at);
CREATE INDEX leaf_by_position ON audit.leaf (idx);
-- the list of what is not in the index yet is kept short: a search reads all of it
CREATE INDEX leaf_by_facet ON audit.leaf USING gin (facets) WITH (fastupdate = on, gin_pending_list_limit = 512);

-- The tree (C2SP tlog-tiles): up to 256 hashes a row; the right-most of a level may still grow.
CREATE TABLE audit.tile (
    level  smallint NOT NULL,
    n      bigint   NOT NULL,
    hashes bytea    NOT NULL,
    PRIMARY KEY (level, n),
    CONSTRAINT tile_holds_hashes CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0)
);
CREATE TABLE audit.checkpoint (
    size      bigint      NOT NULL PRIMARY KEY,
    root      bytea       NOT NULL,
    sealed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT checkpoint_root_is_a_hash CHECK (octet_length(root) = 32)
);
-- Who signs: a database that was restored, or whose key was replaced, goes on under a new name that cites the old one.
CREATE TABLE audit.origin (
    origin       varchar(200) NOT NULL PRIMARY KEY,
    vkey         text         NOT NULL,
    began_at     timestamptz  NOT NULL DEFAULT clock_timestamp(),
    after_origin varchar(200),
    after_size   bigint,
    after_root   bytea
);
CREATE TABLE audit.note (
    origin    varchar(200) NOT NULL,
    size      bigint       NOT NULL,
    text      text         NOT NULL,
    signed_at timestamptz  NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (origin, size)
);
-- What the sealer or a verification found that should not be so.
CREATE TABLE audit.fault (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind     varchar(40) NOT NULL,
    event_id uuid,
    idx      bigint,
    words    text        NOT NULL
);
-- How much happened, for charts: kept by the sealer as it counts. Days and hours in Japan.
CREATE TABLE audit.tally_hour (
    day     date        NOT NULL,
    hour    smallint    NOT NULL,
    section varchar(60) NOT NULL,
    action  varchar(60) NOT NULL,
    n       bigint      NOT NULL,
    PRIMARY KEY (day, hour, section, action)
);
CREATE TABLE audit.tally_actor (
    day      date        NOT NULL,
    actor_id bigint      NOT NULL,
    action   varchar(60) NOT NULL,
    n        bigint      NOT NULL,
    PRIMARY KEY (day, actor_id, action)
);

DROP FUNCTION audit.event_is_stamped();
-- Every writer waits for this. What costs is the number of functions and operators (PostgreSQL prepares each anew in each
-- transaction), the number of expressions, and a SET clause (a tenth of a bare INSERT): so the questions that concern
-- every entry stand in one expression, and the path is not set. It need not be: every name but those of pg_catalog is
-- qualified, and nobody but the owner creates anything (config/grants.py), neither in a schema nor as temporary.
CREATE FUNCTION audit.event_is_queued() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    -- before all else: of two entries of one id and time the second stops here
    INSERT INTO audit.pending (id, at, leaf) VALUES (NEW.id, NEW.at, NEW.leaf);
    -- Bucket 1: from a minute ago up to a second ahead. What goes into an array is no longer compressed.
    IF pg_catalog.width_bucket(NEW.at - pg_catalog.clock_timestamp(), '{-1 minute, 1 second}'::interval[]) <> 1
       OR NEW.result NOT IN ('DONE', 'REFUSED', 'FAILED')
       OR pg_catalog.pg_column_size(ARRAY[NEW.body, NEW.leaf, NEW.sealed_reason]) > 63000
       OR pg_catalog.pg_column_size(ARRAY[NEW.details]) > 20000
       OR NEW.xid <> pg_catalog.pg_current_xact_id()
       OR session_user LIKE '%sealer%'
       OR audit.is_remembered(NEW.action) THEN
        PERFORM audit.event_is_sound(NEW);
    END IF;
    RETURN NEW;
END $$;

-- What is wrong with an entry; what guards look back on is looked at more closely, before it can count. Of any other
-- entry the sealer asks the same within a second: leaf, id, actor (audit/sealing/batches.py).
CREATE FUNCTION audit.event_is_sound(entry audit.event) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- The writer dates the entry, since its time is part of what is sealed; the database believes it for a minute back.
    IF entry.at >= clock_timestamp() + interval '1 second' OR entry.at < clock_timestamp() - interval '1 minute' THEN
        RAISE EXCEPTION 'event_is_dated_now' USING ERRCODE = 'check_violation';
    END IF;
    IF entry.result NOT IN ('DONE', 'REFUSED', 'FAILED') THEN
        RAISE EXCEPTION 'event_result_is_known' USING ERRCODE = 'check_violation';
    END IF;
    -- as much as an entry bundle takes, and as the sealer can hold of many
    IF pg_column_size(ARRAY[entry.body, entry.leaf, entry.sealed_reason]) > 63000
       OR pg_column_size(ARRAY[entry.details]) > 20000 THEN
        RAISE EXCEPTION 'event_fits_a_bundle' USING ERRCODE = 'check_violation';
    END IF;
    IF entry.xid <> pg_current_xact_id() THEN
        RAISE EXCEPTION 'event_is_of_its_transaction' USING ERRCODE = 'check_violation';
    END IF;
    -- The sealer speaks of sealing alone: it holds the key that entries are authenticated under.
    -- Its role is known by its name (config/office/databases.py): to ask for its rights would cost every writer.
    IF session_user LIKE '%sealer%' AND entry.action NOT LIKE 'audit.seal.%' THEN
        RAISE EXCEPTION 'event_of_the_sealer_is_about_sealing' USING ERRCODE = 'check_violation';
    END IF;
    IF entry.action = '' THEN
        RAISE EXCEPTION 'event_has_an_action' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT audit.is_remembered(entry.action) THEN
        RETURN;
    END IF;
    -- An entry that a power cut could take back opens nothing and counts for nothing.
    IF current_setting('synchronous_commit') = 'off' THEN
        RAISE EXCEPTION 'entries are committed synchronously' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF entry.leaf <> sha256('\\x00'::bytea || entry.body) THEN
        RAISE EXCEPTION 'event_leaf_is_of_its_body' USING ERRCODE = 'check_violation';
    END IF;
    -- Entries are looked for by id, which begins with the milliseconds: one id cannot be used again at another time.
    IF get_byte(uuid_send(entry.id), 6) >> 4 <> 7 OR substr(uuid_send(entry.id), 1, 6)
       <> substr(int8send(floor(extract(epoch FROM entry.at) * 1000)::bigint), 3, 6) THEN
        RAISE EXCEPTION 'event_id_is_of_its_time' USING ERRCODE = 'check_violation';
    END IF;
    -- ON CONFLICT DO NOTHING comes after this: guards would find what the record does not hold
    IF EXISTS (SELECT FROM audit.event e WHERE e.id = entry.id AND e.at = entry.at) THEN
        RAISE EXCEPTION 'event_is_there_already' USING ERRCODE = 'unique_violation';
    END IF;
    INSERT INTO audit.remembered (id, at, action, result, actor_id, subject_kind, subject_id, person_id, purpose, details, xid)
    VALUES (entry.id, entry.at, entry.action, entry.result, entry.actor_id, entry.subject_kind, entry.subject_id,
            entry.person_id, entry.purpose, entry.details, entry.xid);
END $$;
REVOKE ALL ON FUNCTION audit.event_is_sound(audit.event) FROM PUBLIC;

-- It goes with its month (audit.prune_month), never before.
CREATE FUNCTION audit.remembered_refuses_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF to_regclass('audit.event_' || to_char(OLD.at AT TIME ZONE 'Asia/Tokyo', 'YYYY_MM')) IS NULL THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit entries are append-only' USING ERRCODE = 'restrict_violation';
END $$;
REVOKE ALL ON FUNCTION audit.remembered_refuses_change() FROM PUBLIC;
CREATE TRIGGER remembered_is_never_changed BEFORE UPDATE OR DELETE ON audit.remembered
FOR EACH ROW EXECUTE FUNCTION audit.remembered_refuses_change();
ALTER TABLE audit.remembered ENABLE ALWAYS TRIGGER remembered_is_never_changed;

CREATE TRIGGER event_is_queued BEFORE INSERT ON audit.event
FOR EACH ROW EXECUTE FUNCTION audit.event_is_queued();
ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_is_queued;

CREATE FUNCTION audit.tile_only_grows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.level, NEW.n) IS DISTINCT FROM (OLD.level, OLD.n)
       OR substr(NEW.hashes, 1, octet_length(OLD.hashes)) IS DISTINCT FROM OLD.hashes THEN
        RAISE EXCEPTION 'tile_only_grows' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tile_only_grows BEFORE UPDATE ON audit.tile FOR EACH ROW EXECUTE FUNCTION audit.tile_only_grows();
ALTER TABLE audit.tile ENABLE ALWAYS TRIGGER tile_only_grows;
CREATE TRIGGER tile_is_never_removed BEFORE DELETE ON audit.tile
FOR EACH ROW EXECUTE FUNCTION audit.event_refuses_change();
ALTER TABLE audit.tile ENABLE ALWAYS TRIGGER tile_is_never_removed;
"""  # noqa: S608  (names of this file)
    + "".join(
        f"""
CREATE TRIGGER {table}_is_never_changed BEFORE UPDATE OR DELETE ON audit.{table}
FOR EACH ROW EXECUTE FUNCTION audit.event_refuses_change();
ALTER TABLE audit.{table} ENABLE ALWAYS TRIGGER {table}_is_never_changed;
"""
        for table in ("event", "leaf", "checkpoint", "origin", "note", "fault")
    )
    + "".join(
        f"""
CREATE TRIGGER {table}_is_never_truncated BEFORE TRUNCATE ON audit.{table}
FOR EACH STATEMENT EXECUTE FUNCTION audit.event_refuses_change();
ALTER TABLE audit.{table} ENABLE ALWAYS TRIGGER {table}_is_never_truncated;
"""
        for table in ("event", "leaf", "tile", "checkpoint", "origin", "note", "fault", "pending", "remembered")
    )
    + MOVE_GUARDS.replace("__FROM__", "audit.event_before_ledger").replace("__TO__", "audit.event")
    + """
-- Months are those of Japan, which knows no summer time.
CREATE FUNCTION audit.make_months(first date, months integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    month date := date_trunc('month', first::timestamp)::date;
    kind text;
BEGIN
    IF months NOT BETWEEN 1 AND 240 THEN
        RAISE EXCEPTION 'months_are_made_a_few_at_a_time' USING ERRCODE = 'check_violation';
    END IF;
    FOR step IN 1 .. months LOOP
        FOREACH kind IN ARRAY ARRAY['event', 'leaf'] LOOP
            IF to_regclass(format('audit.%s_%s', kind, to_char(month, 'YYYY_MM'))) IS NULL THEN
                EXECUTE format('CREATE TABLE audit.%I PARTITION OF audit.%I FOR VALUES FROM (%L) TO (%L)',
                               kind || to_char(month, '_YYYY_MM'), kind,
                               to_char(month, 'YYYY-MM-DD') || ' 00:00:00+09',
                               to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+09');
                -- a row's guards come with the partition; this one has to be repeated
                EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON audit.%I FOR EACH STATEMENT'
                               ' EXECUTE FUNCTION audit.event_refuses_change()',
                               kind || '_is_never_truncated', kind || to_char(month, '_YYYY_MM'));
                EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER %I',
                               kind || to_char(month, '_YYYY_MM'), kind || '_is_never_truncated');
            END IF;
        END LOOP;
        month := (month + interval '1 month')::date;
    END LOOP;
END $$;

CREATE FUNCTION audit.fault_is_dated() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.found_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER fault_is_dated BEFORE INSERT ON audit.fault FOR EACH ROW EXECUTE FUNCTION audit.fault_is_dated();
ALTER TABLE audit.fault ENABLE ALWAYS TRIGGER fault_is_dated;

REVOKE ALL ON FUNCTION audit.fault_is_dated() FROM PUBLIC;
REVOKE ALL ON FUNCTION audit.event_is_queued() FROM PUBLIC;
REVOKE ALL ON FUNCTION audit.tile_only_grows() FROM PUBLIC;
REVOKE ALL ON FUNCTION audit.make_months(date, integer) FROM PUBLIC;
-- the month before too: an entry of the last second of a month may arrive in the next
SELECT audit.make_months((clock_timestamp() AT TIME ZONE 'Asia/Tokyo' - interval '1 month')::date, 15);
"""
)

REMOVE = (
    """
INSERT INTO audit.event_before_ledger (id, at, action, result, actor_id, actor_name, actor_roles, subject_kind,
    subject_id, subject_label, person_id, purpose, sealed_reason, details, client, session, request_id, xid)
SELECT e.id, e.at, e.action, e.result, e.actor_id, coalesce(l.name, ''), e.actor_roles, e.subject_kind,
    e.subject_id, e.subject_label, e.person_id, e.purpose, e.sealed_reason, e.details, e.client, e.session, e.request_id, e.xid
FROM audit.event e LEFT JOIN audit.actor_label l ON l.actor_id = e.actor_id;
"""
    + MOVE_GUARDS.replace("__FROM__", "audit.event").replace("__TO__", "audit.event_before_ledger")
    + """
DROP FUNCTION audit.event_is_sound(audit.event);
DROP TABLE audit.event, audit.leaf, audit.pending, audit.remembered, audit.tile, audit.checkpoint, audit.note, audit.origin, audit.fault,
           audit.tally_hour, audit.tally_actor;
DROP FUNCTION audit.make_months(date, integer);
DROP FUNCTION audit.fault_is_dated();
DROP FUNCTION audit.tile_only_grows();
DROP FUNCTION audit.event_is_queued();
DROP FUNCTION audit.remembered_refuses_change();
DROP FUNCTION audit.is_remembered(text);
ALTER TABLE audit.event_before_ledger RENAME TO event;
ALTER TABLE audit.event RENAME CONSTRAINT event_before_ledger_pkey TO event_pkey;
CREATE INDEX event_by_time ON audit.event (at DESC, id DESC);
CREATE INDEX event_by_actor ON audit.event (actor_id, at DESC, id DESC);
CREATE INDEX event_by_person ON audit.event (person_id, at DESC, id DESC);
CREATE INDEX event_by_action ON audit.event (action, at DESC, id DESC);
CREATE INDEX event_by_subject ON audit.event (subject_id, at DESC);
CREATE INDEX event_by_subject_label ON audit.event (subject_label, at DESC);
CREATE INDEX event_by_result ON audit.event (result, at DESC, id DESC) WHERE NOT (result = 'DONE');

CREATE FUNCTION audit.event_is_stamped() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.at := clock_timestamp();
    NEW.xid := pg_current_xact_id();
    IF current_setting('synchronous_commit') = 'off' THEN
        RAISE EXCEPTION 'entries are committed synchronously' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION audit.event_is_stamped() FROM PUBLIC;
CREATE TRIGGER event_is_stamped BEFORE INSERT ON audit.event
FOR EACH ROW EXECUTE FUNCTION audit.event_is_stamped();
CREATE TRIGGER event_is_never_changed BEFORE UPDATE OR DELETE ON audit.event
FOR EACH ROW EXECUTE FUNCTION audit.event_refuses_change();
CREATE TRIGGER event_is_never_truncated BEFORE TRUNCATE ON audit.event
FOR EACH STATEMENT EXECUTE FUNCTION audit.event_refuses_change();
ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_is_stamped;
ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_is_never_changed;
ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_is_never_truncated;
"""
)

#: What Django knows of it. Everything is done above, since Django makes no partitions.
STATE = [
    migrations.RemoveIndex("event", "event_by_time"),
    migrations.RemoveIndex("event", "event_by_actor"),
    migrations.RemoveIndex("event", "event_by_person"),
    migrations.RemoveIndex("event", "event_by_action"),
    migrations.RemoveIndex("event", "event_by_subject"),
    migrations.RemoveIndex("event", "event_by_subject_label"),
    migrations.RemoveIndex("event", "event_by_result"),
    migrations.RemoveConstraint("event", "event_result_is_known"),
    migrations.RemoveConstraint("event", "event_has_an_action"),
    migrations.RemoveField("event", "actor_name"),
    migrations.AlterField("event", "id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
    migrations.AlterField("event", "at", models.DateTimeField(verbose_name="日時")),
    migrations.AddField(
        "event", "actor_section", models.CharField(blank=True, max_length=60, verbose_name="所属"), False
    ),
    migrations.AddField(
        "event", "explanation", models.CharField(blank=True, max_length=10, verbose_name="閲覧の背景"), False
    ),
    migrations.AddField("event", "body", models.BinaryField(verbose_name="正本"), False),
    migrations.AddField("event", "leaf", models.BinaryField(verbose_name="正本のハッシュ"), False),
    migrations.AlterModelOptions(
        "event",
        {"default_permissions": (), "managed": False, "verbose_name": "操作記録", "verbose_name_plural": "操作記録"},
    ),
]


class Migration(migrations.Migration):
    dependencies: ClassVar = [("audit", "0002_append_only")]

    operations: ClassVar = [
        migrations.RunSQL(INSTALL, REMOVE, state_operations=STATE),
    ]
