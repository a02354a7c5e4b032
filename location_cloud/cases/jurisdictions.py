"""Which tenants tell everybody of their cases over Open311, under which jurisdiction_id, and in whose name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from location_cloud.errors import BadQuery, KeyNeeded, NotFound

KEY_HINT = "send api_key; the operator issues one with: location-cloud keys add --scope cases:read --scope cases:write"


@dataclass(frozen=True)
class Jurisdictions:
    """tenants: jurisdiction_id -> tenant, of those that anybody may read without a key. contact: whom to ask.

    kind: production or test.
    """

    tenants: Mapping[str, str] = field(default_factory=dict)
    contact: str = ""
    kind: str = "production"

    def tenant_to_read(self, asked: str, own: str) -> tuple[str, bool]:
        """Whose requests are meant, and whether anybody may read them. own: the caller's tenant, "" = has no key.

        Raises NotFound for an unknown jurisdiction, BadQuery where one must be named, KeyNeeded.
        """
        if asked:
            if asked in self.tenants:
                return self.tenants[asked], True
            if own and asked == own:
                return own, False
            raise unknown(asked)
        if own:
            return own, own in self.tenants.values()
        if not self.tenants:
            raise KeyNeeded("an api_key is needed here", hint=KEY_HINT)
        if len(self.tenants) > 1:
            raise BadQuery("jurisdiction_id is missing", hint=f"it is one of {', '.join(self.tenants)}")
        return next(iter(self.tenants.values())), True

    def check_to_write(self, asked: str, own: str) -> None:
        """Refuses a report to another jurisdiction than that of the key. Raises NotFound."""
        if asked and asked != own and self.tenants.get(asked) != own:
            raise unknown(asked)


def unknown(asked: str) -> NotFound:
    """The refusal of a jurisdiction that is none, or not yours."""
    return NotFound(f"jurisdiction_id {asked[:80]!r} was not found", hint="ask the operator for its name")


def parse_jurisdictions(text: str) -> dict[str, str]:
    """jurisdiction_id -> tenant, of "city.gov=default,village.gov=cun" as the settings have checked it."""
    return dict(part.split("=", 1) for part in text.split(",") if part)
