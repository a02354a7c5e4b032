"""Who asks for a change, of which version, and whether it was sent before: what slices that are written to share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from location_cloud.errors import Conflict, Unprocessable


@dataclass(frozen=True)
class Sent:
    """Who asks for a change: key, time, its Idempotency-Key ("" = none) and a digest of all that was said."""

    who: str
    now: datetime
    request: str = ""
    digest: str = ""


def check_version(name: str, found: int, version: int | None) -> None:
    """Refuse a change made from another version than the stored one.

    name: what is changed, as the answer calls it ("case 12"). version: what the sender read; None = whichever is there.

    Raises Conflict with the stored version.
    """
    if version is not None and version != found:
        raise Conflict(
            f"{name} is at version {found}, not {version}", hint="read it again and repeat your change", version=found
        )


def check_repeated(name: str, digest: str | None, sent: Sent) -> None:
    """Refuse an Idempotency-Key that was used for something else.

    name: what it was used for ("case 12"). digest: of what was said then.

    Raises Unprocessable.
    """
    if digest != sent.digest:
        raise Unprocessable(
            f"the Idempotency-Key was used for {name}, which said something else",
            hint="choose a new key for every change",
        )
