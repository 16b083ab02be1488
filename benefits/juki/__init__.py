"""Numbers from the Juki-net terminal: a file is brought, read, matched, checked, compared by a second person, applied.

Nothing is applied at once. The long parts are done by the worker in small committed pieces (``labour``); each may be
cut off at any moment and is taken up again where the last committed piece ended.
"""
