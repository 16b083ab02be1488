"""Rules that watch the record, what they found, and who looked at it.

The guards here ask nothing about people: a rule changes by an approved change alone, a finding keeps what it says and
takes its state from its last answer, and whoever it is about gives none. A rule goes through the record piece by piece
and never ahead of what is sealed. Who may answer and decide is for accounts/0008.
"""

import uuid
from typing import ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

#: code, severity, thresholds, whether it is on from the beginning (security plan, chapter 7).
RULES = (
    ("W1", "REVIEW", {"with_others_cases": 0}, True),
    ("W2", "HIGH", {"explained_too": 0}, True),
    ("W3", "HIGH", {"surname_and_block": 1}, True),
    ("W4", "HIGH", {"viewers": 3, "days": 7}, True),
    (
        "W5",
        "REVIEW",
        {"per_day": 20, "own_median_times": 3, "team_p95_times": 2, "per_minute": 5, "per_hour": 60},
        True,
    ),
    ("W6", "REVIEW", {"people": 5, "minutes": 10, "work_within_minutes": 30}, True),
    ("W7", "REVIEW", {"opens_minute": 450, "closes_minute": 1200}, True),
    ("W8", "REVIEW", {"days": 3, "within_days": 30}, True),
    (
        "W9",
        "REVIEW",
        {
            "first_reveal": 1,
            "idle_days": 60,
            "before_leaving_days": 30,
            "new_terminal_days": 90,
            "two_terminals_minutes": 10,
        },
        True,
    ),
    ("W10", "HIGH", {"rows": 500, "own_median_times": 3}, True),
    ("W11", "REVIEW", {"seconds_open": 5, "share_percent": 90, "of_items": 50, "per_minute": 20}, True),
    ("W12", "REVIEW", {"same_reason": 10, "shortest": 10}, True),
    ("W13", "REVIEW", {}, True),
    ("W14", "HIGH", {}, True),
    ("W15", "HIGH", {"misses": 3, "minutes": 10}, True),
    ("W16", "HIGH", {}, True),
)

TABLES = ("rule", "rule_progress", "rule_change", "simulation", "hit", "hit_answer", "sample", "sampled_view")

