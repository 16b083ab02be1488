"""A My Number between the vault and the page does not get out by accident (A3, V2)."""

import copy
import json
import logging
import pickle
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.template import Context, Template

from mynumber.secret import Secret
from tests.factories import my_number


def test_the_digits_are_there_for_who_asks_for_them() -> None:
    number = my_number()

    assert Secret(number).digits() == number


@pytest.mark.parametrize(
    "written",
    [
        repr,
        str,
        "{}".format,
        "{:>20}".format,
        "{!r:^30}".format,
        lambda secret: f"{secret} {secret!s} {secret!r} {secret:12}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031  (people still write it)
        lambda secret: str([secret]) + str({"number": secret}) + str((secret,)),
        lambda secret: json.dumps([secret], default=str),
        lambda secret: HttpResponse([secret]).content.decode(),
        lambda secret: Template("{{ secret }}{{ secret|safe }}").render(Context({"secret": secret})),
        lambda secret: str(ValueError(secret)) + repr(ValueError(secret)),
        lambda secret: logging.LogRecord("x", 20, "", 0, "%s %r", (secret, secret), None).getMessage(),
    ],
)
def test_it_is_never_written_out(written: Callable[[Secret], str]) -> None:
    number = my_number()

    text = written(Secret(number))

    assert "<Secret>" in text
    assert number not in text


@pytest.mark.parametrize(
    "taken",
    [
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        json.dumps,
        hash,
        vars,
        iter,
        len,
        int,
        bytes,
        lambda secret: {secret},
        lambda secret: {secret: 1},
        lambda secret: secret == "",
        lambda secret: secret != secret,
        lambda secret: secret + "",
        lambda secret: secret[0],
    ],
)
def test_it_is_neither_stored_nor_copied_nor_compared_and_the_error_does_not_tell_it(
    taken: Callable[[Secret], object],
) -> None:
    number = my_number()
    secret = Secret(number)

    with pytest.raises(TypeError) as refused:
        taken(secret)

    assert number not in str(refused.value)


def test_nothing_can_be_hung_on_it() -> None:
    secret = Secret(my_number())

    with pytest.raises(AttributeError):
        secret.name = "渡邉花子"  # type: ignore[attr-defined]
