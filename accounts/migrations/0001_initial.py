import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "login_id",
                    models.CharField(
                        max_length=40,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[a-z][a-z0-9._-]{2,39}\\Z", "半角の英小文字で始まる3〜40文字で入力してください。"
                            )
                        ],
                        verbose_name="利用者ID",
                    ),
                ),
                ("display_name", models.CharField(max_length=60, verbose_name="氏名")),
                ("section", models.CharField(blank=True, max_length=60, verbose_name="所属")),
                ("is_active", models.BooleanField(default=True, verbose_name="有効")),
                (
                    "joined_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="登録日時"
                    ),
                ),
            ],
            options={
                "verbose_name": "利用者",
                "verbose_name_plural": "利用者",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="PasswordAttempts",
            fields=[
                (
                    "account",
                    models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name="利用者IDの指紋"),
                ),
                ("tries", models.PositiveSmallIntegerField(verbose_name="試行の回数")),
                ("last_at", models.DateTimeField(verbose_name="最後の試行")),
            ],
            options={
                "verbose_name": "パスワードの試行",
                "verbose_name_plural": "パスワードの試行",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="CodeDevice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="The human-readable name of this device.", max_length=64)),
                ("confirmed", models.BooleanField(default=True, help_text="Is this device ready for use?")),
                (
                    "throttling_failure_timestamp",
                    models.DateTimeField(
                        blank=True,
                        default=None,
                        help_text="A timestamp of the last failed verification attempt. Null if last attempt succeeded.",
                        null=True,
                    ),
                ),
                (
                    "throttling_failure_count",
                    models.PositiveIntegerField(default=0, help_text="Number of successive failed attempts."),
                ),
                ("sealed_seed", models.BinaryField(verbose_name="種（暗号化）")),
                ("last_step", models.BigIntegerField(default=-1, verbose_name="最後に使ったコードの時刻")),
                (
                    "user",
                    models.ForeignKey(
                        help_text="The user that this device belongs to.",
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "確認コードの機器",
                "verbose_name_plural": "確認コードの機器",
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("user",), name="person_has_one_code_device")],
            },
        ),
        migrations.CreateModel(
            name="RoleAssignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("MAKER", "MAKER"),
                            ("CONTRACT_MAKER", "CONTRACT_MAKER"),
                            ("CHECKER", "CHECKER"),
                            ("NUMBER_VIEWER", "NUMBER_VIEWER"),
                            ("AUDITOR", "AUDITOR"),
                            ("USER_ADMINISTRATOR", "USER_ADMINISTRATOR"),
                        ],
                        max_length=30,
                        verbose_name="役割",
                    ),
                ),
                (
                    "given_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="付与日時"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="role_assignments",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="利用者",
                    ),
                ),
            ],
            options={
                "verbose_name": "役割の付与",
                "verbose_name_plural": "役割の付与",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("user", "role"), name="role_is_given_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "role__in",
                                [
                                    "MAKER",
                                    "CONTRACT_MAKER",
                                    "CHECKER",
                                    "NUMBER_VIEWER",
                                    "AUDITOR",
                                    "USER_ADMINISTRATOR",
                                ],
                            )
                        ),
                        name="role_is_known",
                    ),
                ],
            },
        ),
    ]
