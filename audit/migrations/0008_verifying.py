"""What verifications of the record found: a row for each, asked for and ended on record, and then fixed."""

from typing import ClassVar

from django.db import migrations, models

INSTALL = """
CREATE FUNCTION audit.verification_begins_open() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.started_at IS NOT NULL OR NEW.beat_at IS NOT NULL OR NEW.ended_at IS NOT NULL OR NEW.root IS NOT NULL
       OR (NEW.position, NEW.size, NEW.events, NEW.faults) IS DISTINCT FROM (0::bigint, 0::bigint, 0::bigint, 0) THEN
        RAISE EXCEPTION 'verification_begins_open' USING ERRCODE = 'check_violation';
    END IF;
    -- what is left out has been found good
    IF NEW.since <> 0 AND (NEW.kind <> 'NEW' OR NOT EXISTS (
        SELECT FROM audit.verification v WHERE v.ended_at IS NOT NULL AND v.faults = 0 AND v.size = NEW.since
    )) THEN
        RAISE EXCEPTION 'verification_goes_on_from_a_good_one' USING ERRCODE = 'check_violation';
    END IF;
    NEW.asked_at := clock_timestamp();
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION audit.verification_begins_open() FROM PUBLIC;
CREATE TRIGGER verification_begins_open BEFORE INSERT ON audit.verification
FOR EACH ROW EXECUTE FUNCTION audit.verification_begins_open();

CREATE FUNCTION audit.verification_ends_once() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL
       OR (NEW.id, NEW.kind, NEW.asked_at, NEW.since) IS DISTINCT FROM (OLD.id, OLD.kind, OLD.asked_at, OLD.since)
       OR NEW.asked_by_id IS DISTINCT FROM OLD.asked_by_id THEN
        RAISE EXCEPTION 'verification_ends_once' USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.beat_at := clock_timestamp();
    IF NEW.started_at IS DISTINCT FROM OLD.started_at THEN
        NEW.started_at := clock_timestamp();
    END IF;
    IF NEW.ended_at IS NOT NULL THEN
        NEW.ended_at := clock_timestamp();
        IF OLD.started_at IS NULL OR NEW.root IS NULL OR NEW.faults < 0 OR NEW.size < NEW.since
           OR NEW.position IS DISTINCT FROM NEW.size THEN
            RAISE EXCEPTION 'verification_ends_after_its_beginning' USING ERRCODE = 'check_violation';
        END IF;
        -- the next one goes on from here
        IF NEW.faults = 0 AND NEW.size <> 0 AND NOT EXISTS (
            SELECT FROM audit.checkpoint c WHERE c.size = NEW.size AND c.root = NEW.root
        ) THEN
            RAISE EXCEPTION 'verification_finds_what_is_sealed' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION audit.verification_ends_once() FROM PUBLIC;
CREATE TRIGGER verification_ends_once BEFORE UPDATE ON audit.verification
FOR EACH ROW EXECUTE FUNCTION audit.verification_ends_once();

CREATE FUNCTION audit.verification_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.ended_at IS NULL THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (
        SELECT FROM audit.event e
        WHERE e.xid = pg_current_xact_id() AND e.subject_kind = 'audit.verification' AND e.subject_id = NEW.id::text
          AND e.details ->> 'kind' = NEW.kind
          AND CASE WHEN TG_OP = 'INSERT' THEN
              e.action = 'audit.verification.asked' AND e.result = 'DONE'
              AND e.actor_id IS NOT DISTINCT FROM NEW.asked_by_id
          ELSE
              e.action = 'audit.verification.done' AND e.result = CASE NEW.faults WHEN 0 THEN 'DONE' ELSE 'FAILED' END
              AND e.details -> 'count' = to_jsonb(NEW.faults) AND e.details -> 'size' = to_jsonb(NEW.size)
          END
    ) THEN
        RAISE EXCEPTION 'verification_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION audit.verification_is_on_record() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER verification_is_on_record AFTER INSERT OR UPDATE ON audit.verification
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.verification_is_on_record();

CREATE TRIGGER verification_is_never_removed BEFORE DELETE ON audit.verification
FOR EACH ROW EXECUTE FUNCTION audit.event_refuses_change();
CREATE TRIGGER verification_is_never_truncated BEFORE TRUNCATE ON audit.verification
FOR EACH STATEMENT EXECUTE FUNCTION audit.event_refuses_change();
ALTER TABLE audit.verification ENABLE ALWAYS TRIGGER verification_begins_open;
ALTER TABLE audit.verification ENABLE ALWAYS TRIGGER verification_ends_once;
ALTER TABLE audit.verification ENABLE ALWAYS TRIGGER verification_is_on_record;
ALTER TABLE audit.verification ENABLE ALWAYS TRIGGER verification_is_never_removed;
ALTER TABLE audit.verification ENABLE ALWAYS TRIGGER verification_is_never_truncated;
"""

