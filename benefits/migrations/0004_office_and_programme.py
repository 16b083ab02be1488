"""Let a right be limited to a health centre or a benefit: each application says which ones it belongs to."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("benefits", "0003_certification_guard")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="application",
            name="office",
            field=models.CharField(
                blank=True,
                choices=[
                    ("CHUO", "中央保健所"),
                    ("KITA", "北保健所"),
                    ("MINAMI", "南保健所"),
                    ("HIGASHI", "東保健所"),
                    ("NISHI", "西保健所"),
                ],
                db_default="",
                default="",
                max_length=20,
                verbose_name="受付保健所",
            ),
        ),
        migrations.AddField(
            model_name="application",
            name="programme",
            field=models.CharField(
                choices=[("NANBYO", "特定医療費（指定難病）")],
                db_default="NANBYO",
                default="NANBYO",
                max_length=20,
                verbose_name="制度",
            ),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(fields=["office", "-edited_at", "-id"], name="application_by_office"),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(("office__in", ["", "CHUO", "KITA", "MINAMI", "HIGASHI", "NISHI"])),
                name="application_office_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(("programme__in", ["NANBYO"])), name="application_programme_is_known"
            ),
        ),
    ]
