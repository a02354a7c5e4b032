"""Every way a question can fail, and the HTTP status each one becomes.

CloudError
├── BadQuery        400  the question itself is malformed
├── KeyNeeded       401  no key, or a key nobody issued
├── Denied          403  the key does not carry the scope
├── NotFound        404  no such thing, or not yours
├── Conflict        409  somebody changed it meanwhile
├── TooLarge        413  over a declared ceiling, refused before the work starts
├── Unprocessable   422  understood, but it has no answer
├── VersionNeeded   428  a change that does not say which version it was made from
├── Broken          500  our fault
├── NotInstalled    501  an optional part of the installation that this one does not have
├── NotReady        503  nothing imported yet, or the store is busy
└── Full            507  the disk takes no more
"""

from __future__ import annotations

from typing import ClassVar


class CloudError(Exception):
    """A failure that a user can read: what went wrong, where, and what to do next."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "broken"
    title: ClassVar[str] = "Something broke on our side"

    def __init__(self, detail: str, hint: str = "", **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint
        self.extra = extra


class BadQuery(CloudError):
    """The question is malformed: an unknown parameter, a value out of range, a body that is not JSON."""

    status = 400
    code = "bad-query"
    title = "The question cannot be read"


class KeyNeeded(CloudError):
    """No key was given where one is required, or the given key is unknown, expired or revoked."""

    status = 401
    code = "key-needed"
    title = "A valid API key is needed"


class Denied(CloudError):
    """The key is valid but does not carry the scope that the operation declares."""

    status = 403
    code = "denied"
    title = "This key may not do that"


class NotFound(CloudError):
    """No such thing in this snapshot and this tenant. Another tenant's things look exactly like absent ones."""

    status = 404
    code = "not-found"
    title = "Not found"


class Conflict(CloudError):
    """The thing was changed since the caller read it, or already exists."""

    status = 409
    code = "conflict"
    title = "It was changed meanwhile"


class TooLarge(CloudError):
    """The question is over a declared ceiling and was refused before any work."""

    status = 413
    code = "too-large"
    title = "Over the declared ceiling"


class Unprocessable(CloudError):
    """The question is well formed but has no answer: no road near the point, no way between two points."""

    status = 422
    code = "unprocessable"
    title = "No answer to that"


class VersionNeeded(CloudError):
    """A change or deletion must say which version it was made from (If-Match), so that nobody's work is overwritten."""

    status = 428
    code = "version-needed"
    title = "Say which version you change"


class Broken(CloudError):
    """An error of ours. The request id finds it in the log."""


class NotInstalled(CloudError):
    """The answer needs an optional part that this installation does not have; the hint says how to add it."""

    status = 501
    code = "not-installed"
    title = "That part is not installed here"


class NotReady(CloudError):
    """No snapshot is imported yet, or the live store is busy; the same question may be asked again soon."""

    status = 503
    code = "not-ready"
    title = "Not ready yet"


class Full(CloudError):
    """The disk takes no more; reads go on."""

    status = 507
    code = "full"
    title = "The store is full"


class BadInput(Exception):
    """A file or argument of a command that cannot be used: one line names the file and where in it. Exit status 2."""


def all_errors() -> tuple[type[CloudError], ...]:
    """Every error class that can become a reply, by status."""
    return tuple(sorted(CloudError.__subclasses__(), key=lambda error: error.status))
