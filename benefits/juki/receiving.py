"""Taking a file in: sealed part by part as it comes, so that it never lies anywhere in the clear.

``SealingUploadHandler`` stands in for Django's own on the one address that takes these files. It keeps one part in
memory, whatever the file's size and however slowly it comes.
"""

import hashlib
import io
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopFutureHandlers
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import step_up
from accounts.models import User
from audit import journal
from benefits import events
from benefits.juki import layout, steps
from benefits.juki.steps import Refused
from benefits.juki.words import UNUSABLE
from benefits.models.juki import BatchState, JukiBatch, JukiLayout, goes_for_all
from mynumber import staging

PERMISSION = "benefits.import_numbers"
#: How much of the beginning is looked at to tell the encoding.
_HEAD = 64 * 1024
#: What the vault says of a file that it does not take in (any more).
_GONE = "KY020"


def most_bytes() -> int:
    """Return how large a file may be."""
    return int(settings.KYUFU_JUKI_MEGABYTES) * 1024 * 1024


def may_bring(user: Any) -> bool:
    """Say whether ``user`` may bring files: the duty, and for the whole office."""
    return isinstance(user, User) and goes_for_all(user, PERMISSION)


class Receipt:
    """One file on its way in."""

    def __init__(self, by: User) -> None:
        """Begin, unless another file is under way (:class:`Refused`). One's own that was cut off is none."""
        cut_off = JukiBatch.objects.filter(state=BatchState.UPLOADING, uploaded_by=by).first()
        if cut_off is not None:
            _end(cut_off, "broken", by=by)
        self.by = by
        self.size = 0
        self._held = bytearray()
        self._head = b""
        self._parts = 0
        self._running = hashlib.sha256()
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT nextval('benefits_juki_serial')")
                    serial = cursor.fetchone()[0]
                self.batch = JukiBatch.objects.create(serial=serial, uploaded_by=by)
                journal.record(
                    events.IMPORT_BEGUN,
                    by=by,
                    subject=self.batch,
                    details={"status": BatchState.UPLOADING.value},
                )
                self._key = staging.begin(self.batch.pk, by=by)
        except IntegrityError as error:
            if "juki_files_come_one_at_a_time" not in str(error):
                raise
            message = _("ほかのファイルの取込みが終わっていません。1度に取り込めるのは1つです。")
            raise Refused("busy", message) from error

    def add(self, chunk: bytes) -> None:
        """Take in what has come, and seal every part that is whole."""
        self.size += len(chunk)
        if self.size > most_bytes():
            raise too_large()
        self._running.update(chunk)
        if len(self._head) < _HEAD:
            self._head += chunk[: _HEAD - len(self._head)]
        self._held += chunk
        while len(self._held) >= staging.PART_BYTES:
            self._seal(staging.PART_BYTES)

    def _seal(self, length: int) -> None:
        try:
            staging.keep_part(self._key, self._parts, bytes(self._held[:length]))
        except DatabaseError as error:
            if getattr(error.__cause__, "sqlstate", "") != _GONE:
                raise
            raise Refused("broken", str(UNUSABLE["broken"])) from error  # ended meanwhile by another upload
        del self._held[:length]
        self._parts += 1

    def finish(self) -> JukiBatch:
        """Say that the file is here whole, and what it seems to be. Raises :class:`Refused` for one of no use."""
        if self._held:
            self._seal(len(self._held))
        if not self.size:
            raise self.give_up("empty")
        encoding = layout.detect(self._head)
        if encoding is None:
            raise self.give_up("utf16" if layout.is_utf16(self._head) else "encoding")
        try:
            with transaction.atomic():
                batch = steps.lock(self.batch.pk)
                steps.require(batch, BatchState.UPLOADING)
                staging.close(batch.pk)
                steps.move(
                    batch,
                    BatchState.UPLOADED,
                    by=self.by,
                    action=events.IMPORT_RECEIVED,
                    size=self.size,
                    encoding=encoding,
                    layout=default_layout(),
                    file_digest=staging.file_digest(self._running.digest()),
                )
        except IntegrityError as error:
            if "juki_file_is_taken_once" not in str(error):
                raise
            raise self.give_up("again") from error
        return batch

    def give_up(self, code: str) -> Refused:
        """Wipe what has come, and return the refusal that says why."""
        _end(self.batch, code, by=self.by)
        return too_large() if code == "too_large" else Refused(code, str(UNUSABLE[code]))


