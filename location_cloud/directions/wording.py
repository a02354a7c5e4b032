"""Steps in words, Chinese and English."""

from __future__ import annotations

from location_cloud.directions.model import Step

WINDS = {
    "zh-CN": ("北", "东北", "东", "东南", "南", "西南", "西", "西北"),
    "en": ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"),
}
TURNS = {
    "zh-CN": {
        "straight": "直行",
        "slight_left": "向左前方行驶",
        "left": "左转",
        "sharp_left": "向左后方转弯",
        "slight_right": "向右前方行驶",
        "right": "右转",
        "sharp_right": "向右后方转弯",
        "uturn": "掉头",
    },
    "en": {
        "straight": "Go straight on",
        "slight_left": "Bear left",
        "left": "Turn left",
        "sharp_left": "Turn sharp left",
        "slight_right": "Bear right",
        "right": "Turn right",
        "sharp_right": "Turn sharp right",
        "uturn": "Make a U-turn",
    },
}
LANGUAGES = tuple(TURNS)


def instruction(step: Step, language: str) -> str:
    """The step as a sentence. language: one of LANGUAGES."""
    road = step.name or step.ref
    if language == "zh-CN":
        return _chinese(step, road)
    return _english(step, road)


def _chinese(step: Step, road: str) -> str:
    if step.kind == "arrive":
        return "到达目的地"
    if step.kind == "depart":
        return f"沿{road}向{_wind(step, 'zh-CN')}出发" if road else f"向{_wind(step, 'zh-CN')}出发"
    if step.kind == "roundabout":
        return f"进入环岛，从第{step.exit}个出口驶出" + (f"，进入{road}" if road else "")
    return TURNS["zh-CN"][step.modifier] + (f"，进入{road}" if road else "")


def _english(step: Step, road: str) -> str:
    if step.kind == "arrive":
        return "You have arrived"
    if step.kind == "depart":
        return f"Head {_wind(step, 'en')}" + (f" on {road}" if road else "")
    if step.kind == "roundabout":
        return f"At the roundabout take exit {step.exit}" + (f" onto {road}" if road else "")
    return TURNS["en"][step.modifier] + (f" onto {road}" if road else "")


def _wind(step: Step, language: str) -> str:
    return WINDS[language][round(step.bearing_deg / 45) % 8]
