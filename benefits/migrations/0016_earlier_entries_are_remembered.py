"""What guards look back on is remembered of the entries of before, too."""

from typing import ClassVar

from django.db import migrations

#: The guards of new entries do not concern these: they were written under those of their time.
FILL = """
ALTER TABLE audit.remembered DISABLE TRIGGER USER;
INSERT INTO audit.remembered (id, at, action, result, actor_id, subject_kind, subject_id, person_id, purpose, details, xid)
SELECT e.id, e.at, e.action, e.result, e.actor_id, e.subject_kind, e.subject_id, e.person_id, e.purpose, e.details, e.xid
FROM audit.event e WHERE audit.is_remembered(e.action)
ON CONFLICT (id) DO NOTHING;
DO $$
DECLARE
    guard record;
BEGIN
    FOR guard IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit.remembered'::regclass AND NOT tgisinternal LOOP
        EXECUTE format('ALTER TABLE audit.remembered ENABLE ALWAYS TRIGGER %I', guard.tgname);
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("benefits", "0015_guards_look_back")]

    operations: ClassVar = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
