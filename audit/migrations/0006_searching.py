"""The search of the record: its one question to the marks, saved searches, exported files, and the days off."""

import uuid
from typing import ClassVar

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

#: Worked out from the law (audit/searching/calendar_law.py); the equinoxes are to be compared with the announcement.
DAYS_OFF = (
    ("2025-01-01", "元日"),
    ("2025-01-02", "年末年始"),
    ("2025-01-03", "年末年始"),
    ("2025-01-13", "成人の日"),
    ("2025-02-11", "建国記念の日"),
    ("2025-02-23", "天皇誕生日"),
    ("2025-02-24", "振替休日"),
    ("2025-03-20", "春分の日"),
    ("2025-04-29", "昭和の日"),
    ("2025-05-03", "憲法記念日"),
    ("2025-05-04", "みどりの日"),
    ("2025-05-05", "こどもの日"),
    ("2025-05-06", "振替休日"),
    ("2025-07-21", "海の日"),
    ("2025-08-11", "山の日"),
    ("2025-09-15", "敬老の日"),
    ("2025-09-23", "秋分の日"),
    ("2025-10-13", "スポーツの日"),
    ("2025-11-03", "文化の日"),
    ("2025-11-23", "勤労感謝の日"),
    ("2025-11-24", "振替休日"),
    ("2025-12-29", "年末年始"),
    ("2025-12-30", "年末年始"),
    ("2025-12-31", "年末年始"),
    ("2026-01-01", "元日"),
    ("2026-01-02", "年末年始"),
    ("2026-01-03", "年末年始"),
    ("2026-01-12", "成人の日"),
    ("2026-02-11", "建国記念の日"),
    ("2026-02-23", "天皇誕生日"),
    ("2026-03-20", "春分の日"),
    ("2026-04-29", "昭和の日"),
    ("2026-05-03", "憲法記念日"),
    ("2026-05-04", "みどりの日"),
    ("2026-05-05", "こどもの日"),
    ("2026-05-06", "振替休日"),
    ("2026-07-20", "海の日"),
    ("2026-08-11", "山の日"),
    ("2026-09-21", "敬老の日"),
    ("2026-09-22", "国民の休日"),
    ("2026-09-23", "秋分の日"),
    ("2026-10-12", "スポーツの日"),
    ("2026-11-03", "文化の日"),
    ("2026-11-23", "勤労感謝の日"),
    ("2026-12-29", "年末年始"),
    ("2026-12-30", "年末年始"),
    ("2026-12-31", "年末年始"),
    ("2027-01-01", "元日"),
    ("2027-01-02", "年末年始"),
    ("2027-01-03", "年末年始"),
    ("2027-01-11", "成人の日"),
    ("2027-02-11", "建国記念の日"),
    ("2027-02-23", "天皇誕生日"),
    ("2027-03-21", "春分の日"),
    ("2027-03-22", "振替休日"),
    ("2027-04-29", "昭和の日"),
    ("2027-05-03", "憲法記念日"),
    ("2027-05-04", "みどりの日"),
    ("2027-05-05", "こどもの日"),
    ("2027-07-19", "海の日"),
    ("2027-08-11", "山の日"),
    ("2027-09-20", "敬老の日"),
    ("2027-09-23", "秋分の日"),
    ("2027-10-11", "スポーツの日"),
    ("2027-11-03", "文化の日"),
    ("2027-11-23", "勤労感謝の日"),
    ("2027-12-29", "年末年始"),
    ("2027-12-30", "年末年始"),
    ("2027-12-31", "年末年始"),
)
SOURCE = "法律の規則から計算（官報で要確認）"

