"""Where the keys of My Numbers are, behind one interface: nothing else knows whether they are files or hardware.

``provider()`` is what the office has chosen (``KYUFU_KEY_PROVIDER``, docs/operations.md).
"""

from mynumber.keys.choice import complaints, keeps_files, make_first, provider
from mynumber.keys.interface import Key, KeyProvider, KeyUnavailableError, WrongKeyError

__all__ = [
    "Key",
    "KeyProvider",
    "KeyUnavailableError",
    "WrongKeyError",
    "complaints",
    "keeps_files",
    "make_first",
    "provider",
]
