"""Personal numbers as lists show them: enough to tell two apart, too little to call anybody."""

from __future__ import annotations

import re
from dataclasses import replace

from location_cloud.callers.model import Phone, Private

SHOWN_FIRST, SHOWN_LAST = 3, 4
"""Digits of a mobile number that Chinese practice leaves: 138****1234."""

_LONG = re.compile(r"\+?[0-9][0-9 -]{5,24}[0-9]")
"""Seven digits and more: telephone, card and identity numbers; house numbers and kilometres are shorter."""


def mask_number(number: str) -> str:
    """138****1234; nothing of short ones."""
    digits = "".join(char for char in number if char.isalnum())
    if len(digits) < SHOWN_FIRST + SHOWN_LAST + 2:
        return "*" * min(len(digits), 8)
    return f"{digits[:SHOWN_FIRST]}****{digits[-SHOWN_LAST:]}"


def mask_device(identifier: str) -> str:
    """The last four digits of an IMSI, IMEI or card number."""
    return f"****{identifier[-SHOWN_LAST:]}" if len(identifier) > 2 * SHOWN_LAST else "*" * min(len(identifier), 8)


def mask_text(text: str) -> str:
    """A text with every long number in it masked."""
    return _LONG.sub(lambda found: mask_number(found[0]), text)


def unmasked(text: str, before: str) -> str:
    """A text that somebody wrote from mask_text(before): numbers that are still masked in it as they were."""
    known: dict[str, list[str]] = {}
    for found in _LONG.findall(before):
        known.setdefault(mask_number(found), []).append(found)
    if not known:
        return text
    masks = "|".join(re.escape(mask) for mask in sorted(known, key=len, reverse=True))

    def number(found: re.Match[str]) -> str:
        numbers = known[found[0]]
        return numbers.pop(0) if len(numbers) > 1 else numbers[0]

    return re.sub(masks, number, text)


def plain_number(number: str) -> str:
    """The number by which two spellings of it are one: +86 138-0000-0000 and 13800000000."""
    digits = "".join(char for char in number if char.isascii() and char.isdigit())
    for prefix in ("0086", "86"):
        if digits.startswith(prefix) and len(digits) - len(prefix) == 11:
            return digits.removeprefix(prefix)
    return digits


def masked_phone(phone: Phone) -> Phone:
    """The same with its personal numbers masked."""
    return replace(
        phone,
        number=mask_number(phone.number),
        imsi=mask_device(phone.imsi),
        imei=mask_device(phone.imei),
        iccid=mask_device(phone.iccid),
    )


def masked(private: Private) -> Private:
    """All that is personal of a call, masked; messages are left out, as they repeat it."""
    return Private(
        number=mask_number(private.number),
        words=mask_text(private.words),
        phone=masked_phone(private.phone),
        sms=masked_sms(private.sms),
    )


def masked_sms(sms: dict[str, str] | None) -> dict[str, str] | None:
    """How an SMS was read, without the numbers in it."""
    return None if sms is None else {name: mask_text(text) for name, text in sms.items()}
