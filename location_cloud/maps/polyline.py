"""Encoded polylines read into points."""

from __future__ import annotations


def decode_polyline(text: str, precision: int = 5) -> list[tuple[float, float]]:
    """Points as (lon, lat), degrees. precision: decimals that the numbers carry, 5 or 6.

    Raises ValueError if the text ends within a number or holds other characters.
    Source: Google, "Encoded Polyline Algorithm Format"; order lat, lon.
    """
    numbers: list[int] = []
    value, shift = 0, 0
    for place, character in enumerate(text):
        part = ord(character) - 63
        if not 0 <= part < 64 or shift > 60:
            raise ValueError(f"character {place + 1} ({character!r}) is none of an encoded polyline")
        value |= (part & 31) << shift
        shift += 5
        if part < 32:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value, shift = 0, 0
    if shift or len(numbers) % 2:
        raise ValueError("the encoded polyline ends within a point")
    points, lat, lon = [], 0, 0
    for lat_step, lon_step in zip(numbers[::2], numbers[1::2], strict=True):
        lat, lon = lat + lat_step, lon + lon_step
        points.append((lon / 10**precision, lat / 10**precision))
    return points
