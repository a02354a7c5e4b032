"""Text of a data SMS: GSM 7-bit characters packed into octets, written as hexadecimal.

Source: 3GPP TS 23.038, clauses 6.1.2.1.1 (packing) and 6.2.1 (alphabet and its extension).
"""

from __future__ import annotations

from location_cloud.errors import BadQuery

MOST_HEX = 280
"""Digits: 140 octets, the user data of one SMS (TS 23.040)."""

_ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {10: "\f", 20: "^", 40: "{", 41: "}", 47: "\\", 60: "[", 61: "~", 62: "]", 64: "|", 101: "€"}
_ESCAPE = 27


def unpack_sms(hexadecimal: str) -> str:
    """The text that packed septets say; padding at the end is left out.

    Raises BadQuery for what is no even number of up to MOST_HEX hexadecimal digits.
    """
    digits = hexadecimal.strip()
    if not 2 <= len(digits) <= MOST_HEX:
        raise BadQuery(f"aml_sms_hex has {len(digits)} digits; one SMS has 2 to {MOST_HEX}", hint="send its user data")
    try:
        packed = bytes.fromhex(digits) if digits.isalnum() else None
    except ValueError:
        packed = None
    if packed is None:
        raise BadQuery("aml_sms_hex is not hexadecimal", hint="two digits 0-9, A-F for each octet")
    return _as_text(_septets(packed))


def _septets(packed: bytes) -> list[int]:
    bits = int.from_bytes(packed, "little")
    septets = [(bits >> shift) & 0x7F for shift in range(0, len(packed) * 8 - 6, 7)]
    if len(packed) % 7 == 0 and septets[-1] in (0, 13):  # seven bits are left over and filled: clause 6.1.2.3.1
        septets.pop()
    return septets


def _as_text(septets: list[int]) -> str:
    found = []
    is_extended = False
    for septet in septets:
        if is_extended:
            found.append(_EXTENSION.get(septet, " "))  # unknown extensions show as a space: clause 6.2.1.1
            is_extended = False
        elif septet == _ESCAPE:
            is_extended = True
        else:
            found.append(_ALPHABET[septet])
    return "".join(found)
