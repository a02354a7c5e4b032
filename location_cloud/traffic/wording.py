"""The traffic of a place in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from location_cloud.spatial.measure import WINDS, WINDS_ZH
from location_cloud.traffic.model import SLOW
from location_cloud.traffic.model_picture import STATUS_EN, STATUS_ZH, Stretch

MOST_TOLD = 8
"""Stretches in one sentence."""

_TELLING = {"zh-CN": STATUS_ZH, "en": STATUS_EN}
_PHRASES = {"zh-CN": ("(模拟数据)", "；", "无缓行路段"), "en": ("(simulated) ", "; ", "no slow roads")}
"""What a simulated picture is called, what stands between two parts, what is said of none."""


def leads_zh(wind: str) -> str:
    """A direction as Chinese traffic reports name it: 自南向北 for "N"."""
    return f"自{WINDS_ZH[WINDS[(WINDS.index(wind) + 4) % 8]]}向{WINDS_ZH[wind]}"


def sentence(stretches: Sequence[Stretch], language: str, simulated: bool) -> str:
    """Which named roads are slow, the worst first. A simulated picture says so first."""
    told: dict[tuple[str, str], Stretch] = {}
    for stretch in stretches:
        name = stretch.name or stretch.ref
        if name and stretch.level >= SLOW:
            told.setdefault((name, stretch.wind), stretch)
    words = _TELLING[language]
    parts = [
        f"{name}{leads_zh(wind)}{words[one.level]}" if language == "zh-CN" else f"{name} ({wind}): {words[one.level]}"
        for (name, wind), one in list(told.items())[:MOST_TOLD]
    ]
    mark, glue, nothing = _PHRASES[language]
    return (mark if simulated else "") + (glue.join(parts) or nothing)
