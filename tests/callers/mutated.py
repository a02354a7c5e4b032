"""Messages and questions changed at random: what strangers and broken phones send."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.callers.aml_vectors import FORM, SIGNED, SMS_HEX, SMS_TEXT, V1, V2

SMS = (
    "林甸县花园街道幸福小区3幢2单元(501),现有小偷",
    "大庆至哈尔滨的公交车有小偷，现行驶在绥满高速公路248公里处",
    "收到13800001111发来的一条诈骗短信，内容如下：恭喜中奖",
    "G10绥满高速K248+500有车祸 L",
    "我在万达广场附近被人跟踪",
)
_SIGNS = ";=\"',.+-&%()（）,，。\0\n 0123456789aAzZ١²一二三公里幢单元路L*𝟘é￿"
_NUMBERS = (
    0,
    -1,
    1,
    1e-9,
    1e9,
    -1e9,
    90,
    -90,
    180,
    180.0001,
    2**53,
    2**63 - 1,
    -(2**63),
    1e308,
    5e-324,
    True,
    None,
    "1",
    "nan",
)


def mutate_text(chance: random.Random, text: str) -> str:
    """One to six cuts, doublings, swaps and foreign signs."""
    for _ in range(chance.randint(1, 6)):
        at, to = sorted(chance.randrange(len(text) + 1) for _ in range(2))
        text = chance.choice(
            (
                text[:at] + text[to:],
                text[:to] + text[at:],
                text[:at] + chance.choice(_SIGNS) * chance.choice((1, 1, 2, 50)) + text[at:],
                text[:at] + chr(chance.randrange(0xD7FF)) + text[at + 1 :],
                text[to:] + text[:to],
            )
        )[:2000]
    return text


def body(chance: random.Random) -> dict[str, Any]:
    """A sound question over JSON."""
    lon, lat = 125.1 + chance.uniform(-0.05, 0.05), 46.6 + chance.uniform(-0.05, 0.05)
    tower = {"site": [lon, lat], "time_ns": chance.randrange(30_000), "sigma_ns": 100.0}
    whole: dict[str, Any] = {
        "tdoa": [{**tower, "site": [lon + step / 80, lat + step % 3 / 90]} for step in range(chance.randint(0, 8))],
        "sector": {"site": [lon, lat], "azimuth": 90, "beam": 65, "ta": 9, "rat": chance.choice(("gsm", "lte"))},
        "rssi": [{"site": [lon, lat], "rssi_dbm": -80, "reference_dbm": -10}] * chance.randint(0, 5),
        "point": [lon, lat],
        "accuracy_m": 30,
        "aml": V2,
    }
    names = chance.sample(list(whole), chance.randint(1, 4))
    return {name: whole[name] for name in names}


def mutate_body(chance: random.Random, value: Any) -> Any:
    """The question with some of its parts replaced, left out or nested wrongly."""
    if isinstance(value, dict):
        kept = {name: mutate_body(chance, part) for name, part in value.items() if chance.random() > 0.03}
        return {**kept, chance.choice(("x", "ta", "mu", "site")): 1} if chance.random() < 0.03 else kept
    if isinstance(value, list):
        return [mutate_body(chance, part) for part in value if chance.random() > 0.03]
    if isinstance(value, str):
        return mutate_text(chance, value) if chance.random() < 0.3 else value
    return chance.choice(_NUMBERS) if chance.random() < 0.08 else value


def mutated(chance: random.Random) -> tuple[str, Any]:
    """The kind of one changed input, as the question names it ("json" = a whole question), and the input."""
    kind = chance.choice(("aml", "aml_sms_hex", "aml_form", "sms", "json"))
    if kind == "json":
        return kind, mutate_body(chance, body(chance))
    vectors: dict[str, tuple[str, ...]] = {
        "aml": (V1, V2, SMS_TEXT), "aml_sms_hex": (SMS_HEX,), "aml_form": (SIGNED, FORM), "sms": SMS
    }  # fmt: skip
    change: Callable[[random.Random, str], str] = mutate_text
    return kind, change(chance, chance.choice(vectors[kind]))
