"""Tables for rights in two voices, sessions, factors, passwords and access reviews."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_actors_are_real"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessReview",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("title", models.CharField(max_length=60, verbose_name="名称")),
                (
                    "opened_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="開始日時"
                    ),
                ),
                ("due_on", models.DateField(verbose_name="期限")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="確定日時")),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "権限の棚卸し",
                "verbose_name_plural": "権限の棚卸し",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        models.Value(1),
                        condition=models.Q(("closed_at__isnull", True)),
                        name="one_access_review_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccessAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("section", models.CharField(blank=True, max_length=60, verbose_name="所属")),
                ("last_used_on", models.DateField(blank=True, null=True, verbose_name="最終利用")),
                ("reveals", models.PositiveIntegerField(default=0, verbose_name="個人番号の表示")),
                ("conflict", models.CharField(blank=True, default="", max_length=100, verbose_name="兼務の問題")),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[("KEEP", "継続"), ("CHANGE", "変更"), ("END", "終了")],
                        default="",
                        max_length=10,
                        verbose_name="回答",
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=200, verbose_name="理由")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="回答日時")),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="accounts.roleassignment",
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="accounts.accessreview"
                    ),
                ),
            ],
            options={
                "verbose_name": "棚卸しの回答",
                "verbose_name_plural": "棚卸しの回答",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["review", "section"], name="access_answer_by_section"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("review", "assignment"), name="right_is_reviewed_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", ""), ("answered_at__isnull", True), ("answered_by__isnull", True)),
                            models.Q(
                                ("answer__in", ["KEEP", "CHANGE", "END"]),
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="access_answer_is_signed_and_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("answer__in", ["", "KEEP"]), models.Q(("reason", ""), _negated=True), _connector="OR"
                        ),
                        name="access_answer_but_keeping_has_a_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempts",
            fields=[
                (
                    "counted_for",
                    models.CharField(
                        max_length=64, primary_key=True, serialize=False, verbose_name="利用者IDまたは端末の指紋"
                    ),
                ),
                ("tries", models.PositiveIntegerField(verbose_name="試行の回数")),
                ("last_at", models.DateTimeField(verbose_name="最後の試行")),
                ("waits_until", models.DateTimeField(blank=True, null=True, verbose_name="待つ期限")),
            ],
            options={
                "verbose_name": "試行",
                "verbose_name_plural": "試行",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["last_at"], name="attempts_by_time"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("tries__gte", 0)), name="attempts_are_counted"),
                ],
            },
        ),
        migrations.CreateModel(
            name="FormerPassword",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="パスワードのハッシュ")),
                ("replaced_at", models.DateTimeField(verbose_name="変更日時")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="former_passwords",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "以前のパスワード",
                "verbose_name_plural": "以前のパスワード",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["user", "-replaced_at"], name="former_password_by_person"),
                ],
            },
        ),
        migrations.CreateModel(
            name="KeptInput",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="kept_input",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("sealed", models.BinaryField(verbose_name="入力（暗号化）")),
                ("kept_at", models.DateTimeField(verbose_name="保管日時")),
            ],
            options={
                "verbose_name": "ロック中の入力",
                "verbose_name_plural": "ロック中の入力",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="StaffBatch",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("file_sha256", models.CharField(max_length=64, verbose_name="ファイルの指紋")),
                ("lines", models.JSONField(default=list, verbose_name="行")),
                (
                    "proposed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="取り込んだ日時"
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="反映した日時")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("APPROVED", "承認"), ("REJECTED", "却下"), ("WITHDRAWN", "取下げ")],
                        default="",
                        max_length=20,
                        verbose_name="結果",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="反映した人",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="取り込んだ人",
                    ),
                ),
            ],
            options={
                "verbose_name": "職員の一括登録",
                "verbose_name_plural": "職員の一括登録",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["-proposed_at"], name="staff_batch_by_time"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome__in", ["APPROVED", "REJECTED"]), _negated=True),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="staff_batch_is_applied_by_a_second_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True), ("outcome", "")),
                            models.Q(
                                models.Q(("outcome", ""), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="staff_batch_decision_is_signed_and_dated",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("outcome__in", ["", "APPROVED"])),
                        fields=("file_sha256",),
                        name="staff_file_is_taken_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("HIRE", "採用（利用者の登録）"),
                            ("GRANT", "役割の付与"),
                            ("END", "役割の終了"),
                            ("MOVE", "氏名・所属の変更"),
                            ("STOP", "利用の停止"),
                            ("RESUME", "利用の再開"),
                            ("RESET", "パスワード・確認手段の再設定"),
                        ],
                        max_length=10,
                        verbose_name="内容",
                    ),
                ),
                ("role", models.CharField(blank=True, default="", max_length=30, verbose_name="役割")),
                ("office", models.CharField(blank=True, default="", max_length=20, verbose_name="保健所")),
                ("programme", models.CharField(blank=True, default="", max_length=20, verbose_name="制度")),
                ("network", models.CharField(blank=True, default="", max_length=43, verbose_name="ネットワーク")),
                ("starts_on", models.DateField(blank=True, null=True, verbose_name="開始日")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="終了日")),
                ("login_id", models.CharField(blank=True, default="", max_length=40, verbose_name="利用者ID")),
                ("display_name", models.CharField(blank=True, default="", max_length=60, verbose_name="氏名")),
                ("section", models.CharField(blank=True, default="", max_length=60, verbose_name="所属")),
                (
                    "reset",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("PASSWORD", "パスワード"),
                            ("FACTOR", "確認手段（認証アプリ・セキュリティキー）"),
                            ("BOTH", "両方"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="再設定するもの",
                    ),
                ),
                ("reason", models.CharField(max_length=200, verbose_name="理由")),
                ("decision_number", models.CharField(blank=True, default="", max_length=40, verbose_name="決裁番号")),
                (
                    "proposed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="申請日時"
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="決定日時")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("APPROVED", "承認"), ("REJECTED", "却下"), ("WITHDRAWN", "取下げ")],
                        default="",
                        max_length=20,
                        verbose_name="結果",
                    ),
                ),
                (
                    "decision_reason",
                    models.CharField(blank=True, default="", max_length=200, verbose_name="決定の理由"),
                ),
                (
                    "assignment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to="accounts.roleassignment",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to="accounts.staffbatch",
                    ),
                ),
            ],
            options={
                "verbose_name": "権限の申請",
                "verbose_name_plural": "権限の申請",
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("outcome", "")), fields=["proposed_at", "id"], name="proposal_waiting"
                    ),
                    models.Index(fields=["-proposed_at", "-id"], name="proposal_by_time"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["HIRE", "GRANT", "END", "MOVE", "STOP", "RESUME", "RESET"])),
                        name="proposal_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome__in", ["APPROVED", "REJECTED"]), _negated=True),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="proposal_is_decided_by_a_second_person",
                        violation_error_message="自分が出した申請は、自分では承認も却下もできません。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "WITHDRAWN"), _negated=True),
                            ("decided_by", models.F("proposed_by")),
                            _connector="OR",
                        ),
                        name="proposal_is_withdrawn_by_its_proposer",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("user__isnull", True),
                            models.Q(("user", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="proposal_is_not_about_its_proposer",
                        violation_error_message="自分の権限は、自分では変えられません。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("user__isnull", True),
                            ("decided_by__isnull", True),
                            ("outcome", "WITHDRAWN"),
                            models.Q(("user", models.F("decided_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="proposal_is_not_about_its_decider",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True), ("outcome", "")),
                            models.Q(
                                ("outcome__in", ["APPROVED", "REJECTED", "WITHDRAWN"]),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="proposal_decision_is_signed_and_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="proposal_has_a_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "HIRE"),
                                models.Q(("login_id", ""), _negated=True),
                                models.Q(("display_name", ""), _negated=True),
                            ),
                            models.Q(
                                ("kind", "GRANT"),
                                ("starts_on__isnull", False),
                                ("user__isnull", False),
                                models.Q(("role", ""), _negated=True),
                            ),
                            models.Q(
                                ("assignment__isnull", False),
                                ("ends_on__isnull", False),
                                ("kind", "END"),
                                ("user__isnull", False),
                            ),
                            models.Q(
                                ("kind", "MOVE"),
                                ("user__isnull", False),
                                models.Q(("display_name", ""), _negated=True),
                            ),
                            models.Q(("kind__in", ["STOP", "RESUME"]), ("user__isnull", False)),
                            models.Q(
                                ("kind", "RESET"),
                                ("reset__in", ["PASSWORD", "FACTOR", "BOTH"]),
                                ("user__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="proposal_says_what_its_kind_needs",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecoverySheet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="The human-readable name of this device.", max_length=64)),
                ("confirmed", models.BooleanField(default=True, help_text="Is this device ready for use?")),
                ("made_at", models.DateTimeField(verbose_name="作成日時")),
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
                "verbose_name": "回復コードの用紙",
                "verbose_name_plural": "回復コードの用紙",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("user",), name="person_has_one_recovery_sheet"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, verbose_name="指紋")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="使用日時")),
                (
                    "sheet",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="codes",
                        to="accounts.recoverysheet",
                        verbose_name="用紙",
                    ),
                ),
            ],
            options={
                "verbose_name": "回復コード",
                "verbose_name_plural": "回復コード",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("sheet", "digest"), name="recovery_code_is_on_a_sheet_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SecurityKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="The human-readable name of this device.", max_length=64)),
                ("confirmed", models.BooleanField(default=True, help_text="Is this device ready for use?")),
                ("credential_id", models.BinaryField(unique=True, verbose_name="認証情報の識別子")),
                ("credential", models.BinaryField(verbose_name="公開鍵などの認証情報")),
                ("sign_count", models.BigIntegerField(default=0, verbose_name="使用の回数")),
                ("added_at", models.DateTimeField(verbose_name="登録日時")),
                ("last_used_at", models.DateTimeField(blank=True, null=True, verbose_name="最終使用")),
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
                "verbose_name": "セキュリティキー",
                "verbose_name_plural": "セキュリティキー",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="StaffSession",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("session_key", models.CharField(max_length=40, unique=True, verbose_name="セッションの鍵")),
                ("client", models.GenericIPAddressField(blank=True, null=True, verbose_name="端末")),
                ("factor", models.CharField(blank=True, default="", max_length=20, verbose_name="確認手段")),
                (
                    "began_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="サインイン"
                    ),
                ),
                ("last_used_at", models.DateTimeField(verbose_name="最終操作")),
                ("factor_used_at", models.DateTimeField(verbose_name="最後の本人確認")),
                (
                    "key_used_for",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=200, verbose_name="キーで確認した画面"
                    ),
                ),
                ("key_used_at", models.DateTimeField(blank=True, null=True, verbose_name="キーで確認した日時")),
                ("locked_at", models.DateTimeField(blank=True, null=True, verbose_name="ロック")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="終了")),
                (
                    "end_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("SIGNED_OUT", "サインアウト"),
                            ("REPLACED", "別の端末でのサインイン"),
                            ("TOO_LONG", "1回のサインインで使える時間の上限"),
                            ("ENDED_BY_OWNER", "本人による終了"),
                            ("ENDED_BY_ADMINISTRATOR", "利用者管理者による終了"),
                            ("STOPPED", "利用の停止"),
                            ("PASSWORD", "パスワードの変更・再設定"),
                        ],
                        default="",
                        max_length=30,
                        verbose_name="終了の理由",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staff_sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "サインイン",
                "verbose_name_plural": "サインイン",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["user", "-began_at"], name="session_by_person"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("end_reason", ""), ("ended_at__isnull", True)),
                            models.Q(("ended_at__isnull", False), models.Q(("end_reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="session_end_is_dated_and_explained",
                    ),
                ],
            },
        ),
        migrations.DeleteModel(
            name="PasswordAttempts",
        ),
        migrations.RemoveConstraint(
            model_name="codedevice",
            name="person_has_one_code_device",
        ),
        migrations.RemoveConstraint(
            model_name="roleassignment",
            name="role_is_given_once",
        ),
        migrations.RemoveConstraint(
            model_name="roleassignment",
            name="role_is_known",
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="ended_on",
            field=models.DateField(blank=True, null=True, verbose_name="終了させた日"),
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="ends_on",
            field=models.DateField(blank=True, null=True, verbose_name="終了日"),
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="last_used_on",
            field=models.DateField(blank=True, null=True, verbose_name="最終利用"),
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="network",
            field=models.CharField(blank=True, db_default="", default="", max_length=43, verbose_name="ネットワーク"),
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="office",
            field=models.CharField(blank=True, db_default="", default="", max_length=20, verbose_name="保健所"),
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="programme",
            field=models.CharField(blank=True, db_default="", default="", max_length=20, verbose_name="制度"),
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="starts_on",
            field=models.DateField(
                db_default=models.Func(
                    models.Value("Asia/Tokyo"), django.db.models.functions.datetime.Now(), function="timezone"
                ),
                verbose_name="開始日",
            ),
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="suspended_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="棚卸しによる停止"),
        ),
        migrations.AddField(
            model_name="user",
            name="enrolment_digest",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=64, verbose_name="登録コードの指紋"
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="enrolment_until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="登録コードの期限"),
        ),
        migrations.AddField(
            model_name="user",
            name="is_emergency",
            field=models.BooleanField(db_default=False, default=False, verbose_name="非常用"),
        ),
        migrations.AddField(
            model_name="user",
            name="key_handle",
            field=models.UUIDField(
                db_default=models.Func(function="gen_random_uuid"),
                default=uuid.uuid4,
                unique=True,
                verbose_name="セキュリティキーでの呼び名",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="must_change_password",
            field=models.CharField(
                blank=True,
                choices=[("FIRST", "初めてのサインイン"), ("RESET", "再設定の後"), ("COMPROMISED", "漏えいのおそれ")],
                db_default="",
                default="",
                max_length=20,
                verbose_name="パスワードの変更が必要な理由",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="password_changed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="パスワードの変更日時"),
        ),
        migrations.AddField(
            model_name="user",
            name="stopped_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="停止日時"),
        ),
        migrations.AddField(
            model_name="user",
            name="temporary_until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="仮パスワードの期限"),
        ),
        migrations.AddField(
            model_name="user",
            name="valid_until",
            field=models.DateField(blank=True, null=True, verbose_name="利用できる最後の日"),
        ),
        migrations.AlterField(
            model_name="roleassignment",
            name="role",
            field=models.CharField(
                choices=[
                    ("INTAKE", "INTAKE"),
                    ("MAKER", "MAKER"),
                    ("CONTRACT_MAKER", "CONTRACT_MAKER"),
                    ("CHECKER", "CHECKER"),
                    ("ISSUER", "ISSUER"),
                    ("NUMBER_VIEWER", "NUMBER_VIEWER"),
                    ("AUDITOR", "AUDITOR"),
                    ("SECTION_HEAD", "SECTION_HEAD"),
                    ("USER_ADMINISTRATOR", "USER_ADMINISTRATOR"),
                    ("RECORDS_KEEPER", "RECORDS_KEEPER"),
                ],
                max_length=30,
                verbose_name="役割",
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(fields=["section", "login_id"], name="person_by_section"),
        ),
        migrations.AddConstraint(
            model_name="codedevice",
            constraint=models.UniqueConstraint(fields=("user", "confirmed"), name="person_has_one_code_device"),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("must_change_password__in", ["", "FIRST", "RESET", "COMPROMISED"])),
                name="password_change_reason_is_known",
            ),
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="ended_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="ended",
                to="accounts.proposal",
            ),
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="proposal",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="granted",
                to="accounts.proposal",
            ),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "role__in",
                        [
                            "INTAKE",
                            "MAKER",
                            "CONTRACT_MAKER",
                            "CHECKER",
                            "ISSUER",
                            "NUMBER_VIEWER",
                            "AUDITOR",
                            "SECTION_HEAD",
                            "USER_ADMINISTRATOR",
                            "RECORDS_KEEPER",
                        ],
                    )
                ),
                name="role_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_on__isnull", True), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                ),
                name="role_ends_after_it_starts",
            ),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_by__isnull", True), ("ended_on__isnull", True)),
                    models.Q(("ended_by__isnull", False), ("ended_on__isnull", False)),
                    _connector="OR",
                ),
                name="role_is_ended_by_a_proposal",
            ),
        ),
    ]
