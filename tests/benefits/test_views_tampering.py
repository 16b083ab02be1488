"""V2: whatever is sent, the answer is a page or a plain refusal, never a fault of the system, and nothing is changed.

Django's client raises here what would be a 500, so a request that only returns has not made one.
"""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings, strategies as st

from accounts.models import User
from accounts.roles import Role
from audit.models import Event
from benefits import content
from benefits.choices import Status
from benefits.forms import EntryForm
from benefits.models import Application, Certification, Person
from tests.benefits.pages import FORM, controls_of, send, text_of
from tests.factories import approved, compared, draft, form_data, signed_in, staff_member, submitted

pytestmark = pytest.mark.django_db

WITHOUT_NUMBER = {"number_given": "NOT_GIVEN", "number_absence_reason": "LEFT_BLANK"}


@pytest.fixture
def desk(maker: User) -> Client:
    return signed_in(Client(), maker)


def edit(key: uuid.UUID) -> str:
    return reverse("benefits:application-edit", args=[key])


# ── what is not text ─────────────────────────────────────────────────────────────────────────────────────────────

BROKEN = {
    "Shift_JIS": b"family_name=%93%FA%96%7B&revision=1",
    "raw bytes": b"family_name=\x93\xfa&revision=1",
    "half a character": b"family_name=%E3%81",
    "lone surrogate": b"family_name=%ED%A0%80&revision=1",
    "overlong": b"family_name=%C0%AF",
    "NUL": b"family_name=a%00b&revision=1",
    "NUL in a name": b"family%00name=a",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_not_text_is_refused_with_a_sentence_and_keeps_nothing(kind: str, desk: Client) -> None:
    answer = desk.post(edit(uuid.uuid4()), BROKEN[kind], content_type=FORM)

    assert answer.status_code == 400
    assert "前の画面に戻り、入力し直してください" in text_of(answer)
    assert not Application.objects.exists()


@pytest.mark.parametrize("query", ["q=%93%FA", "q=%00", "q=%ED%A0%80"])
def test_an_address_that_is_not_text_is_refused(query: str, desk: Client) -> None:
    assert desk.get(f"{reverse('benefits:diseases')}?{query}").status_code == 400


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"family_name": "x"}'),
        ("text/plain", b"family_name=x"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("multipart/form-data", b"no boundary"),
        ("application/x-www-form-urlencoded; charset=shift_jis", b"family_name=%93%FA"),
        ("nonsense", b"\xff\xff"),
        ("", b"family_name=x"),
    ],
)
def test_a_body_of_another_kind_makes_no_application_and_no_fault(kind: str, body: bytes, desk: Client) -> None:
    answer = desk.generic("POST", reverse("benefits:application-submit", args=[uuid.uuid4()]), body, content_type=kind)

    assert answer.status_code in {400, 404}
    assert not Application.objects.exists()


def test_a_body_larger_than_any_form_is_refused(desk: Client) -> None:
    answer = desk.post(edit(uuid.uuid4()), b"note=" + b"a" * 1_000_001, content_type=FORM)

    assert answer.status_code == 413
    assert "大きすぎます" in text_of(answer)


def test_more_boxes_than_any_form_has_are_refused(desk: Client) -> None:
    answer = desk.post(edit(uuid.uuid4()), "&".join(f"x{n}=1" for n in range(2_001)), content_type=FORM)

    assert answer.status_code == 400
    assert not Application.objects.exists()


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace", "head"])
@pytest.mark.parametrize("name", ["application-edit", "application-submit", "application-autosave", "approve"])
def test_another_method_does_nothing(method: str, name: str, desk: Client, maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)

    answer = getattr(desk, method)(reverse(f"benefits:{name}", args=[application.pk]))

    assert answer.status_code in {403, 405}
    assert Application.objects.get().revision == application.revision


@pytest.mark.parametrize("name", ["application-submit", "application-pull-back", "application-autosave"])
def test_a_step_is_not_taken_by_opening_an_address(name: str, desk: Client, maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)

    assert desk.get(reverse(f"benefits:{name}", args=[application.pk])).status_code == 405


@pytest.mark.parametrize(
    "address", ["/applications/not-a-uuid/", "/people/0/", "/reviews/../", "/applications//edit/", "/audit/x/"]
)
def test_an_address_that_names_nothing_is_not_there(address: str, desk: Client) -> None:
    assert desk.get(address).status_code == 404


# ── what was tampered with ───────────────────────────────────────────────────────────────────────────────────────

REVISIONS = ["", "0", "-1", "1.5", "x", "９", "1e3", str(2**31), str(2**63), "1" * 5_000, "１", " 1"]


@pytest.mark.parametrize("revision", [*REVISIONS, None])
@pytest.mark.parametrize(
    "name", ["application-submit", "application-pull-back", "application-withdraw", "application-edit"]
)
def test_a_step_without_a_proper_revision_is_no_request(
    name: str, revision: str | None, desk: Client, maker: User
) -> None:
    application = draft(maker, **WITHOUT_NUMBER)
    typed = form_data(**WITHOUT_NUMBER, street="別の番地") if name == "application-edit" else {}
    sent = typed if revision is None else {**typed, "revision": revision}

    answer = send(desk, reverse(f"benefits:{name}", args=[application.pk]), sent)

    reads_as_one = revision is not None and revision.strip() in {"1", "１", "９"}
    assert answer.status_code == 400 or (reads_as_one and answer.status_code in {200, 302})
    if not reads_as_one:
        assert Application.objects.get().revision == application.revision


