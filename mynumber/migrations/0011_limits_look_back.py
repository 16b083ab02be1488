"""An index for what asks after a person's number. Limits that count back a day go by time (audit.event_by_time)."""

from typing import ClassVar

from django.db import migrations

INSTALL = """
-- Each index of the record costs every writer, though hardly an entry is in it: there is this one.
CREATE INDEX event_about_a_number ON audit.event (person_id, at) WHERE action LIKE 'mynumber.number.%';
"""
REMOVE = """
DROP INDEX audit.event_about_a_number;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("mynumber", "0010_tickets_without_entry"),
        ("audit", "0005_earlier_table_goes"),
    ]

    operations: ClassVar = [migrations.RunSQL(INSTALL, REMOVE)]
