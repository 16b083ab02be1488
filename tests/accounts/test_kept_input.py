"""What is kept of a form while the screen is locked never holds a My Number, and opens for its owner alone."""

import json
import uuid
from datetime import timedelta
from functools import partial

import pytest
from django import forms as django_forms
from django.utils import timezone
from hypothesis import given, settings as effort, strategies as st

from accounts import forms as sign_in_forms, forms_password, kept_input, unlock_form
from accounts.kept_input import Kept
from accounts.models import KeptInput, User
from audit import numberless, sealed_text
from benefits.forms import EntryForm
from tests.factories import my_number, staff_member
from tests.racing import together

PAGE = "/applications/new/"


@pytest.fixture
def user(db: None) -> User:
    return staff_member()


def keep(user: User, *fields: tuple[str, str], path: str = PAGE) -> bool:
    now = timezone.now()
    return kept_input.keep(user, Kept(path=path, fields=fields), at=now, since=now)


def test_what_was_kept_comes_back_once_and_only_to_its_page(user: User) -> None:
    assert keep(user, ("family_name", "渡邉"), ("documents", "A"), ("documents", "B"))
    now = timezone.now()

    assert kept_input.give_back(user, path="/", at=now) is None
    given_back = kept_input.give_back(user, path=PAGE, at=now)

    assert given_back is not None
    assert given_back.fields == (("family_name", "渡邉"), ("documents", "A"), ("documents", "B"))
    assert not given_back.is_short
    assert kept_input.give_back(user, path=PAGE, at=now) is None
    assert not KeptInput.objects.exists()


def test_it_lies_sealed_in_the_database_and_opens_for_its_owner_alone(user: User) -> None:
    keep(user, ("family_name", "渡邉"))
    row = KeptInput.objects.get(user=user)
    assert "渡邉".encode() not in bytes(row.sealed)
    assert PAGE.encode() not in bytes(row.sealed)
    other = staff_member()
    KeptInput.objects.create(user=other, sealed=row.sealed, kept_at=row.kept_at)

    assert kept_input.read(other, at=timezone.now()) is None
    with pytest.raises(sealed_text.UnopenableError):
        sealed_text.unseal(bytes(row.sealed), key=kept_input.KEY, bound_to=f"kept|{other.pk}")


def test_it_is_forgotten_after_a_day(user: User) -> None:
    keep(user, ("family_name", "見本"))
    now = timezone.now()
    KeptInput.objects.update(kept_at=now - timedelta(hours=24, seconds=1))

    assert kept_input.read(user, at=now) is None
    assert not kept_input.is_there(user, at=now)
    assert kept_input.give_back(user, path=PAGE, at=now) is None
    keep(staff_member(), ("family_name", "見本"))
    assert not KeptInput.objects.filter(user=user).exists()


def test_the_next_lock_replaces_it(user: User) -> None:
    keep(user, ("family_name", "一"))
    keep(user, ("family_name", "二"))

    found = kept_input.read(user, at=timezone.now())
    assert found is not None
    assert found.fields == (("family_name", "二"),)


@pytest.mark.parametrize(
    "name",
    ["number", "NUMBER", "my_number", "code", "password", "new_password", "password2", "csrfmiddlewaretoken", "next"],
)
def test_a_field_that_is_for_a_secret_is_left_out_by_its_name(name: str, user: User) -> None:
    assert not keep(user, (name, "abc"))
    assert not KeptInput.objects.exists()


@pytest.mark.parametrize("name", ["insurer_number", "disease_number", "number_given", "postal_code", "member_0_name"])
def test_a_field_that_only_sounds_like_one_is_kept(name: str, user: User) -> None:
    assert keep(user, (name, "12345678"))


def test_a_my_number_in_any_field_is_dropped_and_the_rest_is_kept(user: User) -> None:
    number = my_number()
    keep(user, ("memo", f"番号 {number}"), ("street", "本町1-2-3"), (number, "x"))

    found = kept_input.read(user, at=timezone.now())
    assert found is not None
    assert (found.fields, found.is_short) == ((("street", "本町1-2-3"),), True)


@pytest.mark.parametrize("value", ["\0", "a\x1fb", "\ud800"])
def test_what_is_no_text_is_not_kept(value: str, user: User) -> None:
    assert not keep(user, ("memo", value))


def test_there_is_room_for_a_form_and_not_for_a_flood(user: User) -> None:
    keep(user, ("memo", "x" * 150_000), ("more", "y" * 150_000), ("name", "見本"), ("n" * 101, "x"))

    found = kept_input.read(user, at=timezone.now())
    assert found is not None
    assert [name for name, _value in found.fields] == ["memo", "name"]
    assert found.is_short
    assert len(bytes(KeptInput.objects.get().sealed)) < 201_000


