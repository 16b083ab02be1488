import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="作成日時"
                    ),
                ),
                (
                    "recipient_number",
                    models.CharField(blank=True, max_length=7, null=True, unique=True, verbose_name="受給者番号"),
                ),
                ("family_name", models.CharField(blank=True, max_length=160, null=True, verbose_name="氏")),
                ("given_name", models.CharField(blank=True, max_length=160, null=True, verbose_name="名")),
                (
                    "family_kana",
                    models.CharField(blank=True, max_length=160, null=True, verbose_name="フリガナ（氏）"),
                ),
                ("given_kana", models.CharField(blank=True, max_length=160, null=True, verbose_name="フリガナ（名）")),
                ("birth_on", models.DateField(blank=True, null=True, verbose_name="生年月日")),
                (
                    "sex",
                    models.CharField(
                        blank=True, choices=[("1", "男"), ("2", "女")], max_length=1, null=True, verbose_name="性別"
                    ),
                ),
                ("postal_code", models.CharField(blank=True, max_length=7, null=True, verbose_name="郵便番号")),
                ("address", models.CharField(blank=True, max_length=1100, null=True, verbose_name="住所")),
                ("phone", models.CharField(blank=True, max_length=20, verbose_name="電話番号")),
                ("name_key", models.CharField(blank=True, max_length=400, null=True, verbose_name="氏名の検索キー")),
                (
                    "kana_key",
                    models.CharField(blank=True, max_length=400, null=True, verbose_name="フリガナの検索キー"),
                ),
                ("registered_at", models.DateTimeField(blank=True, null=True, verbose_name="登録日時")),
                (
                    "registered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="登録者",
                    ),
                ),
            ],
            options={
                "verbose_name": "受給者",
                "verbose_name_plural": "受給者",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["kana_key"], name="person_by_kana", opclasses=["varchar_pattern_ops"]),
                    models.Index(fields=["name_key"], name="person_by_name", opclasses=["varchar_pattern_ops"]),
                    models.Index(fields=["birth_on"], name="person_by_birth"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("address__isnull", False),
                                ("birth_on__isnull", False),
                                ("family_kana__isnull", False),
                                ("family_name__isnull", False),
                                ("given_kana__isnull", False),
                                ("given_name__isnull", False),
                                ("kana_key__isnull", False),
                                ("name_key__isnull", False),
                                ("postal_code__isnull", False),
                                ("recipient_number__isnull", False),
                                ("registered_at__isnull", False),
                                ("registered_by__isnull", False),
                                ("sex__isnull", False),
                            ),
                            models.Q(
                                ("address__isnull", True),
                                ("birth_on__isnull", True),
                                ("family_kana__isnull", True),
                                ("family_name__isnull", True),
                                ("given_kana__isnull", True),
                                ("given_name__isnull", True),
                                ("kana_key__isnull", True),
                                ("name_key__isnull", True),
                                ("postal_code__isnull", True),
                                ("recipient_number__isnull", True),
                                ("registered_at__isnull", True),
                                ("registered_by__isnull", True),
                                ("sex__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="person_is_registered_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("recipient_number__isnull", True),
                            ("recipient_number__regex", "^[0-9]{7}$"),
                            _connector="OR",
                        ),
                        name="person_recipient_number_is_seven_digits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sex__isnull", True), ("sex__in", ["1", "2"]), _connector="OR"),
                        name="person_sex_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Application",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("receipt_number", models.CharField(max_length=20, unique=True, verbose_name="受付番号")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("DRAFT", "下書き"),
                            ("SUBMITTED", "確認待ち"),
                            ("RETURNED", "差戻し"),
                            ("APPROVED", "承認済み"),
                            ("WITHDRAWN", "取下げ"),
                        ],
                        default="DRAFT",
                        max_length=20,
                        verbose_name="状態",
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1, verbose_name="版")),
                ("submission", models.PositiveIntegerField(default=0, verbose_name="提出の回数")),
                ("entry", models.JSONField(default=dict, verbose_name="入力のまま")),
                ("content", models.TextField(blank=True, default="", verbose_name="申請の内容")),
                ("patient_name", models.CharField(blank=True, max_length=400, verbose_name="受診者氏名")),
                ("patient_kana", models.CharField(blank=True, max_length=400, verbose_name="フリガナ")),
                ("number_version", models.PositiveIntegerField(blank=True, null=True, verbose_name="個人番号の版")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="作成日時"
                    ),
                ),
                ("edited_at", models.DateTimeField(verbose_name="最後の入力日時")),
                (
                    "editor_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="入力に関わった人"
                    ),
                ),
                ("submitted_at", models.DateTimeField(blank=True, null=True, verbose_name="提出日時")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="承認日時")),
                (
                    "approved_sha256",
                    models.CharField(blank=True, max_length=64, null=True, verbose_name="承認した内容の指紋"),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="created_applications",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="作成者",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decided_applications",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="承認者",
                    ),
                ),
                (
                    "edited_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="最後の入力者",
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="submitted_applications",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="提出者",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="applications",
                        to="benefits.person",
                        verbose_name="受診者",
                    ),
                ),
            ],
            options={
                "verbose_name": "申請",
                "verbose_name_plural": "申請",
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "SUBMITTED")),
                        fields=["submitted_at", "id"],
                        name="application_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["DRAFT", "RETURNED"])),
                        fields=["-edited_at", "-id"],
                        name="application_editable",
                    ),
                    models.Index(fields=["-edited_at", "-id"], name="application_by_edit"),
                    models.Index(fields=["status", "-edited_at", "-id"], name="application_by_status"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["DRAFT", "SUBMITTED", "RETURNED", "APPROVED", "WITHDRAWN"])
                        ),
                        name="application_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("submitted_at__isnull", False), ("submitted_by__isnull", False)),
                            models.Q(("submitted_at__isnull", True), ("submitted_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="application_submission_is_signed_and_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["SUBMITTED", "APPROVED"]), _negated=True),
                            models.Q(
                                ("submitted_by__isnull", False),
                                models.Q(("content", ""), _negated=True),
                                ("submission__gt", 0),
                            ),
                            _connector="OR",
                        ),
                        name="application_is_whole_once_submitted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("approved_sha256__isnull", False),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            models.Q(
                                ("approved_sha256__isnull", True),
                                ("decided_at__isnull", True),
                                ("decided_by__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="application_decision_is_signed_dated_and_sealed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", False), ("status", "APPROVED")),
                            models.Q(models.Q(("status", "APPROVED"), _negated=True), ("decided_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="application_is_approved_only_by_decision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("decided_by", models.F("submitted_by")), _negated=True),
                        name="application_is_not_decided_by_its_submitter",
                        violation_error_message="自分が提出した申請は承認できません。",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Certification",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("payer_number", models.CharField(max_length=8, verbose_name="公費負担者番号")),
                ("disease_number", models.PositiveSmallIntegerField(verbose_name="告示番号")),
                (
                    "income_class",
                    models.CharField(
                        choices=[
                            ("PUBLIC_ASSISTANCE", "生活保護"),
                            ("LOW_1", "低所得Ⅰ"),
                            ("LOW_2", "低所得Ⅱ"),
                            ("GENERAL_1", "一般所得Ⅰ"),
                            ("GENERAL_2", "一般所得Ⅱ"),
                            ("UPPER", "上位所得"),
                        ],
                        max_length=20,
                        verbose_name="階層区分",
                    ),
                ),
                ("is_provisional", models.BooleanField(default=False, verbose_name="暫定")),
                ("monthly_cap", models.PositiveIntegerField(verbose_name="自己負担上限月額（円）")),
                ("burden_column", models.CharField(max_length=40, verbose_name="負担の区分")),
                (
                    "reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None, verbose_name="決定の理由"
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="有効期間の開始日")),
                ("valid_to", models.DateField(verbose_name="有効期間の終了日")),
                ("decided_at", models.DateTimeField(verbose_name="決定日時")),
                (
                    "application",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certification",
                        to="benefits.application",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certifications",
                        to="benefits.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "支給認定",
                "verbose_name_plural": "支給認定",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["person", "-valid_from"], name="certification_by_person"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("valid_from__lte", models.F("valid_to"))),
                        name="certification_ends_after_it_starts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "income_class__in",
                                ["PUBLIC_ASSISTANCE", "LOW_1", "LOW_2", "GENERAL_1", "GENERAL_2", "UPPER"],
                            )
                        ),
                        name="certification_class_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("disease_number__gte", 1)), name="certification_disease_is_numbered"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("payer_number__regex", "^[0-9]{8}$")),
                        name="certification_payer_number_is_eight_digits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reasons__len__gt", 0)), name="certification_has_reasons"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReturnComment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("submission", models.PositiveIntegerField(verbose_name="提出の回数")),
                ("field", models.CharField(blank=True, max_length=60, verbose_name="項目")),
                ("text", models.CharField(max_length=800, verbose_name="コメント")),
                ("written_at", models.DateTimeField(verbose_name="日時")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="return_comments",
                        to="benefits.application",
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "差戻しコメント",
                "verbose_name_plural": "差戻しコメント",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="return_comment_says_something"
                    ),
                    models.UniqueConstraint(
                        fields=("application", "submission", "field"), name="field_has_one_comment_a_round"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("submission", models.PositiveIntegerField(verbose_name="提出の回数")),
                (
                    "ticked",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60),
                        default=list,
                        size=None,
                        verbose_name="確認した項目",
                    ),
                ),
                (
                    "opened_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="開始日時"
                    ),
                ),
                ("saved_at", models.DateTimeField(verbose_name="保存日時")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reviews", to="benefits.application"
                    ),
                ),
                (
                    "checker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "照合",
                "verbose_name_plural": "照合",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("application", "submission", "checker"), name="checker_reviews_a_submission_once"
                    ),
                ],
            },
        ),
    ]
