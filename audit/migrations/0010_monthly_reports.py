"""The monthly report of the watching: signed by two, kept with its document, and never changed.

And an index for the charts, which ask for a few actions over months. It holds no counts, so that counting up stays cheap.
"""

import uuid
from typing import ClassVar

import django.utils.timezone
from django.db import migrations, models

GUARD = """
CREATE FUNCTION audit.monthly_report_is_signed_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.countersigned_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'report_is_signed_by_one_first' USING ERRCODE = 'check_violation';
        END IF;
        IF (NEW.month + interval '1 month')::date > (clock_timestamp() AT TIME ZONE 'Asia/Tokyo')::date THEN
            RAISE EXCEPTION 'report_is_of_a_month_that_is_over' USING ERRCODE = 'check_violation';
        END IF;
        NEW.signed_at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF OLD.countersigned_by_id IS NOT NULL OR NEW.countersigned_by_id IS NULL
       OR to_jsonb(NEW) - ARRAY['countersigned_by_id', 'countersigned_at', 'pdf', 'pdf_sha256']
          <> to_jsonb(OLD) - ARRAY['countersigned_by_id', 'countersigned_at', 'pdf', 'pdf_sha256'] THEN
        RAISE EXCEPTION 'report_is_signed_once' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.pdf_sha256 IS DISTINCT FROM encode(sha256(NEW.pdf), 'hex') THEN
        RAISE EXCEPTION 'report_names_its_document' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER report_is_signed_once BEFORE INSERT OR UPDATE ON audit.monthly_report
FOR EACH ROW EXECUTE FUNCTION audit.monthly_report_is_signed_once();

-- Runs at COMMIT: no signature without its entry, in the name of whoever signs.
CREATE FUNCTION audit.monthly_report_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.id::text AND e.subject_kind = 'audit.monthlyreport' AND e.result = 'DONE'
          AND e.xid = pg_current_xact_id()
          AND e.action = 'audit.report.' || CASE WHEN TG_OP = 'INSERT' THEN 'signed' ELSE 'countersigned' END
          AND e.actor_id = CASE WHEN TG_OP = 'INSERT' THEN NEW.signed_by_id ELSE NEW.countersigned_by_id END
          AND e.details ->> 'fingerprint' = CASE WHEN TG_OP = 'INSERT' THEN NEW.fingerprint ELSE NEW.pdf_sha256 END
    ) THEN
        RAISE EXCEPTION 'report_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER report_is_on_record AFTER INSERT OR UPDATE ON audit.monthly_report
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.monthly_report_is_on_record();

CREATE TRIGGER report_is_never_removed BEFORE DELETE ON audit.monthly_report
FOR EACH ROW EXECUTE FUNCTION audit.event_refuses_change();
CREATE TRIGGER report_is_never_truncated BEFORE TRUNCATE ON audit.monthly_report
FOR EACH STATEMENT EXECUTE FUNCTION audit.event_refuses_change();
ALTER TABLE audit.monthly_report ENABLE ALWAYS TRIGGER report_is_signed_once;
ALTER TABLE audit.monthly_report ENABLE ALWAYS TRIGGER report_is_on_record;
ALTER TABLE audit.monthly_report ENABLE ALWAYS TRIGGER report_is_never_removed;
ALTER TABLE audit.monthly_report ENABLE ALWAYS TRIGGER report_is_never_truncated;
REVOKE ALL ON FUNCTION audit.monthly_report_is_signed_once() FROM PUBLIC;
REVOKE ALL ON FUNCTION audit.monthly_report_is_on_record() FROM PUBLIC;
"""

UNGUARD = """
DROP TRIGGER report_is_never_truncated ON audit.monthly_report;
DROP TRIGGER report_is_never_removed ON audit.monthly_report;
DROP TRIGGER report_is_on_record ON audit.monthly_report;
DROP FUNCTION audit.monthly_report_is_on_record();
DROP TRIGGER report_is_signed_once ON audit.monthly_report;
DROP FUNCTION audit.monthly_report_is_signed_once();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("audit", "0009_pruning"),
    ]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.CreateModel(
            name="MonthlyReport",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("month", models.DateField(unique=True, verbose_name="月（1日）")),
                ("figures", models.JSONField(verbose_name="数値")),
                ("fingerprint", models.CharField(max_length=64, verbose_name="数値の指紋（SHA-256）")),
                ("signed_by_id", models.BigIntegerField(verbose_name="監査担当")),
                (
                    "signed_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="監査担当の署名日時"),
                ),
                (
                    "countersigned_by_id",
                    models.BigIntegerField(blank=True, null=True, verbose_name="情報セキュリティ責任者"),
                ),
                (
                    "countersigned_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="情報セキュリティ責任者の署名日時"),
                ),
                ("pdf", models.BinaryField(blank=True, null=True, verbose_name="報告書")),
                (
                    "pdf_sha256",
                    models.CharField(blank=True, default="", max_length=64, verbose_name="報告書の指紋（SHA-256）"),
                ),
            ],
            options={
                "verbose_name": "月次報告",
                "verbose_name_plural": "月次報告",
                "db_table": 'audit"."monthly_report',
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("month__day", 1)), name="report_is_of_a_month"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("countersigned_at__isnull", True),
                                ("countersigned_by_id__isnull", True),
                                ("pdf__isnull", True),
                                ("pdf_sha256", ""),
                            ),
                            models.Q(
                                ("countersigned_at__isnull", False),
                                ("countersigned_by_id__isnull", False),
                                ("pdf__isnull", False),
                                models.Q(("pdf_sha256", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="report_is_countersigned_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("countersigned_by_id__isnull", True),
                            models.Q(("countersigned_by_id", models.F("signed_by_id")), _negated=True),
                            _connector="OR",
                        ),
                        name="report_is_countersigned_by_another",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.RunSQL(
            "CREATE INDEX tally_hour_by_action ON audit.tally_hour (action, day)",
            "DROP INDEX audit.tally_hour_by_action",
        ),
    ]