def test_the_field_in_hand_is_named_only_when_it_is_kept(user: User) -> None:
    now = timezone.now()
    kept_input.keep(user, Kept(path=PAGE, fields=(("city", "x"),), focus="number"), at=now, since=now)

    found = kept_input.read(user, at=now)
    assert found is not None
    assert found.focus == ""


@pytest.mark.django_db(transaction=True)
def test_input_that_is_asked_for_twice_at_once_is_given_once() -> None:
    user = staff_member()
    keep(user, ("family_name", "見本"))
    now = timezone.now()

    came_to = together(*[lambda: kept_input.give_back(user, path=PAGE, at=now)] * 4)

    assert sum(one is not None for one in came_to) == 1
    assert not any(isinstance(one, Exception) for one in came_to)


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_lock_together_keep_one_input_whole() -> None:
    user = staff_member()
    now = timezone.now()

    came_to = together(
        *(
            partial(kept_input.keep, user, Kept(path=PAGE, fields=(("city", text),)), at=now, since=now)
            for text in ("一", "二", "三")
        )
    )

    assert sorted(came_to) == [False, False, True]


# ── finding a number ─────────────────────────────────────────────────────────────────────────────────────────────

_BETWEEN = [
    "",
    " ",
    "-",
    "　",
    "ー",
    "－",
    "‐",
    "\n",
    "\t",
    "\u200b",
    "・",
    "/",
    ".",
    "、",
    " - ",
    "\u00ad",
    "|",
    "～",
    "一",
]
_WIDTHS = ["0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "⓪①②③④⑤⑥⑦⑧⑨", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"]
_KANJI = "〇一二三四五六七八九"


@effort(max_examples=300, deadline=None)
@given(
    payload=st.integers(min_value=0, max_value=99_999_999_999),
    between=st.lists(st.sampled_from(_BETWEEN), min_size=12, max_size=12),
    width=st.sampled_from(_WIDTHS),
    before=st.sampled_from(["", "番号は", "No.", "住所A"]),
)
def test_a_number_is_found_however_it_is_grouped_and_whatever_its_width(
    payload: int, between: list[str], width: str, before: str
) -> None:
    digits = my_number(payload)
    text = before + "".join(width[int(digit)] + gap for digit, gap in zip(digits, between, strict=True)) + "です"

    assert numberless.holds_number(text)


def test_a_number_in_kanji_is_found() -> None:
    for payload in range(7, 10**11, 4_999_999_999):
        assert numberless.holds_number("".join(_KANJI[int(digit)] for digit in my_number(payload)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "見本町1-2-3",
        "090-0000-0000",
        "令和7年9月20日",
        "2025-09-20",
        "70,999",
        "12345678",
        "06131239",
        "12345678901",
        "令和7年9月20日から令和8年3月31日まで",
        str(uuid.UUID(int=0)).replace("0", "a"),
    ],
)
def test_what_an_office_writes_every_day_is_no_number(text: str) -> None:
    assert not numberless.holds_number(text)


@effort(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_at_all_is_answered(text: str) -> None:
    assert numberless.holds_number(text) in {True, False}


@effort(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=60)), max_size=10))
def test_whatever_is_typed_what_is_left_can_be_kept(fields: list[tuple[str, str]]) -> None:
    left = kept_input.without_secrets(Kept(path=PAGE, fields=tuple(fields)))

    json.dumps(left.fields, ensure_ascii=False).encode()
    assert not any(numberless.holds_number(value) for _name, value in left.fields)


def test_no_box_for_a_password_is_ever_kept() -> None:
    forms = [
        value
        for module in (forms_password, sign_in_forms, unlock_form)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, django_forms.BaseForm)
    ]
    boxes = {
        name
        for form in forms
        for name, field in getattr(form, "base_fields", {}).items()
        if isinstance(field.widget, django_forms.PasswordInput)
    }

    kept = kept_input.without_secrets(Kept(path="/", fields=tuple((name, "typed") for name in sorted(boxes))))

    assert boxes >= {"current", "new", "repeat", "password"}
    assert kept.fields == ()


def test_no_box_for_a_my_number_is_ever_kept_however_much_of_one_was_typed() -> None:
    boxes = {name for name, field in EntryForm.base_fields.items() if "data-my-number" in field.widget.attrs}

    kept = kept_input.without_secrets(Kept(path="/", fields=tuple((name, "1234") for name in sorted(boxes))))

    assert boxes >= {"number", "guardian_number", "member_0_number"}
    assert kept.fields == ()
    others = (("insurer_number", "1234"), ("disease_number", "6"))
    assert kept_input.without_secrets(Kept(path="/", fields=others)).fields == others