REMOVE = """
DROP TRIGGER verification_is_never_truncated ON audit.verification;
DROP TRIGGER verification_is_never_removed ON audit.verification;
DROP TRIGGER verification_is_on_record ON audit.verification;
DROP FUNCTION audit.verification_is_on_record();
DROP TRIGGER verification_ends_once ON audit.verification;
DROP FUNCTION audit.verification_ends_once();
DROP TRIGGER verification_begins_open ON audit.verification;
DROP FUNCTION audit.verification_begins_open();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("audit", "0007_watching"),
    ]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.CreateModel(
            name="Verification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("NEW", "新しい分（毎晩）"),
                            ("WHOLE", "全件（毎週）"),
                            ("ASKED", "全件（画面から）"),
                            ("COMMAND", "コマンド"),
                        ],
                        max_length=10,
                        verbose_name="種類",
                    ),
                ),
                ("asked_by_id", models.BigIntegerField(null=True, verbose_name="始めた人")),
                ("asked_at", models.DateTimeField(verbose_name="依頼日時")),
                ("since", models.BigIntegerField(default=0, verbose_name="検証を始めた位置")),
                ("started_at", models.DateTimeField(null=True, verbose_name="開始")),
                ("beat_at", models.DateTimeField(null=True, verbose_name="最後に進んだ時刻")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="終了")),
                ("position", models.BigIntegerField(default=0, verbose_name="位置")),
                ("size", models.BigIntegerField(default=0, verbose_name="件数")),
                ("root", models.BinaryField(null=True, verbose_name="根")),
                ("events", models.BigIntegerField(default=0, verbose_name="検証した記録")),
                ("faults", models.IntegerField(default=0, verbose_name="異常の数")),
                ("sentences", models.JSONField(default=list, verbose_name="異常（初めの分）")),
                ("notices", models.JSONField(default=list, verbose_name="注意")),
            ],
            options={
                "db_table": 'audit"."verification',
                "verbose_name": "操作記録の検証",
                "verbose_name_plural": "操作記録の検証",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        models.Value(1),
                        condition=models.Q(("ended_at__isnull", True)),
                        name="verification_is_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.RunSQL(INSTALL, REMOVE),
        # the table is 0003's
        migrations.CreateModel(
            name="Fault",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("found_at", models.DateTimeField(verbose_name="見つけた日時")),
                ("kind", models.CharField(max_length=40, verbose_name="種類")),
                ("event_id", models.UUIDField(null=True, verbose_name="記録番号")),
                ("idx", models.BigIntegerField(null=True, verbose_name="位置")),
                ("words", models.TextField(verbose_name="内容")),
            ],
            options={
                "db_table": 'audit"."fault',
                "verbose_name": "操作記録の異常",
                "verbose_name_plural": "操作記録の異常",
                "default_permissions": (),
                "managed": False,
            },
        ),
    ]
