"""What templates promise one another, and what none of them may do."""

import re
from functools import cache

import pytest

from tests.architecture.sources import modules, strings_of, templates

HTML = {name: text for name, text in templates().items() if name.endswith(".html")}
#: Pieces that are put into a page; each says what it takes.
PIECES = sorted(name for name in HTML if name.startswith("components/") or "/_" in name)
#: Asked for by Django itself, by name.
BY_NAME = {"400.html", "403.html", "404.html", "500.html"}
#: Asked for with the action of an entry in the name (audit.views.entry).
BY_ACTION = "audit/entries/"


@cache
def asked_for() -> set[str]:
    in_code = {text for tree in modules().values() for text in strings_of(tree)}
    in_templates = {
        name for text in HTML.values() for name in re.findall(r"""{% (?:extends|include) ['"]([^'"]+)['"]""", text)
    }
    # what is typeset is named by its path
    by_path = {name for name in templates() if name.endswith(".typ") and name.split("/")[-1] in in_code}
    return in_code | in_templates | by_path | BY_NAME


@pytest.mark.parametrize("name", sorted(templates()))
def test_every_template_is_used(name: str) -> None:
    assert name in asked_for() or name.startswith((BY_ACTION, "django/forms/"))


@pytest.mark.parametrize("name", sorted(HTML))
def test_every_template_that_is_asked_for_is_there(name: str) -> None:
    for asked in re.findall(r"""{% (?:extends|include) ['"]([^'"]+)['"]""", HTML[name]):
        assert asked in HTML


@pytest.mark.parametrize("name", PIECES)
def test_every_piece_says_what_it_takes_and_takes_nothing_else(name: str) -> None:
    text = HTML[name]
    assert text.startswith("{% comment %}\n")

    said, _end, body = text.removeprefix("{% comment %}\n").partition("{% endcomment %}")
    taken = set(re.findall(r"^(\w+) +(?:required|optional)", said, flags=re.MULTILINE))
    own = set(re.findall(r"{% for ([\w, ]+) in", body))
    own = {word for group in own for word in re.split(r"[, ]+", group)} | {"forloop", "True", "False", "None"}
    own |= set(re.findall(r"asvar (\w+)", body)) | set(re.findall(r"as (\w+) %}", body))
    own |= {
        word
        for group in re.findall(r"{% (?:with|blocktranslate)([^%]*)%}", body)
        for word in re.findall(r"(\w+)=", group)
    }
    used = set(re.findall(r"{{ ?([a-z_]\w*)", body))

    assert taken
    assert used - own <= taken, used - own - taken


@pytest.mark.parametrize("name", sorted(HTML))
def test_a_piece_is_put_in_with_only_what_it_is_given(name: str) -> None:
    for piece, rest in re.findall(r"{% include ['\"]([^'\"]+)['\"]([^%]*)%}", HTML[name]):
        if not piece.startswith("django/forms/"):
            assert rest.rstrip().endswith("only"), piece


@pytest.mark.parametrize("name", sorted(HTML))
def test_no_template_lets_a_text_through_unescaped_or_holds_code_of_its_own(name: str) -> None:
    text = HTML[name]

    for forbidden in ("|safe", "autoescape", "{% csrf_exempt", "<style", " style=", "javascript:", "{% debug"):
        assert forbidden not in text
    assert not re.search(r"\son[a-z]+=", text)
    for script in re.findall(r"<script[^>]*>", text):
        assert " src=" in script
    # nothing is fetched from anywhere else (a namespace is a name, not an address)
    assert not re.search(r"""(?:src|href)=["']https?://""", text)


@pytest.mark.parametrize("name", sorted(name for name, text in HTML.items() if 'method="post"' in text))
def test_every_form_that_is_posted_carries_the_token(name: str) -> None:
    forms = re.findall(r"<form\b[^>]*>(.*?)</form>", HTML[name], flags=re.DOTALL)

    assert forms
    assert all("{% csrf_token %}" in form for form in forms if "{% csrf_token %}" in HTML[name])
    assert HTML[name].count('method="post"') == HTML[name].count("{% csrf_token %}")
