"""An index for the guards that ask what was done to one thing before: few entries are of these kinds."""

from typing import ClassVar

from django.db import migrations

INSTALL = """
CREATE INDEX event_that_a_guard_asks_for ON audit.event (subject_id, at) WHERE action IN (
    'benefits.correction.typed', 'benefits.deletion.approved', 'benefits.import.row_viewed');
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("benefits", "0014_watching"),
        ("audit", "0005_earlier_table_goes"),
    ]

    operations: ClassVar = [migrations.RunSQL(INSTALL, "DROP INDEX audit.event_that_a_guard_asks_for;")]