def test_nothing_but_the_boxes_of_the_form_can_be_set(desk: Client, maker: User, checker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)
    forged = {
        "id": str(uuid.uuid4()),
        "status": "APPROVED",
        "created_by": checker.pk,
        "editor_ids": f"{{{checker.pk}}}",
        "decided_by": checker.pk,
        "submission": 9,
        "receipt_number": "1-000001",
        "person": str(uuid.uuid4()),
        "content": "{}",
        "number_version": 7,
        "approved_sha256": "0" * 64,
    }

    send(
        desk,
        edit(application.pk),
        {**form_data(**WITHOUT_NUMBER, street="直した"), **forged, "revision": application.revision, "save": "draft"},
    )

    kept = Application.objects.get()
    assert kept.entry["street"] == "直した"
    assert not set(forged) & set(kept.entry)
    for name in ("pk", "receipt_number", "person_id", "created_by_id", "editor_ids", "content", "number_version"):
        assert getattr(kept, name) == getattr(application, name)
    assert (kept.status, kept.submission, kept.decided_by_id) == (Status.DRAFT, 0, None)


@pytest.mark.parametrize("button", ["", "review ", "REVIEW", "approve", "<script>"])
def test_a_button_that_is_not_on_the_form_saves_a_draft(button: str, desk: Client) -> None:
    answer = send(desk, edit(uuid.uuid4()), {**form_data(**WITHOUT_NUMBER), "revision": 1, "save": button})

    assert answer.status_code == 302
    assert Application.objects.get().status == Status.DRAFT


@pytest.mark.parametrize("button", ["", "APPROVE", "approve;", "nothing"])
def test_a_button_that_is_not_on_the_review_decides_nothing(button: str, maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    answer = send(
        signed_in(Client(), checker),
        reverse("benefits:review", args=[application.pk]),
        {"revision": application.revision, "press": button, "checked": content.to_be_ticked(application.content)},
    )

    assert answer.status_code == 302
    assert Application.objects.get().status == Status.SUBMITTED


def test_a_forged_form_without_the_token_of_the_session_is_refused(maker: User, checker: User) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)
    strict = signed_in(Client(enforce_csrf_checks=True), checker)
    page = controls_of(strict.get(reverse("benefits:approve", args=[application.pk])))
    token = page.pop("csrfmiddlewaretoken")

    without = send(strict, reverse("benefits:approve", args=[application.pk]), page)
    wrong = send(strict, reverse("benefits:approve", args=[application.pk]), {**page, "csrfmiddlewaretoken": "x" * 64})

    assert (without.status_code, wrong.status_code) == (403, 403)
    assert not Certification.objects.exists()
    right = send(strict, reverse("benefits:approve", args=[application.pk]), {**page, "csrfmiddlewaretoken": token})
    assert right.status_code == 302
    assert Certification.objects.exists()


def test_a_form_sent_from_another_site_is_refused(maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)

    answer = send(
        signed_in(Client(), maker),
        reverse("benefits:application-submit", args=[application.pk]),
        {"revision": application.revision},
        headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    )

    assert answer.status_code == 403
    assert Application.objects.get().status == Status.DRAFT


@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        "{{ 7|add:7 }}{% debug %}",
        "' OR '1'='1",
        '"><img src=x onerror=alert(1)>',
        "%s %(x)s {0}",
        "\u202e逆さ",
        "😀🏴\U000e0067\U000e007f",
        "\ufffd",
        "🇯🇵" * 200,
        "a\r\nSet-Cookie: x=y",
    ],
)
def test_a_text_is_only_a_text_wherever_it_is_typed(typed: str, desk: Client) -> None:
    texts = [
        name for name, field in EntryForm.base_fields.items() if not hasattr(field, "choices") and name != "number"
    ]
    key = uuid.uuid4()

    answer = send(desk, edit(key), {**form_data(), **dict.fromkeys(texts, typed), "revision": 1, "save": "review"})
    again = desk.get(edit(key))
    looked = [desk.get(reverse(f"benefits:{name}")) for name in ("home", "applications")]

    for page in (answer, again, *looked):
        assert page.status_code == 200
        assert "<script>alert" not in text_of(page)
        assert "<img src=x" not in text_of(page)
        assert "Set-Cookie" not in page.headers
    assert controls_of(again)["street"] == [typed.replace("\r\n", "\r\n")]


# ── chance ───────────────────────────────────────────────────────────────────────────────────────────────────────

FUZZED = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
SHARP = st.sampled_from(
    [
        "",
        "0",
        "-1",
        "999999999999999999999",
        "R8.2.30",
        "S65",
        "明治",
        "9" * 400,
        "ー" * 50,
        "\u3099",
        "１２,３",
        "YES",
        "GIVEN",
        "\t",
        "¥",
        "〇",
    ]
)
VALUE = st.one_of(TEXT, SHARP, st.lists(TEXT, max_size=3))


