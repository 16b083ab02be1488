"""Months of the record that are let go, by two people: how long entries are kept, and the one way in which they go."""

import uuid
from typing import ClassVar

import django.utils.timezone
from django.db import migrations, models

#: Entries are kept this long unless the owner's command says otherwise. No statutory period was found: to be verified.
YEARS = 7

PERIOD = """
INSERT INTO audit.record_retention (id, years) VALUES (1, __YEARS__);

CREATE FUNCTION audit.record_retention_is_dated() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.changed_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER retention_is_dated BEFORE UPDATE ON audit.record_retention
FOR EACH ROW EXECUTE FUNCTION audit.record_retention_is_dated();

-- Runs at COMMIT.
CREATE FUNCTION audit.record_retention_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.xid = pg_current_xact_id() AND e.action = 'audit.retention.changed' AND e.result = 'DONE'
          AND e.details -> 'count' = to_jsonb(NEW.years)
    ) THEN
        RAISE EXCEPTION 'retention_change_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER retention_change_is_on_record AFTER UPDATE ON audit.record_retention
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.record_retention_is_on_record();
""".replace("__YEARS__", str(YEARS))

EXTENT = """
-- The places of a month's entries in the ledger. Those of the months beside it may lie among them.
CREATE FUNCTION audit.month_extent(p_month date, OUT first bigint, OUT last bigint, OUT count bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT min(l.idx), max(l.idx), count(*) FROM audit.leaf l
    WHERE l.event_at >= p_month::timestamp AT TIME ZONE 'Asia/Tokyo'
      AND l.event_at < (p_month + interval '1 month') AT TIME ZONE 'Asia/Tokyo';
$$;
REVOKE ALL ON FUNCTION audit.month_extent(date) FROM PUBLIC;

CREATE FUNCTION audit.month_is_over_its_period(p_month date) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT (p_month + interval '1 month' + make_interval(years => r.years)) AT TIME ZONE 'Asia/Tokyo' <= clock_timestamp()
    FROM audit.record_retention r;
$$;
REVOKE ALL ON FUNCTION audit.month_is_over_its_period(date) FROM PUBLIC;

-- The first thing that keeps a month from being let go, as a sentence's name; '' when nothing does.
CREATE FUNCTION audit.why_month_stays(p_month date) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    begins timestamptz := p_month::timestamp AT TIME ZONE 'Asia/Tokyo';
    ends timestamptz := (p_month + interval '1 month') AT TIME ZONE 'Asia/Tokyo';
    extent record;
BEGIN
    IF p_month IS NULL OR NOT isfinite(p_month) OR extract(day FROM p_month) <> 1 THEN
        RETURN 'pruning_is_of_a_month';
    END IF;
    IF audit.month_is_over_its_period(p_month) IS NOT TRUE THEN
        RETURN 'month_is_over_its_period';
    END IF;
    SELECT * INTO extent FROM audit.month_extent(p_month);
    IF to_regclass('audit.event_' || to_char(p_month, 'YYYY_MM')) IS NULL
       OR to_regclass('audit.leaf_' || to_char(p_month, 'YYYY_MM')) IS NULL
       OR (extent.count = 0 AND NOT EXISTS (SELECT FROM audit.event e WHERE e.at >= begins AND e.at < ends)) THEN
        RETURN 'month_has_entries';
    END IF;
    -- every entry has a place, and every place its entry: what is amiss is evidence, and stays
    IF EXISTS (SELECT FROM audit.pending p WHERE p.at >= begins AND p.at < ends) OR EXISTS (
        SELECT FROM (SELECT e.id, e.at, e.leaf, e.body FROM audit.event e WHERE e.at >= begins AND e.at < ends) e
        FULL JOIN (SELECT l.event_id, l.event_at, l.hash FROM audit.leaf l
                   WHERE l.event_at >= begins AND l.event_at < ends) l
        ON l.event_id = e.id AND l.event_at = e.at
        WHERE e.id IS NULL OR l.event_id IS NULL OR e.leaf <> l.hash
           -- moved here from another month: its bytes say when it was (audit/ledger/body.py)
           OR ('x' || encode(substr(e.body, 24, 8), 'hex'))::bit(64)::bigint <> (extract(epoch FROM e.at) * 1000000)::bigint
    ) THEN
        RETURN 'month_is_sealed_whole';
    END IF;
    IF coalesce((SELECT max(n.size) FROM audit.note n
                 WHERE n.origin = (SELECT o.origin FROM audit.origin o ORDER BY o.began_at DESC LIMIT 1)), 0) <= extent.last
    THEN
        RETURN 'month_is_under_a_signature';
    END IF;
    IF (SELECT v.faults FROM audit.verification v WHERE v.ended_at IS NOT NULL ORDER BY v.ended_at DESC LIMIT 1) > 0 THEN
        RETURN 'last_verification_found_nothing';
    END IF;
    -- one that began before would miss what goes; one that was killed is not waited for
    IF EXISTS (SELECT FROM audit.verification v WHERE v.ended_at IS NULL
               AND greatest(v.asked_at, v.started_at, v.beat_at) > clock_timestamp() - interval '1 hour') THEN
        RETURN 'no_verification_is_under_way';
    END IF;
    RETURN '';
END $$;
REVOKE ALL ON FUNCTION audit.why_month_stays(date) FROM PUBLIC;
"""