GUARD = """
ALTER TABLE audit.rule_change ADD COLUMN decided_xid xid8;
ALTER TABLE audit.hit ADD CONSTRAINT hit_is_about_its_actor CHECK (actor_id IS NULL OR actor_id = ANY (people));
ALTER TABLE audit.rule_progress ADD COLUMN moved_xid xid8, ADD COLUMN moved_at timestamptz NOT NULL DEFAULT clock_timestamp();

CREATE FUNCTION audit.sealed_size() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(max(size), 0) FROM audit.checkpoint;
$$;

-- Nobody moves a rule past what it has not looked at: a piece a transaction (engine.PIECE), and nothing beyond the seal.
-- Only a rule that is switched on again begins with what is new: by the trigger on audit.rule, which is one deeper.
CREATE FUNCTION audit.rule_goes_on_by_pieces() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.looked_at := clock_timestamp();
    NEW.moved_xid := OLD.moved_xid;
    NEW.moved_at := OLD.moved_at;
    IF NEW.rule_id = OLD.rule_id AND NEW.position = OLD.position THEN
        RETURN NEW;
    END IF;
    IF NEW.rule_id <> OLD.rule_id OR NEW.position < OLD.position OR NEW.position > audit.sealed_size()
       OR (pg_trigger_depth() = 1
           AND (NEW.position > OLD.position + 2000 OR OLD.moved_xid IS NOT DISTINCT FROM pg_current_xact_id())) THEN
        RAISE EXCEPTION 'rule_goes_on_by_pieces' USING ERRCODE = 'check_violation';
    END IF;
    NEW.moved_xid := pg_current_xact_id();
    NEW.moved_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER rule_goes_on_by_pieces BEFORE UPDATE ON audit.rule_progress
FOR EACH ROW EXECUTE FUNCTION audit.rule_goes_on_by_pieces();

CREATE FUNCTION audit.rule_changes_by_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.code, NEW.severity) IS DISTINCT FROM (OLD.code, OLD.severity) OR NOT EXISTS (
        SELECT 1 FROM audit.rule_change c
        WHERE c.id = NEW.change_id AND c.rule_id = NEW.code AND c.outcome = 'APPROVED'
          AND c.decided_xid = pg_current_xact_id() AND c.thresholds = NEW.thresholds AND c.is_on = NEW.is_on
    ) THEN
        RAISE EXCEPTION 'rule_changes_by_approval' USING ERRCODE = 'check_violation';
    END IF;
    NEW.since := clock_timestamp();
    -- What happened while it was off was simulated, and is not raised.
    IF NEW.is_on AND NOT OLD.is_on THEN
        UPDATE audit.rule_progress p SET position = greatest(p.position, audit.sealed_size()) WHERE p.rule_id = NEW.code;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rule_changes_by_approval BEFORE UPDATE ON audit.rule
FOR EACH ROW EXECUTE FUNCTION audit.rule_changes_by_approval();

-- A simulation begins with nothing, goes through the weeks that were asked for up to what was sealed then, and ends once.
CREATE FUNCTION audit.simulation_ends_once() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'WAITING' OR NEW.total <> 0 OR NEW.per_week <> '{}' OR NEW.examples <> '[]' OR NEW.keys <> '[]'
           OR coalesce(NEW.first_position, NEW.next_position, NEW.end_position) IS NOT NULL
           OR NEW.finished_at IS NOT NULL THEN
            RAISE EXCEPTION 'simulation_begins_empty' USING ERRCODE = 'check_violation';
        END IF;
        NEW.asked_at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF OLD.state IN ('DONE', 'FAILED') OR NEW.state = 'WAITING'
       OR (NEW.id, NEW.rule_id, NEW.thresholds, NEW.weeks, NEW.asked_by_id, NEW.asked_at)
          IS DISTINCT FROM (OLD.id, OLD.rule_id, OLD.thresholds, OLD.weeks, OLD.asked_by_id, OLD.asked_at) THEN
        RAISE EXCEPTION 'simulation_ends_once' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'WAITING' THEN
        IF NEW.state <> 'RUNNING' OR NEW.first_position IS NULL OR NEW.end_position IS NULL
           OR NEW.next_position IS DISTINCT FROM NEW.first_position OR NEW.total <> 0
           OR NEW.first_position > coalesce((SELECT min(l.idx) FROM audit.leaf l
                                             WHERE l.event_at >= NEW.asked_at - make_interval(weeks => NEW.weeks)),
                                            audit.sealed_size())
           OR NEW.end_position > audit.sealed_size()
           OR NEW.end_position < (SELECT coalesce(max(c.size), 0) FROM audit.checkpoint c WHERE c.sealed_at <= NEW.asked_at)
        THEN
            RAISE EXCEPTION 'simulation_begins_where_it_was_asked' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.first_position, NEW.end_position) IS DISTINCT FROM (OLD.first_position, OLD.end_position)
       OR NEW.next_position < OLD.next_position OR NEW.total < OLD.total
       OR NEW.total <> (SELECT coalesce(sum(w.value::bigint), 0) FROM jsonb_each_text(NEW.per_week) w)
       OR (NEW.state = 'DONE' AND NEW.next_position < NEW.end_position AND NEW.total < 5000) THEN
        RAISE EXCEPTION 'simulation_goes_forward' USING ERRCODE = 'check_violation';
    END IF;
    NEW.finished_at := CASE WHEN NEW.state IN ('DONE', 'FAILED') THEN clock_timestamp() END;
    RETURN NEW;
END $$;
CREATE TRIGGER simulation_ends_once BEFORE INSERT OR UPDATE ON audit.simulation
FOR EACH ROW EXECUTE FUNCTION audit.simulation_ends_once();

CREATE FUNCTION audit.hit_follows_its_answers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'OPEN' THEN
            RAISE EXCEPTION 'hit_begins_open' USING ERRCODE = 'check_violation';
        END IF;
        -- What was found was sealed; what is named as the last entry stands where it is said to. A fault of the record
        -- itself may be anywhere.
        IF NOT (NEW.rule_id = 'W14' AND NEW.kind IN ('FAULT', 'TROUBLE'))
           AND (NEW.first_position > NEW.last_position OR NEW.last_position >= audit.sealed_size()
                OR (NEW.last_position IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM audit.leaf l WHERE l.event_at = NEW.happened_at AND l.event_id = NEW.last_event
                    AND l.idx = NEW.last_position))) THEN
            RAISE EXCEPTION 'hit_is_about_what_is_sealed' USING ERRCODE = 'check_violation';
        END IF;
        NEW.raised_at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - 'state' <> to_jsonb(OLD) - 'state' OR NEW.state IS DISTINCT FROM (
        SELECT a.state FROM audit.hit_answer a WHERE a.hit_id = NEW.id ORDER BY a.answered_at DESC, a.id DESC LIMIT 1
    ) THEN
        RAISE EXCEPTION 'hit_follows_its_answers' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hit_follows_its_answers BEFORE INSERT OR UPDATE ON audit.hit
FOR EACH ROW EXECUTE FUNCTION audit.hit_follows_its_answers();

CREATE FUNCTION audit.hit_is_answered_by_another() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    hit record;
BEGIN
    -- One answer after another: each sees the one before.
    SELECT h.state, h.people INTO hit FROM audit.hit h WHERE h.id = NEW.hit_id FOR UPDATE;
    IF NEW.answered_by_id = ANY (hit.people) THEN
        RAISE EXCEPTION 'hit_is_answered_by_another' USING ERRCODE = 'check_violation';
    END IF;
    IF hit.state = 'EXPLAINED' OR hit.state = NEW.state THEN
        RAISE EXCEPTION 'hit_is_settled_once' USING ERRCODE = 'check_violation';
    END IF;
    NEW.answered_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER hit_is_answered_by_another BEFORE INSERT ON audit.hit_answer
FOR EACH ROW EXECUTE FUNCTION audit.hit_is_answered_by_another();

CREATE FUNCTION audit.hit_takes_its_state() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE audit.hit SET state = NEW.state WHERE id = NEW.hit_id;
    RETURN NULL;
END $$;
CREATE TRIGGER hit_takes_its_state AFTER INSERT ON audit.hit_answer
FOR EACH ROW EXECUTE FUNCTION audit.hit_takes_its_state();
CREATE TRIGGER answer_is_never_changed BEFORE UPDATE ON audit.hit_answer
FOR EACH ROW EXECUTE FUNCTION audit.event_refuses_change();

CREATE TRIGGER sample_is_never_changed BEFORE UPDATE ON audit.sample
FOR EACH ROW EXECUTE FUNCTION audit.event_refuses_change();
CREATE FUNCTION audit.sampled_view_is_answered_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.verdict <> '' THEN
            RAISE EXCEPTION 'sampled_view_begins_unanswered' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.verdict <> '' OR NEW.verdict = ''
       OR to_jsonb(NEW) - ARRAY['verdict', 'sealed_words', 'answered_by_id', 'answered_at']
          <> to_jsonb(OLD) - ARRAY['verdict', 'sealed_words', 'answered_by_id', 'answered_at'] THEN
        RAISE EXCEPTION 'sampled_view_is_answered_once' USING ERRCODE = 'check_violation';
    END IF;
    NEW.answered_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER sampled_view_is_answered_once BEFORE INSERT OR UPDATE ON audit.sampled_view
FOR EACH ROW EXECUTE FUNCTION audit.sampled_view_is_answered_once();

-- Runs at COMMIT: no change, no finding and no answer without its entry, in the name of whoever took the step.
CREATE FUNCTION audit.watching_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kind text;
    about text;
    step text;
    who bigint;
BEGIN
    IF TG_TABLE_NAME = 'rule_change' THEN
        kind := 'audit.rulechange';
        about := NEW.id::text;
        step := 'audit.rule.' || CASE WHEN TG_OP = 'INSERT' THEN 'proposed' ELSE lower(NEW.outcome) END;
        who := CASE WHEN TG_OP = 'INSERT' THEN NEW.proposed_by_id ELSE NEW.decided_by_id END;
    ELSIF TG_TABLE_NAME = 'hit' THEN
        kind := 'audit.hit';
        about := NEW.id::text;
        step := 'audit.hit.raised';
    ELSIF TG_TABLE_NAME = 'simulation' AND TG_OP = 'INSERT' THEN
        kind := 'audit.rule';
        about := NEW.rule_id;
        step := 'audit.rule.simulated';
        who := NEW.asked_by_id;
    ELSIF TG_TABLE_NAME = 'simulation' THEN
        kind := 'audit.simulation';
        about := NEW.id::text;
        step := 'audit.rule.simulation_ended';
    ELSIF TG_TABLE_NAME = 'hit_answer' THEN
        kind := 'audit.hit';
        about := NEW.hit_id::text;
        step := 'audit.hit.answered';
        who := NEW.answered_by_id;
    ELSE
        kind := 'audit.sampledview';
        about := NEW.id::text;
        step := 'audit.sample.answered';
        who := NEW.answered_by_id;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = about AND e.subject_kind = kind AND e.xid = pg_current_xact_id() AND e.result = 'DONE'
          AND e.action = step AND e.actor_id IS NOT DISTINCT FROM who
    ) THEN
        RAISE EXCEPTION 'watching_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER rule_change_is_on_record AFTER INSERT OR UPDATE ON audit.rule_change
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.watching_is_on_record();
CREATE CONSTRAINT TRIGGER simulation_is_on_record AFTER INSERT ON audit.simulation
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.watching_is_on_record();
CREATE CONSTRAINT TRIGGER simulation_end_is_on_record AFTER UPDATE ON audit.simulation
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state IN ('DONE', 'FAILED'))
EXECUTE FUNCTION audit.watching_is_on_record();
CREATE CONSTRAINT TRIGGER hit_is_on_record AFTER INSERT ON audit.hit
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.watching_is_on_record();
CREATE CONSTRAINT TRIGGER answer_is_on_record AFTER INSERT ON audit.hit_answer
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.watching_is_on_record();
CREATE CONSTRAINT TRIGGER sampled_view_is_on_record AFTER UPDATE ON audit.sampled_view
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.watching_is_on_record();

"""

