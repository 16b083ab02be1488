"""A file from Juki-net in whatever state a screen is to be seen in, brought by the maker of the papers."""

from typing import Any

from benefits.juki import deciding
from benefits.models import JukiBatch, JukiLayout
from benefits.models.juki import CANCELLABLE, BatchState, Encoding, ErrorMode
from tests.benefits.juki.conftest import brought, compare_all, file_of, line, registered, work

_LOOKS = {"given_name": "住", "given_kana": "スミ"}


def in_state(papers: Any, state: BatchState) -> JukiBatch:
    """Return a file in ``state``; whatever was under way before is cancelled."""
    for other in JukiBatch.objects.filter(state__in=CANCELLABLE):
        deciding.cancel(other.pk, by=papers.maker)
    if not JukiBatch.objects.exists():
        registered(papers.maker, papers.checker, **_LOOKS)
        registered(papers.maker, papers.checker, **_LOOKS | {"birth_on": "S46.5.1"})
    who = {"name": "見本　住", "kana": "ミホン　スミ"}
    batch = brought(
        file_of(
            line(**who),
            line(**who, birth="19710501", address="見本県架空市字本町1-2-3"),
            line(birth="19600101"),
            line("12"),
        ),
        by=papers.maker,
    )
    if state == BatchState.UPLOADED:
        return batch
    assert batch.layout is not None
    mode = ErrorMode.ALL if state == BatchState.HALTED else ErrorMode.SKIP
    deciding.start(batch.pk, by=papers.maker, layout=batch.layout, encoding=Encoding(batch.encoding), mode=mode)
    if state == BatchState.STAGING:
        return batch
    work()
    if state == BatchState.APPLIED:
        for waiting in (3, 4):
            deciding.reject(batch.pk, waiting, by=papers.maker, reason="別の人")
        compare_all(batch, by=papers.checker)
        deciding.apply(batch.pk, by=papers.checker)
        work()
    elif state == BatchState.REVIEW:
        deciding.draw(batch.pk, by=papers.checker)
    return JukiBatch.objects.get(pk=batch.pk)


def layout() -> JukiLayout:
    """Return the layout that comes with the product."""
    return JukiLayout.objects.get(version=1, proposed_by=None)