def _end(upload: JukiBatch, code: str, *, by: User) -> None:
    """End an upload and wipe what has come; one that has ended already stays as it is."""
    with transaction.atomic():
        batch = steps.lock(upload.pk)
        if batch.state != BatchState.UPLOADING:
            return
        steps.move(batch, BatchState.UNUSABLE, by=by, details={"code": code}, code=code)
    steps.wipe(batch, by=by)


def too_large() -> Refused:
    """Return the refusal of a file over the limit."""
    message = _("ファイルが大きすぎます（上限 %(most)sメガバイト）。端末で抽出の条件を分けて出力してください。")
    return Refused("too_large", message % {"most": settings.KYUFU_JUKI_MEGABYTES})


def default_layout() -> JukiLayout | None:
    """Return the newest layout in force."""
    confirmed = JukiLayout.objects.filter(outcome="CONFIRMED", valid_from__lte=timezone.localdate())
    return confirmed.order_by("-valid_from", "-version", "-pk").first()


class SealedFile(UploadedFile):  # type: ignore[type-arg]  # generic in the stubs alone
    """What Django is given in a file's place: the file that has come but is not taken for received, or why not."""

    def __init__(self, *, receipt: Receipt | None = None, refusal: Refused | None = None) -> None:
        super().__init__(file=io.BytesIO(), name="sealed", size=0)
        self._receipt = receipt
        self._refusal = refusal

    def receive(self) -> JukiBatch:
        """Take the file for received, once the request is known to be its sender's own. Raises :class:`Refused`."""
        receipt, self._receipt = self._receipt, None
        if receipt is None:
            raise self._refusal or Refused("broken", str(UNUSABLE["broken"]))
        return receipt.finish()

    def close(self) -> None:
        """Wipe what nobody has taken for received, at the end of the request, so that it keeps no other file out."""
        receipt, self._receipt = self._receipt, None
        if receipt is not None:
            receipt.give_up("broken")
        super().close()


def receive(sent: object) -> JukiBatch:
    """Take what a form has sent for received. Raises :class:`Refused` for a file of no use, and for none at all."""
    if not isinstance(sent, SealedFile):
        raise Refused("no_file", _("ファイルを選んでください。"))
    return sent.receive()


class SealingUploadHandler(FileUploadHandler):
    """Seals the file of a request from somebody who may bring one, and drops every other.

    It runs where the body is read, before the view and the token of the form: nothing is taken for received until the
    view has said so (:meth:`SealedFile.receive`). What it does not is wiped at the end of the request, and by the
    worker if the server ends before that.
    """

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self._receipt: Receipt | None = None
        self._refusal: Refused | None = None
        self._length = 0

    def handle_raw_input(
        self, input_data: Any, meta: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        self._length = content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        request: Any = self.request
        if (
            self.field_name != "file"
            or self._receipt is not None
            or not may_bring(request.user)
            or not step_up.is_fresh(request, timezone.now())
        ):
            raise SkipFile
        if self._length > most_bytes() + _HEAD:
            self._refusal = too_large()
            raise StopFutureHandlers
        try:
            self._receipt = Receipt(request.user)
        except Refused as refusal:
            self._refusal = refusal
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self._receipt is None or self._refusal is not None:
            return
        try:
            self._receipt.add(raw_data)
        except Refused as refusal:
            self._refusal = refusal

    def file_complete(self, file_size: int) -> SealedFile:
        if self._refusal is not None:
            if self._receipt is not None:
                self._receipt.give_up(self._refusal.code)
            return SealedFile(refusal=self._refusal)
        assert self._receipt is not None  # noqa: S101  (one or the other since new_file)
        return SealedFile(receipt=self._receipt)

    def upload_interrupted(self) -> None:
        if self._receipt is not None:
            self._receipt.give_up("broken")


class JukiUploads:
    """Middleware: let the one address that takes these files read its body with the handler above."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        if request.method == "POST" and request.path_info in settings.KYUFU_UPLOAD_ADDRESSES:
            request.upload_handlers = [SealingUploadHandler(request)]
        return self.get_response(request)
