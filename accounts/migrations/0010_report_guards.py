"""The monthly report is signed by an auditor, then by another auditor or a records keeper."""

from typing import ClassVar

from django.db import migrations

INSTALL = """
CREATE FUNCTION accounts_report_takes_two() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT accounts_holds(NEW.signed_by_id, 'AUDITOR') THEN
            RAISE EXCEPTION 'report_is_signed_by_an_auditor' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NOT (accounts_holds(NEW.countersigned_by_id, 'AUDITOR')
               OR accounts_holds(NEW.countersigned_by_id, 'RECORDS_KEEPER')) THEN
        RAISE EXCEPTION 'report_is_countersigned_by_an_auditor_or_keeper' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION accounts_report_takes_two() FROM PUBLIC;
CREATE TRIGGER report_takes_two BEFORE INSERT OR UPDATE ON audit.monthly_report
FOR EACH ROW EXECUTE FUNCTION accounts_report_takes_two();
ALTER TABLE audit.monthly_report ENABLE ALWAYS TRIGGER report_takes_two;
"""

REMOVE = """
DROP TRIGGER report_takes_two ON audit.monthly_report;
DROP FUNCTION accounts_report_takes_two();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0009_pruning_guards"),
        ("audit", "0010_monthly_reports"),
    ]

    operations: ClassVar = [
        migrations.RunSQL(INSTALL, REMOVE),
    ]