PRUNE = """
-- The only way in which entries go. The caller's transaction has written the entry that says so.
CREATE FUNCTION audit.prune_month(p_pruning uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    one audit.pruning;
    earlier record;
    extent record;
    in_the_way text;
    told timestamptz;
    told_again timestamptz;
    is_of_another_month boolean;
BEGIN
    SELECT * INTO one FROM audit.pruning p WHERE p.id = p_pruning FOR UPDATE;
    IF NOT FOUND OR one.outcome <> 'APPROVED' OR one.done_at IS NOT NULL THEN
        RAISE EXCEPTION 'pruning_is_approved_and_not_done' USING ERRCODE = 'check_violation';
    END IF;
    in_the_way := audit.why_month_stays(one.month);
    IF in_the_way <> '' THEN
        RAISE EXCEPTION '%', in_the_way USING ERRCODE = 'check_violation';
    END IF;
    SELECT * INTO extent FROM audit.month_extent(one.month);
    told := audit.pruning_told(one.id, one.month, extent.first, extent.last, extent.count);
    -- the entry that told of an earlier month goes with its own: it is told again, by an entry that stays
    FOR earlier IN
        SELECT p.* FROM audit.pruning p
        WHERE p.told_at >= one.month::timestamp AT TIME ZONE 'Asia/Tokyo'
          AND p.told_at < (one.month + interval '1 month') AT TIME ZONE 'Asia/Tokyo'
        FOR UPDATE
    LOOP
        told_again := audit.pruning_told(earlier.id, earlier.month, earlier.first_idx, earlier.last_idx, earlier.count);
        UPDATE audit.pruning p SET told_at = told_again WHERE p.id = earlier.id;
    END LOOP;
    -- so is what a name that signs goes on from: a verification believes no branch that was given up without it
    IF EXISTS (
        SELECT FROM audit.event e
        WHERE e.at >= one.month::timestamp AT TIME ZONE 'Asia/Tokyo'
          AND e.at < (one.month + interval '1 month') AT TIME ZONE 'Asia/Tokyo'
          AND e.action = 'audit.seal.origin_renewed' AND e.result = 'DONE'
          AND NOT EXISTS (SELECT FROM audit.event again
                          WHERE again.xid = pg_current_xact_id() AND again.action = e.action AND again.result = 'DONE'
                            AND again.details = e.details)
    ) THEN
        RAISE EXCEPTION 'renewal_is_told_again' USING ERRCODE = 'check_violation';
    END IF;
    -- tables go by their names, and a name can be given to another table
    EXECUTE format('SELECT EXISTS (SELECT FROM audit.%I WHERE at < $1 OR at >= $2)', 'event_' || to_char(one.month, 'YYYY_MM'))
    INTO is_of_another_month
    USING one.month::timestamp AT TIME ZONE 'Asia/Tokyo', (one.month + interval '1 month') AT TIME ZONE 'Asia/Tokyo';
    IF is_of_another_month THEN
        RAISE EXCEPTION 'month_is_sealed_whole' USING ERRCODE = 'check_violation';
    END IF;
    -- Writers wait for this and so nobody waits long for them (lock_timeout): it is tried another time.
    EXECUTE format('DROP TABLE audit.%I', 'event_' || to_char(one.month, 'YYYY_MM'));
    EXECUTE format('DROP TABLE audit.%I', 'leaf_' || to_char(one.month, 'YYYY_MM'));
    DELETE FROM audit.remembered r
    WHERE r.at >= one.month::timestamp AT TIME ZONE 'Asia/Tokyo'
      AND r.at < (one.month + interval '1 month') AT TIME ZONE 'Asia/Tokyo';
    -- what each person did on a day goes too; what an office did in an hour stays, for the charts
    DELETE FROM audit.tally_actor t WHERE t.day >= one.month AND t.day < one.month + interval '1 month';
    UPDATE audit.pruning p
    SET done_at = clock_timestamp(), first_idx = extent.first, last_idx = extent.last, count = extent.count,
        told_at = told, problem = ''
    WHERE p.id = one.id;
END $$;
REVOKE ALL ON FUNCTION audit.prune_month(uuid) FROM PUBLIC;
"""