def sent(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.one_of(st.sampled_from(sorted(names)), TEXT), VALUE, max_size=14)


def fine(answer: Any) -> None:
    assert answer.status_code in {200, 302, 400, 404, 409, 413, 422}


@FUZZED
@given(typed=sent(*EntryForm.base_fields, "revision", "save"))
def test_whatever_is_typed_into_the_entry_form_is_answered(typed: dict[str, Any], desk: Client) -> None:
    fine(send(desk, edit(uuid.uuid4()), {**form_data(), "save": "review", "revision": 1, **typed}))


@FUZZED
@given(typed=sent(*EntryForm.base_fields, "revision"), is_new=st.booleans())
def test_whatever_is_autosaved_is_answered(typed: dict[str, Any], is_new: bool, desk: Client, maker: User) -> None:
    key = uuid.uuid4() if is_new else draft(maker, **WITHOUT_NUMBER).pk

    fine(send(desk, reverse("benefits:application-autosave", args=[key]), {"revision": 1, **typed}))


@FUZZED
@given(
    typed=sent(
        "revision", "press", "checked", "comment", "number", *(f"comment_{name}" for name in EntryForm.base_fields)
    ),
    button=st.sampled_from(["save", "compare", "approve", "return"]),
)
def test_whatever_a_checker_sends_is_answered(typed: dict[str, Any], button: str, maker: User, checker: User) -> None:
    application = Application.objects.filter(status=Status.SUBMITTED).first() or submitted(maker)

    answer = send(
        signed_in(Client(), checker),
        reverse("benefits:review", args=[application.pk]),
        {"revision": application.revision, "press": button, **typed},
    )

    fine(answer)
    assert not Certification.objects.exists()


@FUZZED
@given(typed=sent("revision", "fingerprint", "decision_mark"))
def test_whatever_is_sent_to_the_approval_decides_nothing(typed: dict[str, Any], maker: User, checker: User) -> None:
    application = Application.objects.first() or compared(submitted(maker, **WITHOUT_NUMBER), by=checker)

    fine(
        send(
            signed_in(Client(), checker),
            reverse("benefits:approve", args=[application.pk]),
            {"revision": application.revision, "fingerprint": "0" * 64, "decision_mark": "0" * 64, **typed},
        )
    )
    assert not Certification.objects.exists()


@FUZZED
@given(typed=sent("kana", "name", "birth_on", "recipient_number"), name=TEXT)
def test_whatever_is_searched_for_is_answered(typed: dict[str, Any], name: str, desk: Client) -> None:
    fine(send(desk, reverse("benefits:people"), typed, follow=True))
    fine(desk.get(reverse("benefits:people"), {"s": name}))
    fine(desk.get(reverse("benefits:diseases"), {"q": name}))
    fine(desk.get(reverse("benefits:applications"), {"status": name, "before": name}))


@FUZZED
@given(typed=sent("purpose", "reason", "code"))
def test_whatever_is_sent_to_the_reveal_shows_nothing(
    typed: dict[str, Any], maker: User, checker: User, viewer: User
) -> None:
    person = Person.objects.filter(registered_at__isnull=False).first() or approved(maker, checker).person

    answer = send(
        signed_in(Client(), viewer),
        reverse("benefits:number", args=[person.pk]),
        {"purpose": "INQUIRY", "reason": "理由", "code": "000000", **typed},
    )

    fine(answer)
    assert "data-reveal-digits" not in text_of(answer)


@FUZZED
@given(typed=sent("from_on", "to_on", "actor", "subject", "actions", "result"), cursor=TEXT)
def test_whatever_is_searched_for_in_the_record_is_answered(typed: dict[str, Any], cursor: str, db: None) -> None:
    auditor = User.objects.filter(role_assignments__role=Role.AUDITOR).first() or staff_member(Role.AUDITOR)
    desk = signed_in(Client(), auditor)

    fine(send(desk, reverse("audit:log"), typed, follow=True))
    fine(desk.get(reverse("audit:log"), {"before": cursor, "s": cursor}))


COOKIES: dict[str, Callable[[str], str]] = {
    "another": lambda key: key[::-1],
    "empty": lambda _key: "",
    "long": lambda _key: "x" * 4_000,
    "not ours": lambda _key: "../../etc/passwd",
    "quoted": lambda _key: '"\\377"',
}


@pytest.mark.parametrize("kind", COOKIES)
def test_a_tampered_session_is_no_session(kind: str, desk: Client) -> None:
    desk.cookies["kyufu-session"] = COOKIES[kind](desk.cookies["kyufu-session"].value)

    answer = desk.get(reverse("benefits:home"))

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("accounts:sign-in"))


def test_a_request_that_is_refused_is_on_record(desk: Client, maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)

    send(desk, reverse("benefits:application-submit", args=[application.pk]), {"revision": "x"})

    assert Event.objects.filter(actor_id=maker.pk, result="REFUSED").count() == 1