#: What every one of the tables has, and that the guards fire always.
ALL_TABLES = (
    "".join(
        f"""
CREATE TRIGGER {table}_is_never_removed BEFORE DELETE ON audit.{table}
FOR EACH ROW EXECUTE FUNCTION audit.event_refuses_change();
CREATE TRIGGER {table}_is_never_truncated BEFORE TRUNCATE ON audit.{table}
FOR EACH STATEMENT EXECUTE FUNCTION audit.event_refuses_change();
"""
        for table in TABLES
    )
    + "".join(
        f"ALTER TABLE audit.{table} ENABLE ALWAYS TRIGGER {trigger};\n"
        for table, triggers in {
            "rule": ("rule_changes_by_approval",),
            "rule_change": ("rule_change_is_on_record",),
            "rule_progress": ("rule_goes_on_by_pieces",),
            "simulation": ("simulation_ends_once", "simulation_is_on_record", "simulation_end_is_on_record"),
            "hit": ("hit_follows_its_answers", "hit_is_on_record"),
            "hit_answer": (
                "hit_is_answered_by_another",
                "hit_takes_its_state",
                "answer_is_never_changed",
                "answer_is_on_record",
            ),
            "sample": ("sample_is_never_changed",),
            "sampled_view": ("sampled_view_is_answered_once", "sampled_view_is_on_record"),
        }.items()
        for trigger in (*triggers, f"{table}_is_never_removed", f"{table}_is_never_truncated")
    )
    + "".join(
        f"REVOKE ALL ON FUNCTION audit.{function}() FROM PUBLIC;\n"
        for function in (
            "sealed_size",
            "rule_goes_on_by_pieces",
            "rule_changes_by_approval",
            "simulation_ends_once",
            "hit_follows_its_answers",
            "hit_is_answered_by_another",
            "hit_takes_its_state",
            "sampled_view_is_answered_once",
            "watching_is_on_record",
        )
    )
)