TOLD = """
-- When this transaction's entry about a month that goes was written; an exception when it wrote none that says the same.
CREATE FUNCTION audit.pruning_told(p_pruning uuid, p_month date, p_first bigint, p_last bigint, p_count bigint)
RETURNS timestamptz LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    told timestamptz;
BEGIN
    SELECT e.at INTO told FROM audit.event e
    WHERE e.xid = pg_current_xact_id() AND e.action = 'audit.month.pruned' AND e.result = 'DONE'
      AND e.subject_kind = 'audit.monthpruning' AND e.subject_id = p_pruning::text
      AND e.details @> jsonb_build_object(
          'month', to_char(p_month, 'YYYY-MM'), 'first', p_first, 'last', p_last, 'count', p_count);
    IF told IS NULL THEN
        RAISE EXCEPTION 'pruning_is_told_in_the_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN told;
END $$;
REVOKE ALL ON FUNCTION audit.pruning_told(uuid, date, bigint, bigint, bigint) FROM PUBLIC;
"""

GUARD = """
CREATE FUNCTION audit.pruning_moves_by_its_steps() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> '' OR NEW.problem <> '' OR NEW.tried_at IS NOT NULL OR NEW.sealed_decision IS NOT NULL THEN
            RAISE EXCEPTION 'pruning_begins_undecided' USING ERRCODE = 'check_violation';
        END IF;
        IF audit.month_is_over_its_period(NEW.month) IS NOT TRUE THEN
            RAISE EXCEPTION 'month_is_over_its_period' USING ERRCODE = 'check_violation';
        END IF;
        NEW.asked_at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - ARRAY['outcome', 'sealed_decision', 'decided_by_id', 'decided_at', 'problem', 'tried_at', 'done_at',
                             'first_idx', 'last_idx', 'count', 'told_at']
       <> to_jsonb(OLD) - ARRAY['outcome', 'sealed_decision', 'decided_by_id', 'decided_at', 'problem', 'tried_at',
                                'done_at', 'first_idx', 'last_idx', 'count', 'told_at'] THEN
        RAISE EXCEPTION 'what_was_asked_is_not_changed' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.outcome <> '' AND (NEW.outcome, NEW.decided_by_id, NEW.decided_at) IS DISTINCT FROM
                             (OLD.outcome, OLD.decided_by_id, OLD.decided_at)
       OR OLD.outcome <> '' AND NEW.sealed_decision IS DISTINCT FROM OLD.sealed_decision THEN
        RAISE EXCEPTION 'pruning_is_decided_once' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome <> OLD.outcome THEN
        NEW.decided_at := clock_timestamp();
    END IF;
    IF (NEW.done_at, NEW.first_idx, NEW.last_idx, NEW.count) IS DISTINCT FROM
       (OLD.done_at, OLD.first_idx, OLD.last_idx, OLD.count)
       AND (OLD.done_at IS NOT NULL OR OLD.outcome <> 'APPROVED'
            OR to_regclass('audit.event_' || to_char(NEW.month, 'YYYY_MM')) IS NOT NULL
            OR to_regclass('audit.leaf_' || to_char(NEW.month, 'YYYY_MM')) IS NOT NULL) THEN
        RAISE EXCEPTION 'pruning_is_done_once_its_month_is_gone' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pruning_moves_by_its_steps BEFORE INSERT OR UPDATE ON audit.pruning
FOR EACH ROW EXECUTE FUNCTION audit.pruning_moves_by_its_steps();

-- Runs at COMMIT: no step without its entry, in the name of whoever took it. The month itself goes by nobody's hand.
CREATE FUNCTION audit.pruning_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    act text;
    actor bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        act := 'audit.pruning.asked';
        actor := NEW.asked_by_id;
    ELSIF NEW.outcome <> OLD.outcome THEN
        act := 'audit.pruning.' || lower(NEW.outcome);
        actor := NEW.decided_by_id;
    ELSIF (NEW.done_at, NEW.told_at) IS DISTINCT FROM (OLD.done_at, OLD.told_at) THEN
        act := 'audit.month.pruned';
    ELSE
        RETURN NULL;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.id::text AND e.subject_kind = 'audit.monthpruning' AND e.result = 'DONE'
          AND e.xid = pg_current_xact_id() AND e.action = act AND e.actor_id IS NOT DISTINCT FROM actor
          AND e.details ->> 'month' = to_char(NEW.month, 'YYYY-MM')
    ) THEN
        RAISE EXCEPTION 'pruning_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER pruning_is_on_record AFTER INSERT OR UPDATE ON audit.pruning
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.pruning_is_on_record();

CREATE TRIGGER pruning_is_never_removed BEFORE DELETE ON audit.pruning
FOR EACH ROW EXECUTE FUNCTION audit.event_refuses_change();
CREATE TRIGGER pruning_is_never_truncated BEFORE TRUNCATE ON audit.pruning
FOR EACH STATEMENT EXECUTE FUNCTION audit.event_refuses_change();
CREATE TRIGGER retention_is_never_removed BEFORE DELETE ON audit.record_retention
FOR EACH ROW EXECUTE FUNCTION audit.event_refuses_change();
CREATE TRIGGER retention_is_never_truncated BEFORE TRUNCATE ON audit.record_retention
FOR EACH STATEMENT EXECUTE FUNCTION audit.event_refuses_change();
ALTER TABLE audit.pruning ENABLE ALWAYS TRIGGER pruning_moves_by_its_steps;
ALTER TABLE audit.pruning ENABLE ALWAYS TRIGGER pruning_is_on_record;
ALTER TABLE audit.pruning ENABLE ALWAYS TRIGGER pruning_is_never_removed;
ALTER TABLE audit.pruning ENABLE ALWAYS TRIGGER pruning_is_never_truncated;
ALTER TABLE audit.record_retention ENABLE ALWAYS TRIGGER retention_is_dated;
ALTER TABLE audit.record_retention ENABLE ALWAYS TRIGGER retention_change_is_on_record;
ALTER TABLE audit.record_retention ENABLE ALWAYS TRIGGER retention_is_never_removed;
ALTER TABLE audit.record_retention ENABLE ALWAYS TRIGGER retention_is_never_truncated;
REVOKE ALL ON FUNCTION audit.record_retention_is_dated() FROM PUBLIC;
REVOKE ALL ON FUNCTION audit.record_retention_is_on_record() FROM PUBLIC;
REVOKE ALL ON FUNCTION audit.pruning_moves_by_its_steps() FROM PUBLIC;
REVOKE ALL ON FUNCTION audit.pruning_is_on_record() FROM PUBLIC;
"""

