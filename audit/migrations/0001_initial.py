import uuid

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ActorLabel",
            fields=[
                ("actor_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120, verbose_name="氏名")),
                ("login_id", models.CharField(max_length=40, verbose_name="利用者ID")),
            ],
            options={
                "verbose_name": "利用者の呼び名",
                "db_table": 'audit"."actor_label',
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="日時"),
                ),
                ("action", models.CharField(max_length=60, verbose_name="操作")),
                (
                    "result",
                    models.CharField(
                        choices=[("DONE", "実行"), ("REFUSED", "拒否"), ("FAILED", "失敗")],
                        default="DONE",
                        max_length=10,
                        verbose_name="結果",
                    ),
                ),
                ("actor_id", models.BigIntegerField(blank=True, null=True, verbose_name="利用者番号")),
                ("actor_name", models.CharField(blank=True, max_length=120, verbose_name="利用者")),
                ("actor_roles", models.CharField(blank=True, max_length=200, verbose_name="役割")),
                ("subject_kind", models.CharField(blank=True, max_length=40, verbose_name="対象の種類")),
                ("subject_id", models.CharField(blank=True, max_length=100, verbose_name="対象の識別子")),
                ("subject_label", models.CharField(blank=True, max_length=60, verbose_name="対象")),
                ("person_id", models.UUIDField(blank=True, null=True, verbose_name="受給者の識別子")),
                ("purpose", models.CharField(blank=True, max_length=40, verbose_name="目的")),
                ("sealed_reason", models.BinaryField(blank=True, null=True, verbose_name="理由（暗号化）")),
                ("details", models.JSONField(blank=True, default=dict, verbose_name="詳細")),
                ("client", models.GenericIPAddressField(blank=True, null=True, verbose_name="端末")),
                ("session", models.CharField(blank=True, max_length=16, verbose_name="セッション")),
                ("request_id", models.UUIDField(blank=True, null=True, verbose_name="要求番号")),
            ],
            options={
                "verbose_name": "操作記録",
                "verbose_name_plural": "操作記録",
                "db_table": 'audit"."event',
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["-at", "-id"], name="event_by_time"),
                    models.Index(fields=["actor_id", "-at", "-id"], name="event_by_actor"),
                    models.Index(fields=["person_id", "-at", "-id"], name="event_by_person"),
                    models.Index(fields=["action", "-at", "-id"], name="event_by_action"),
                    models.Index(fields=["subject_id", "-at"], name="event_by_subject"),
                    models.Index(fields=["subject_label", "-at"], name="event_by_subject_label"),
                    models.Index(
                        condition=models.Q(("result", "DONE"), _negated=True),
                        fields=["result", "-at", "-id"],
                        name="event_by_result",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("result__in", ["DONE", "REFUSED", "FAILED"])), name="event_result_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("action", ""), _negated=True), name="event_has_an_action"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PersonLabel",
            fields=[
                ("person_id", models.UUIDField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=400, verbose_name="氏名")),
                ("kana", models.CharField(max_length=400, verbose_name="フリガナ")),
            ],
            options={
                "verbose_name": "受給者の呼び名",
                "db_table": 'audit"."person_label',
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["name"], name="person_label_by_name", opclasses=["varchar_pattern_ops"]),
                    models.Index(fields=["kana"], name="person_label_by_kana", opclasses=["varchar_pattern_ops"]),
                ],
            },
        ),
    ]