INSTALL = """
-- Months from the newest back, each asked for itself: one plan for all of them would walk through years of entries
-- for somebody rare. What is rare in a month comes out of the index of marks at once; what is common is asked for by
-- days, more of them each time, whose marks keep the lists short. Entries are looked through in order only where
-- nothing but a period is asked for. (Measured: docs/searching-the-record.md.)
CREATE FUNCTION audit.search(
    all_of bigint[], any_of bigint[], none_of bigint[], since timestamptz, until timestamptz,
    before_at timestamptz, before_id uuid, most integer
) RETURNS TABLE (at timestamptz, id uuid, idx bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET jit = off SET max_parallel_workers_per_gather = 0 SET work_mem = '16MB'
SET enable_seqscan = off SET enable_indexscan = off AS $$
DECLARE
    -- a month of so many entries that may fit is asked for as a whole
    rare constant integer := 4000;
    asked constant text := 'SELECT l.event_at, l.event_id, l.idx FROM %s l WHERE %s%s'
        ' ORDER BY l.event_at DESC, l.event_id DESC LIMIT %s';
    span text := format('l.event_at >= %L AND l.event_at < %L', since, until);
    upper_end constant timestamptz := least(until, before_at + interval '1 microsecond');
    marks text := '';
    month record;
    taken bigint := 0;
    step bigint;
    plan json;
    first_day date;
    from_day date;
    to_day date;
    days integer;
BEGIN
    IF before_at IS NOT NULL THEN
        span := span || format(' AND (l.event_at, l.event_id) < (%L, %L)', before_at, before_id);
    END IF;
    IF cardinality(all_of) > 0 THEN
        marks := marks || format(' AND l.facets @> %L::bigint[]', all_of);
    END IF;
    FOR place IN 1 .. coalesce(array_length(any_of, 1), 0) LOOP
        marks := marks || format(' AND l.facets && %L::bigint[]', ARRAY(SELECT unnest(any_of[place:place])));
    END LOOP;
    IF cardinality(none_of) > 0 THEN
        marks := marks || format(' AND NOT l.facets && %L::bigint[]', none_of);
    END IF;
    IF marks = '' THEN
        SET LOCAL enable_indexscan = on;
    END IF;
    FOR month IN
        SELECT c.oid::regclass AS leaves, to_date(right(c.relname, 7), 'YYYY_MM') AS begins
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'audit.leaf'::regclass
          AND c.relname COLLATE "C" BETWEEN 'leaf_' || to_char(since AT TIME ZONE 'Asia/Tokyo', 'YYYY_MM')
              AND 'leaf_' || to_char(upper_end AT TIME ZONE 'Asia/Tokyo', 'YYYY_MM')
        ORDER BY c.relname COLLATE "C" DESC
    LOOP
        IF marks <> '' THEN
            EXECUTE format('EXPLAIN (FORMAT JSON) SELECT FROM %s l WHERE true%s', month.leaves, marks) INTO plan;
        END IF;
        IF marks = '' OR (plan -> 0 -> 'Plan' ->> 'Plan Rows')::float <= rare THEN
            RETURN QUERY EXECUTE format(asked, month.leaves, span, marks, most - taken);
            GET DIAGNOSTICS step = ROW_COUNT;
            taken := taken + step;
        ELSE
            first_day := greatest(month.begins, (since AT TIME ZONE 'Asia/Tokyo')::date);
            to_day := least(
                (month.begins + interval '1 month')::date - 1,
                ((upper_end - interval '1 microsecond') AT TIME ZONE 'Asia/Tokyo')::date
            );
            days := 1;
            WHILE to_day >= first_day AND taken < most LOOP
                from_day := greatest(first_day, to_day - days + 1);
                RETURN QUERY EXECUTE format(
                    asked, month.leaves, span,
                    format(
                        ' AND l.facets && %L::bigint[]',
                        -- the mark of a day: audit/ledger/facets.py
                        ARRAY(SELECT ('x' || left(encode(sha256(convert_to('day:' || to_char(d, 'YYYY-MM-DD'), 'UTF8')), 'hex'), 16)
                                     )::bit(64)::bigint FROM generate_series(from_day, to_day, '1 day') d)
                    ) || format(
                        ' AND l.event_at >= %L AND l.event_at < %L',
                        from_day::timestamp AT TIME ZONE 'Asia/Tokyo', (to_day + 1)::timestamp AT TIME ZONE 'Asia/Tokyo'
                    ) || marks,
                    most - taken
                );
                GET DIAGNOSTICS step = ROW_COUNT;
                taken := taken + step;
                to_day := from_day - 1;
                days := days * 2;
            END LOOP;
        END IF;
        EXIT WHEN taken >= most;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION audit.search(bigint[], bigint[], bigint[], timestamptz, timestamptz, timestamptz, uuid, integer)
    FROM PUBLIC;

-- A run is what was done: it stays as it is.
CREATE TRIGGER saved_search_run_is_never_changed BEFORE UPDATE OR DELETE ON audit.saved_search_run
FOR EACH ROW EXECUTE FUNCTION audit.event_refuses_change();
ALTER TABLE audit.saved_search_run ENABLE ALWAYS TRIGGER saved_search_run_is_never_changed;
"""

REMOVE = """
DROP TRIGGER saved_search_run_is_never_changed ON audit.saved_search_run;
DROP FUNCTION audit.search(bigint[], bigint[], bigint[], timestamptz, timestamptz, timestamptz, uuid, integer);
"""


