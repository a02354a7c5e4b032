"""The colours of levels, seen by eyes that lack a kind of cone (Machado, Oliveira, Fernandes 2009, severity 1)."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import combinations

import numpy as np
import pytest

from location_cloud.maps.style import load_palette

EYES = {
    "all cones": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
LEAST = 15.0
"""CIE76; 2.3 is just noticeable on large neighbouring fields, lines are thin and apart."""


def seen(color: str, eyes: str) -> np.ndarray:
    part = np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.array(EYES[eyes]) @ linear, 0, 1) / WHITE
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


@pytest.mark.parametrize("eyes", EYES)
def test_every_two_levels_can_be_told_apart(eyes: str):
    colors = [load_palette("traffic")["colors"][f"traffic_{level}"] for level in range(1, 6)]
    for one, other in combinations(colors, 2):
        assert np.linalg.norm(seen(one, eyes) - seen(other, eyes)) >= LEAST, (one, other)


def test_the_console_has_the_colours_of_the_map():
    static = files("location_cloud.console") / "static"
    colors = [load_palette("traffic")["colors"][f"traffic_{level}"] for level in range(1, 6)]
    script, sheet = ((static / name).read_text("utf-8") for name in ("js/traffic.js", "css/panels.css"))
    assert re.findall(r"level_\d\", color: \"(#\w+)\"", script) == colors
    assert re.findall(r"data-level=\"\d\"\] \{ background: (#\w+)", sheet) == colors
