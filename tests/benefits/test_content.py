"""A4: the canonical text that an approval names by its fingerprint."""

import hashlib
import json
from typing import Any

import psycopg
import pytest
from hypothesis import given, strategies as st

from benefits import content
from tests.factories import form_data

VALUES = st.one_of(st.text(), st.integers(), st.booleans(), st.none(), st.lists(st.text()))
FORMS = st.dictionaries(st.text(), VALUES)


def compose(form: dict[str, Any], number_version: int | None = None) -> str:
    return content.compose(form, number_version=number_version, absence_reason="LEFT_BLANK")


@given(FORMS)
def test_the_text_does_not_depend_on_the_order_of_the_boxes(form: dict[str, Any]) -> None:
    backwards = dict(reversed(form.items()))

    assert compose(form) == compose(backwards)


@given(FORMS, FORMS)
def test_two_forms_have_one_text_exactly_when_they_are_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    is_same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)

    assert (compose(one) == compose(other)) is is_same


@given(FORMS)
def test_the_form_comes_back_as_it_was(form: dict[str, Any]) -> None:
    assert content.form_of(compose(form)) == form


def test_names_are_not_normalised_on_the_way() -> None:
    name = "渡邉\U000e0110﨑\ufa19"

    assert content.form_of(compose({"family_name": name}))["family_name"] == name


def test_the_version_of_the_number_is_part_of_it_and_so_is_the_reason_for_its_absence() -> None:
    texts = {
        compose({}, number_version=1),
        compose({}, number_version=2),
        compose({}),
        content.compose({}, number_version=None, absence_reason="DECLINED"),
    }

    assert len(texts) == 4


def test_the_fingerprint_is_the_sha256_of_the_bytes() -> None:
    text = compose({"family_name": "髙橋"})

    assert content.fingerprint(text) == hashlib.sha256(text.encode("utf-8")).hexdigest()


@pytest.mark.django_db
def test_the_database_computes_the_same_fingerprint(owner_connection: psycopg.Connection[Any]) -> None:
    text = compose({"family_name": "𠮷\U000e0100田", "note": '改行\n\\ "'})

    row = owner_connection.execute("SELECT encode(sha256(convert_to(%s, 'UTF8')), 'hex')", [text]).fetchone()

    assert row == (content.fingerprint(text),)


def test_a_value_that_json_has_no_word_for_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        compose({"amount": float("nan")})


def test_every_filled_box_is_ticked_and_all_the_empty_ones_together() -> None:
    form = {"family_name": "見本", "building": "", "documents": [], "total_income": None, "patient_income_levy": 0}

    assert content.to_be_ticked(compose(form)) == ("family_name", "patient_income_levy", content.BLANKS)
    assert content.to_be_ticked(compose({"family_name": "見本"})) == ("family_name",)
    assert content.to_be_ticked("") == ()


def test_no_box_of_the_form_is_called_like_the_tick_for_the_empty_ones() -> None:
    assert content.BLANKS not in form_data()