def fill_in(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    holiday = apps.get_model("audit", "Holiday")
    holiday.objects.bulk_create(holiday(day=day, name=name, source=SOURCE) for day, name in DAYS_OFF)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("audit", "0005_earlier_table_goes"),
    ]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.CreateModel(
            name="Holiday",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False, verbose_name="日")),
                ("name", models.CharField(max_length=60, verbose_name="名称")),
                ("source", models.CharField(max_length=120, verbose_name="出典")),
            ],
            options={
                "verbose_name": "休日",
                "db_table": 'audit"."holiday',
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("asked_by", models.BigIntegerField(verbose_name="作成者")),
                ("asked_at", models.DateTimeField(verbose_name="依頼日時")),
                ("sealed", models.BinaryField(verbose_name="条件（暗号化）")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("WAITING", "作成待ち"),
                            ("WRITING", "作成中"),
                            ("READY", "作成済み"),
                            ("CANCELLED", "取消し"),
                            ("FAILED", "作成できませんでした"),
                            ("GONE", "削除済み"),
                        ],
                        default="WAITING",
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=20, verbose_name="理由の区分")),
                ("expected", models.PositiveIntegerField(blank=True, null=True, verbose_name="見込みの件数")),
                ("rows", models.PositiveIntegerField(default=0, verbose_name="件数")),
                ("pieces", models.PositiveIntegerField(default=0, verbose_name="区切りの数")),
                ("bytes", models.PositiveBigIntegerField(default=0, verbose_name="大きさ")),
                ("last_at", models.DateTimeField(blank=True, null=True, verbose_name="最後の記録の日時")),
                ("last_id", models.UUIDField(blank=True, null=True, verbose_name="最後の記録の番号")),
                ("lowest", models.BigIntegerField(blank=True, null=True, verbose_name="最初の位置")),
                ("highest", models.BigIntegerField(blank=True, null=True, verbose_name="最後の位置")),
                ("unsealed", models.PositiveIntegerField(default=0, verbose_name="未封印の件数")),
                ("digest", models.CharField(blank=True, max_length=64, verbose_name="CSVのSHA-256")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="完了日時")),
                ("downloads", models.PositiveIntegerField(default=0, verbose_name="受取りの回数")),
            ],
            options={
                "verbose_name": "操作記録の書き出し",
                "db_table": 'audit"."export',
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["asked_by", "asked_at"], name="export_by_person"),
                    models.Index(fields=["state", "asked_at"], name="export_by_state"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["WAITING", "WRITING", "READY", "CANCELLED", "FAILED", "GONE"])
                        ),
                        name="export_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "READY"), _negated=True),
                            ("digest__regex", "^[0-9a-f]{64}$"),
                            _connector="OR",
                        ),
                        name="export_ready_has_a_digest",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("owner_id", models.BigIntegerField(verbose_name="作成者")),
                ("is_shared", models.BooleanField(default=False, verbose_name="監査担当で共有する")),
                ("sealed", models.BinaryField(verbose_name="名前と条件（暗号化）")),
                ("due_day", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="毎月の期限")),
                ("made_at", models.DateTimeField(verbose_name="作成日時")),
                ("removed_at", models.DateTimeField(blank=True, null=True, verbose_name="削除日時")),
            ],
            options={
                "verbose_name": "保存した検索",
                "db_table": 'audit"."saved_search',
                "default_permissions": (),
                "indexes": [models.Index(fields=["owner_id"], name="saved_search_by_owner")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("due_day__isnull", True), ("due_day__range", (1, 28)), _connector="OR"),
                        name="saved_search_is_due_on_a_day_of_every_month",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedSearchRun",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("search_id", models.UUIDField(verbose_name="検索")),
                ("run_at", models.DateTimeField(verbose_name="実行日時")),
                ("run_by", models.BigIntegerField(verbose_name="実行者")),
                ("found", models.PositiveIntegerField(verbose_name="件数")),
                ("is_more", models.BooleanField(default=False, verbose_name="件数を超える")),
            ],
            options={
                "verbose_name": "保存した検索の実行",
                "db_table": 'audit"."saved_search_run',
                "default_permissions": (),
                "indexes": [models.Index(fields=["search_id", "run_at"], name="saved_search_run_by_search")],
            },
        ),
        migrations.RunSQL(INSTALL, REMOVE),
        migrations.RunPython(fill_in, migrations.RunPython.noop),
    ]
