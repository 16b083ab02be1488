"""Fill in the health centre of the applications that are there, from what was typed.

Every application so far is for 特定医療費（指定難病）, the column's default. Going back needs nothing: what was typed is
still in ``entry``.
"""

from typing import ClassVar

from django.db import migrations

# No application is changed by this, decided ones included: the guards on its steps stand aside for the one statement,
# in the same transaction, and are put back as they were.
FILL = """
ALTER TABLE benefits_application DISABLE TRIGGER application_moves_by_the_table;
ALTER TABLE benefits_application DISABLE TRIGGER application_step_is_on_record;
UPDATE benefits_application SET office = entry ->> 'accepted_office'
WHERE office = '' AND entry ->> 'accepted_office' IN ('CHUO', 'KITA', 'MINAMI', 'HIGASHI', 'NISHI');
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE benefits_application ENABLE ALWAYS TRIGGER application_moves_by_the_table;
ALTER TABLE benefits_application ENABLE ALWAYS TRIGGER application_step_is_on_record;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("benefits", "0004_office_and_programme")]

    operations: ClassVar = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
