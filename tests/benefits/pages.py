"""Reads a page as a browser would, as far as tests of the views need it."""

import unicodedata
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client

FORM = "application/x-www-form-urlencoded"


class _Controls(HTMLParser):
    """Collects what each control of a page would send."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sent: dict[str, list[str]] = {}
        self.ids: set[str] = set()
        self.links: list[str] = []
        self._select = self._area = ""
        self._templates = 0
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._templates += tag == "template"
        if self._templates:  # what a script may draw one day is not on the page
            return
        at = dict(attrs)
        name, value = at.get("name") or "", at.get("value") or ""
        if at.get("id"):
            self.ids.add(str(at["id"]))
        if tag == "a":
            self.links.append(at.get("href") or "")
        elif tag == "input" and name:
            if at.get("type") not in {"checkbox", "radio"} or "checked" in at:
                self.sent.setdefault(name, []).append(value)
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in at:
            self.sent.setdefault(self._select, []).append(value)
        elif tag == "textarea":
            self._area, self._text = name, []

    def handle_endtag(self, tag: str) -> None:
        self._templates -= tag == "template"
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            # a browser drops the line feed that opens a textarea
            self.sent.setdefault(self._area, []).append("".join(self._text).removeprefix("\n"))
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self._text.append(data)


def text_of(response: HttpResponse) -> str:
    return response.content.decode("utf-8")


def controls_of(response: HttpResponse) -> dict[str, list[str]]:
    """Return what the page's controls would send, by name."""
    return _read(response).sent


def ids_on(response: HttpResponse) -> set[str]:
    return _read(response).ids


def links_on(response: HttpResponse) -> list[str]:
    return _read(response).links


def shows(response: HttpResponse, number: str) -> bool:
    """Say whether a My Number stands on the page, grouped or not, in any width."""
    narrow = unicodedata.normalize("NFKC", text_of(response))
    groups = (number[:4], number[4:8], number[8:])
    return any(between.join(groups) in narrow for between in ("", " ", "-", "\u2010"))


def send(client: Client, address: str, data: Mapping[str, Any], **extra: Any) -> Any:
    """Send a form as browsers do."""
    return client.post(address, urlencode(data, doseq=True), content_type=FORM, **extra)


def _read(response: HttpResponse) -> _Controls:
    controls = _Controls()
    controls.feed(text_of(response))
    controls.close()
    return controls
