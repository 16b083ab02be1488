"""Fills the peers' tables with the office's entries and asks their admin lists: questions come in as JSON."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import django

#: The same entries (those that bench/loading.py made), as each of them would have kept them, and users for them.
USERS = """
    INSERT INTO auth_user (id, username, password, first_name, last_name, email, is_superuser, is_staff, is_active,
                           date_joined)
    SELECT n, 'user' || n, '', '', '', '', n = 1, n = 1, true, now() FROM generate_series(1, 200) n
"""
KINDS = """
    INSERT INTO django_content_type (app_label, model) VALUES ('benefits', 'application')
    ON CONFLICT DO NOTHING
"""
AUDITLOG = """
    INSERT INTO auditlog_logentry (content_type_id, object_pk, object_repr, action, changes_text, changes, actor_id,
                                   cid, remote_addr, timestamp, additional_data)
    SELECT (SELECT id FROM django_content_type WHERE model = 'application'), subject_id, subject_label,
           (length(action) % 4)::smallint, '', details, actor_id, request_id::text, client, at,
           jsonb_build_object('action', action, 'purpose', purpose)
    FROM audit.event WHERE xid = '3'
"""
EASYAUDIT = """
    INSERT INTO easyaudit_crudevent (event_type, object_id, content_type_id, object_repr, object_json_repr,
                                     changed_fields, user_id, user_pk_as_string, datetime)
    SELECT (1 + length(action) % 3)::smallint, subject_id,
           (SELECT id FROM django_content_type WHERE model = 'application'), subject_label,
           json_build_object('label', subject_label, 'action', action)::text, details::text, actor_id,
           actor_id::text, at
    FROM audit.event WHERE xid = '3'
"""
INDEXES = """
    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
    WHERE i.indrelid IN ('auditlog_logentry'::regclass, 'easyaudit_crudevent'::regclass) AND NOT i.indisprimary
"""
Query = Callable[[Mapping[str, Any]], dict[str, Any]]
LISTS: Mapping[str, tuple[str, Mapping[str, Query]]] = {
    "django-auditlog": (
        "/admin/auditlog/logentry/",
        {
            "user_in_month": lambda q: {
                "actor": q["actor"],
                "timestamp__gte": f"{q['first']} 00:00:00+09:00",
                "timestamp__lt": f"{q['until']} 00:00:00+09:00",
            },
            "subject_ever": lambda q: {"object_pk": q["subject"]},
            "typed_ever": lambda q: {"q": q["label"]},
        },
    ),
    "django-easy-audit": (
        "/admin/easyaudit/crudevent/",
        {
            "user_in_month": lambda q: {
                "user__id__exact": q["actor"],
                "datetime__gte": f"{q['first']} 00:00:00+09:00",
                "datetime__lt": f"{q['until']} 00:00:00+09:00",
            },
            "subject_ever": lambda q: {"object_id": q["subject"]},
            "typed_ever": lambda q: {"q": q["label"]},
        },
    ),
}


def main() -> None:
    """Fill, then ask each list each question as often as there are questions."""
    asked = json.load(sys.stdin)
    django.setup()
    from django.contrib.auth.models import User
    from django.test import Client

    _fill()
    browser = Client()
    browser.force_login(User.objects.get(username="user1"))
    for peer, (address, questions) in LISTS.items():
        for kind, query in questions.items():
            samples, trouble = list[float](), ""
            for number, one in enumerate([asked[0], *asked]):
                began = time.perf_counter()
                answer = browser.get(f"{address}?{urlencode(query(one))}")
                took = (time.perf_counter() - began) * 1000
                if answer.status_code != 200:
                    trouble = f"the list answered {answer.status_code}"
                    break
                if number:  # the first loads what is loaded once
                    samples.append(took)
            sys.stdout.write(json.dumps([peer, kind, trouble or samples]) + "\n")
            sys.stdout.flush()


def _fill() -> None:
    """Make their tables and fill them; their indexes are made afterwards, which comes to the same and is quicker."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {settings.SCHEMA}")
    call_command("migrate", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute(INDEXES)
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        for statement in (USERS, KINDS, AUDITLOG, EASYAUDIT):
            cursor.execute(statement)
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _name, definition in indexes:
            cursor.execute(definition)
        cursor.execute("VACUUM ANALYZE auditlog_logentry, easyaudit_crudevent")


if __name__ == "__main__":
    main()
