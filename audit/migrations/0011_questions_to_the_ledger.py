"""Let Django put questions to the ledger's own tables, which migration 0003 made."""

from typing import ClassVar

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("audit", "0010_monthly_reports")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("event_id", models.UUIDField(primary_key=True, serialize=False)),
                ("event_at", models.DateTimeField(verbose_name="日時")),
                ("idx", models.BigIntegerField(verbose_name="台帳の位置")),
                (
                    "facets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="目印"
                    ),
                ),
            ],
            options={
                "verbose_name": "台帳の位置",
                "db_table": 'audit"."leaf',
                "default_permissions": (),
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Pending",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(verbose_name="日時")),
            ],
            options={
                "verbose_name": "封印待ちの記録",
                "db_table": 'audit"."pending',
                "default_permissions": (),
                "managed": False,
            },
        ),
    ]