UNGUARD_ALL_TABLES = "".join(
    f"DROP TRIGGER {table}_is_never_truncated ON audit.{table};DROP TRIGGER {table}_is_never_removed ON audit.{table};"
    for table in TABLES
)

UNGUARD = """
DROP TRIGGER sampled_view_is_on_record ON audit.sampled_view;
DROP TRIGGER answer_is_on_record ON audit.hit_answer;
DROP TRIGGER hit_is_on_record ON audit.hit;
DROP TRIGGER simulation_end_is_on_record ON audit.simulation;
DROP TRIGGER simulation_is_on_record ON audit.simulation;
DROP TRIGGER rule_change_is_on_record ON audit.rule_change;
DROP FUNCTION audit.watching_is_on_record();
DROP TRIGGER sampled_view_is_answered_once ON audit.sampled_view;
DROP FUNCTION audit.sampled_view_is_answered_once();
DROP TRIGGER sample_is_never_changed ON audit.sample;
DROP TRIGGER answer_is_never_changed ON audit.hit_answer;
DROP TRIGGER hit_takes_its_state ON audit.hit_answer;
DROP FUNCTION audit.hit_takes_its_state();
DROP TRIGGER hit_is_answered_by_another ON audit.hit_answer;
DROP FUNCTION audit.hit_is_answered_by_another();
DROP TRIGGER hit_follows_its_answers ON audit.hit;
DROP FUNCTION audit.hit_follows_its_answers();
DROP TRIGGER simulation_ends_once ON audit.simulation;
DROP FUNCTION audit.simulation_ends_once();
DROP TRIGGER rule_changes_by_approval ON audit.rule;
DROP FUNCTION audit.rule_changes_by_approval();
DROP TRIGGER rule_goes_on_by_pieces ON audit.rule_progress;
DROP FUNCTION audit.rule_goes_on_by_pieces();
DROP FUNCTION audit.sealed_size();
ALTER TABLE audit.rule_progress DROP COLUMN moved_at, DROP COLUMN moved_xid;
ALTER TABLE audit.hit DROP CONSTRAINT hit_is_about_its_actor;
ALTER TABLE audit.rule_change DROP COLUMN decided_xid;
"""