UNGUARD = """
DROP TRIGGER retention_is_never_truncated ON audit.record_retention;
DROP TRIGGER retention_is_never_removed ON audit.record_retention;
DROP TRIGGER pruning_is_never_truncated ON audit.pruning;
DROP TRIGGER pruning_is_never_removed ON audit.pruning;
DROP TRIGGER pruning_is_on_record ON audit.pruning;
DROP FUNCTION audit.pruning_is_on_record();
DROP TRIGGER pruning_moves_by_its_steps ON audit.pruning;
DROP FUNCTION audit.pruning_moves_by_its_steps();
DROP FUNCTION audit.prune_month(uuid);
DROP FUNCTION audit.pruning_told(uuid, date, bigint, bigint, bigint);
DROP FUNCTION audit.why_month_stays(date);
DROP FUNCTION audit.month_is_over_its_period(date);
DROP FUNCTION audit.month_extent(date);
DROP TRIGGER retention_change_is_on_record ON audit.record_retention;
DROP FUNCTION audit.record_retention_is_on_record();
DROP TRIGGER retention_is_dated ON audit.record_retention;
DROP FUNCTION audit.record_retention_is_dated();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("audit", "0008_verifying"),
    ]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.CreateModel(
            name="MonthPruning",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("month", models.DateField(verbose_name="月（1日）")),
                ("sealed_reason", models.BinaryField(verbose_name="理由（暗号化）")),
                ("asked_by_id", models.BigIntegerField(verbose_name="申請者")),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="申請日時")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("APPROVED", "承認"), ("REJECTED", "却下"), ("WITHDRAWN", "取下げ")],
                        default="",
                        max_length=10,
                        verbose_name="結果",
                    ),
                ),
                ("sealed_decision", models.BinaryField(blank=True, null=True, verbose_name="決定の理由（暗号化）")),
                ("decided_by_id", models.BigIntegerField(blank=True, null=True, verbose_name="決定者")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="決定日時")),
                ("problem", models.CharField(blank=True, default="", max_length=60, verbose_name="問題")),
                ("tried_at", models.DateTimeField(blank=True, null=True, verbose_name="最後に試みた日時")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="削除日時")),
                ("first_idx", models.BigIntegerField(blank=True, null=True, verbose_name="最初の位置")),
                ("last_idx", models.BigIntegerField(blank=True, null=True, verbose_name="最後の位置")),
                ("count", models.BigIntegerField(blank=True, null=True, verbose_name="件数")),
                ("told_at", models.DateTimeField(blank=True, null=True, verbose_name="削除の記録の日時")),
            ],
            options={
                "verbose_name": "操作記録の月の削除",
                "verbose_name_plural": "操作記録の月の削除",
                "db_table": 'audit"."pruning',
                "default_permissions": (),
                "indexes": [models.Index(fields=["-asked_at"], name="pruning_by_time")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("month__day", 1)), name="pruning_is_of_a_month"),
                    models.UniqueConstraint(
                        condition=models.Q(("outcome__in", ["", "APPROVED"])),
                        fields=("month",),
                        name="pruning_of_a_month_is_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["", "APPROVED", "REJECTED", "WITHDRAWN"])),
                        name="pruning_outcome_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by_id__isnull", True), ("outcome", "")),
                            models.Q(
                                models.Q(("outcome", ""), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by_id__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="pruning_decision_is_signed_and_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by_id__isnull", True),
                            models.Q(("decided_by_id", models.F("asked_by_id")), ("outcome", "WITHDRAWN")),
                            models.Q(
                                models.Q(("outcome", "WITHDRAWN"), _negated=True),
                                models.Q(("decided_by_id", models.F("asked_by_id")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="pruning_is_decided_by_a_second_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "REJECTED"), _negated=True),
                            ("sealed_decision__isnull", False),
                            _connector="OR",
                        ),
                        name="pruning_is_rejected_with_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("count__isnull", True),
                                ("done_at__isnull", True),
                                ("first_idx__isnull", True),
                                ("last_idx__isnull", True),
                                ("told_at__isnull", True),
                            ),
                            models.Q(
                                ("count__isnull", False),
                                ("done_at__isnull", False),
                                ("first_idx__isnull", False),
                                ("last_idx__isnull", False),
                                ("outcome", "APPROVED"),
                                ("told_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="pruning_is_done_only_when_approved",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecordRetention",
            fields=[
                ("id", models.SmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ("years", models.SmallIntegerField(verbose_name="保存する年数")),
                ("changed_at", models.DateTimeField(blank=True, null=True, verbose_name="変更日時")),
            ],
            options={
                "verbose_name": "操作記録の保存期間",
                "verbose_name_plural": "操作記録の保存期間",
                "db_table": 'audit"."record_retention',
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="record_has_one_period"),
                    models.CheckConstraint(
                        condition=models.Q(("years__range", (5, 100))), name="record_is_kept_five_years_at_least"
                    ),
                ],
            },
        ),
        migrations.RunSQL(PERIOD + EXTENT + TOLD + PRUNE + GUARD, UNGUARD),
    ]