def seed(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Put the rules in; each begins with the record as it is now."""
    rules, progress = apps.get_model("audit", "Rule"), apps.get_model("audit", "RuleProgress")
    for code, severity, thresholds, is_on in RULES:
        rules.objects.create(code=code, severity=severity, thresholds=thresholds, is_on=is_on)
        progress.objects.create(rule_id=code, position=0)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("audit", "0006_searching"),
    ]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.CreateModel(
            name="Rule",
            fields=[
                ("code", models.CharField(max_length=4, primary_key=True, serialize=False, verbose_name="規則")),
                (
                    "severity",
                    models.CharField(
                        choices=[("REVIEW", "要確認"), ("HIGH", "重大")], max_length=10, verbose_name="重さ"
                    ),
                ),
                ("thresholds", models.JSONField(default=dict, verbose_name="しきい値")),
                ("is_on", models.BooleanField(default=True, verbose_name="有効")),
                (
                    "since",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="いまの内容になった日時"),
                ),
                ("change_id", models.UUIDField(blank=True, null=True, verbose_name="いまの内容にした変更")),
            ],
            options={
                "verbose_name": "気になる操作の規則",
                "db_table": 'audit"."rule',
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="RuleProgress",
            fields=[
                (
                    "rule",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="progress",
                        serialize=False,
                        to="audit.rule",
                    ),
                ),
                ("position", models.BigIntegerField(default=0, verbose_name="次の位置")),
                (
                    "looked_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="最後に調べた日時"),
                ),
            ],
            options={
                "verbose_name": "規則の進み",
                "db_table": 'audit"."rule_progress',
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Hit",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=200)),
                ("kind", models.CharField(blank=True, default="", max_length=20, verbose_name="種別")),
                (
                    "severity",
                    models.CharField(
                        choices=[("REVIEW", "要確認"), ("HIGH", "重大")], max_length=10, verbose_name="重さ"
                    ),
                ),
                ("actor_id", models.BigIntegerField(blank=True, null=True, verbose_name="利用者番号")),
                ("actor_roles", models.CharField(blank=True, default="", max_length=200, verbose_name="役割")),
                (
                    "people",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("section", models.CharField(blank=True, default="", max_length=60, verbose_name="所属")),
                ("is_of_watchers", models.BooleanField(default=False)),
                ("person_id", models.UUIDField(blank=True, null=True, verbose_name="受給者の識別子")),
                ("happened_at", models.DateTimeField(verbose_name="操作の日時")),
                ("first_event", models.UUIDField(blank=True, null=True)),
                ("first_position", models.BigIntegerField(blank=True, null=True)),
                ("last_event", models.UUIDField(blank=True, null=True)),
                ("last_position", models.BigIntegerField(blank=True, null=True)),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None),
                ),
                ("data", models.JSONField(default=dict)),
                ("raised_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="検出日時")),
                (
                    "state",
                    models.CharField(
                        choices=[("OPEN", "未確認"), ("EXPLAINED", "説明済み"), ("TO_INVESTIGATE", "要調査")],
                        default="OPEN",
                        max_length=20,
                        verbose_name="状態",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="hits", to="audit.rule"
                    ),
                ),
            ],
            options={
                "verbose_name": "気になる操作",
                "db_table": 'audit"."hit',
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Sample",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("week", models.DateField(verbose_name="週（月曜日）")),
                ("section", models.CharField(blank=True, default="", max_length=60, verbose_name="所属")),
                ("seed", models.CharField(max_length=64, verbose_name="抽出の種")),
                ("seed_size", models.BigIntegerField(verbose_name="種とした封印の大きさ")),
                ("population", models.PositiveIntegerField(verbose_name="対象の件数")),
                ("drawn_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="抽出日時")),
            ],
            options={
                "verbose_name": "抜取り",
                "db_table": 'audit"."sample',
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("week", "section"), name="sample_is_drawn_once")],
            },
        ),
        migrations.CreateModel(
            name="SampledView",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("rank", models.PositiveIntegerField(verbose_name="順番")),
                ("event_id", models.UUIDField(verbose_name="操作記録")),
                ("event_at", models.DateTimeField(verbose_name="閲覧の日時")),
                ("actor_id", models.BigIntegerField(verbose_name="利用者番号")),
                ("person_id", models.UUIDField(blank=True, null=True, verbose_name="受給者の識別子")),
                ("explanation", models.CharField(max_length=10, verbose_name="閲覧の背景")),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[("PROPER", "業務上の閲覧と確かめた"), ("DOUBTFUL", "業務上の必要を確かめられない")],
                        default="",
                        max_length=10,
                        verbose_name="結果",
                    ),
                ),
                ("sealed_words", models.BinaryField(blank=True, null=True, verbose_name="所見（暗号化）")),
                ("answered_by_id", models.BigIntegerField(blank=True, null=True, verbose_name="確認者")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="確認日時")),
                (
                    "sample",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="views", to="audit.sample"
                    ),
                ),
            ],
            options={
                "verbose_name": "抜き取られた閲覧",
                "db_table": 'audit"."sampled_view',
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Simulation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("thresholds", models.JSONField(verbose_name="しきい値")),
                ("weeks", models.PositiveSmallIntegerField(verbose_name="週数")),
                ("asked_by_id", models.BigIntegerField(verbose_name="実行した人")),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="実行日時")),
                (
                    "state",
                    models.CharField(
                        choices=[("WAITING", "開始待ち"), ("RUNNING", "実行中"), ("DONE", "完了"), ("FAILED", "失敗")],
                        default="WAITING",
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                ("first_position", models.BigIntegerField(blank=True, null=True, verbose_name="最初の位置")),
                ("next_position", models.BigIntegerField(blank=True, null=True, verbose_name="次の位置")),
                ("end_position", models.BigIntegerField(blank=True, null=True, verbose_name="終わりの位置")),
                ("per_week", models.JSONField(default=dict, verbose_name="週ごとの件数")),
                ("total", models.PositiveIntegerField(default=0, verbose_name="件数")),
                ("examples", models.JSONField(default=list, verbose_name="例")),
                ("keys", models.JSONField(default=list)),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="終了日時")),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="simulations", to="audit.rule"
                    ),
                ),
            ],
            options={
                "verbose_name": "規則の試算",
                "db_table": 'audit"."simulation',
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="RuleChange",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("thresholds", models.JSONField(verbose_name="しきい値")),
                ("is_on", models.BooleanField(verbose_name="有効")),
                ("sealed_reason", models.BinaryField(verbose_name="理由（暗号化）")),
                ("proposed_by_id", models.BigIntegerField(verbose_name="申請者")),
                ("proposed_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="申請日時")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("APPROVED", "承認"), ("REJECTED", "却下"), ("WITHDRAWN", "取下げ")],
                        default="",
                        max_length=10,
                        verbose_name="結果",
                    ),
                ),
                ("decided_by_id", models.BigIntegerField(blank=True, null=True, verbose_name="決定者")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="決定日時")),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="changes", to="audit.rule"
                    ),
                ),
                (
                    "simulation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.simulation",
                        verbose_name="試算",
                    ),
                ),
            ],
            options={
                "verbose_name": "規則の変更",
                "db_table": 'audit"."rule_change',
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="HitAnswer",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("OPEN", "未確認"), ("EXPLAINED", "説明済み"), ("TO_INVESTIGATE", "要調査")],
                        max_length=20,
                        verbose_name="状態",
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("WORK", "業務上の必要を確かめた"),
                            ("ASKED", "上司の指示・他機関の照会による"),
                            ("TEACHING", "研修・引継ぎ"),
                            ("MISTAKE", "操作の誤り（閉じて報告済み）"),
                            ("RULE", "規則が合っていない（しきい値の見直しを申請する）"),
                            ("IMPROPER", "業務上の必要を確かめられない"),
                            ("HANDLED", "調査を終え、措置をとった"),
                        ],
                        max_length=20,
                        verbose_name="理由の区分",
                    ),
                ),
                ("sealed_words", models.BinaryField(verbose_name="理由（暗号化）")),
                ("answered_by_id", models.BigIntegerField(verbose_name="確認者")),
                ("answered_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="確認日時")),
                (
                    "hit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="audit.hit"
                    ),
                ),
            ],
            options={
                "verbose_name": "気になる操作の確認",
                "db_table": 'audit"."hit_answer',
                "default_permissions": (),
                "indexes": [models.Index(fields=["hit", "answered_at"], name="hit_answer_by_hit")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["EXPLAINED", "TO_INVESTIGATE"])),
                        name="hit_answer_settles_or_investigates",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("code__in", ["WORK", "ASKED", "TEACHING", "MISTAKE", "RULE", "IMPROPER", "HANDLED"])
                        ),
                        name="hit_answer_code_is_known",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="hit",
            index=models.Index(fields=["state", "-happened_at", "-id"], name="hit_by_state"),
        ),
        migrations.AddIndex(
            model_name="hit",
            index=models.Index(fields=["section", "state", "-happened_at", "-id"], name="hit_by_section"),
        ),
        migrations.AddIndex(
            model_name="hit",
            index=models.Index(fields=["actor_id", "-happened_at"], name="hit_by_actor"),
        ),
        migrations.AddIndex(
            model_name="hit",
            index=models.Index(fields=["happened_at"], name="hit_by_time"),
        ),
        migrations.AddConstraint(
            model_name="hit",
            constraint=models.UniqueConstraint(fields=("rule", "key"), name="hit_is_raised_once"),
        ),
        migrations.AddConstraint(
            model_name="hit",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["OPEN", "EXPLAINED", "TO_INVESTIGATE"])), name="hit_state_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="hit",
            constraint=models.CheckConstraint(
                condition=models.Q(("severity__in", ["REVIEW", "HIGH"])), name="hit_severity_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="sampledview",
            constraint=models.UniqueConstraint(fields=("sample", "event_id"), name="sampled_view_is_drawn_once"),
        ),
        migrations.AddConstraint(
            model_name="sampledview",
            constraint=models.CheckConstraint(
                condition=models.Q(("verdict__in", ["", "PROPER", "DOUBTFUL"])), name="sampled_view_verdict_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="sampledview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answered_at__isnull", True), ("answered_by_id__isnull", True), ("verdict", "")),
                    models.Q(
                        models.Q(("verdict", ""), _negated=True),
                        ("answered_at__isnull", False),
                        ("answered_by_id__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="sampled_view_answer_is_signed_and_dated",
            ),
        ),
        migrations.AddConstraint(
            model_name="sampledview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("answered_by_id__isnull", True),
                    models.Q(("answered_by_id", models.F("actor_id")), _negated=True),
                    _connector="OR",
                ),
                name="sampled_view_is_not_answered_by_its_viewer",
            ),
        ),
        migrations.AddIndex(
            model_name="simulation",
            index=models.Index(fields=["rule", "-asked_at"], name="simulation_by_rule"),
        ),
        migrations.AddConstraint(
            model_name="simulation",
            constraint=models.CheckConstraint(
                condition=models.Q(("weeks__range", (1, 53))), name="simulation_goes_back_a_year_at_most"
            ),
        ),
        migrations.AddConstraint(
            model_name="simulation",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["WAITING", "RUNNING", "DONE", "FAILED"])),
                name="simulation_state_is_known",
            ),
        ),
        migrations.AddIndex(
            model_name="rulechange",
            index=models.Index(fields=["-proposed_at"], name="rule_change_by_time"),
        ),
        migrations.AddConstraint(
            model_name="rulechange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "")), fields=("rule",), name="rule_change_waits_one_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulechange",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["", "APPROVED", "REJECTED", "WITHDRAWN"])),
                name="rule_change_outcome_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("decided_by_id__isnull", True), ("outcome", "")),
                    models.Q(
                        models.Q(("outcome", ""), _negated=True),
                        ("decided_at__isnull", False),
                        ("decided_by_id__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="rule_change_decision_is_signed_and_dated",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by_id__isnull", True),
                    models.Q(("decided_by_id", models.F("proposed_by_id")), ("outcome", "WITHDRAWN")),
                    models.Q(
                        models.Q(("outcome", "WITHDRAWN"), _negated=True),
                        models.Q(("decided_by_id", models.F("proposed_by_id")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="rule_change_is_decided_by_a_second_person",
            ),
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.RunSQL(ALL_TABLES, UNGUARD_ALL_TABLES),
    ]
