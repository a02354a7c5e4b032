"""XML of Open311 read by the Spark convention, apart from the product: lists lose their names, empty is null.

Source: wiki.open311.org/JSON_and_XML_Conversion.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

LISTS = {
    "services",
    "service_requests",
    "service_request_updates",
    "errors",
    "attributes",
    "values",
    "endpoints",
    "formats",
    "notes",
}
RECORDS = {"extended_attributes", "discovery", "service_definition"}
NUMBERS = {"lat", "long", "order", "votes", "parent"}
FLAGS = {"metadata", "variable", "required", "simulated"}


def spark(document: bytes | str) -> Any:
    """What the JSON of an XML document is. A code of an error is a number, of a service text."""
    return _value(ElementTree.fromstring(document), "")


def _value(element: ElementTree.Element, around: str) -> Any:
    name = element.tag
    if name in LISTS:
        return [_value(each, name) for each in element]
    if len(element) or name in RECORDS:
        return {each.tag: _value(each, name) for each in element}
    text = element.text
    if not text:
        return None
    if name in FLAGS:
        return {"true": True, "false": False}[text]
    if name in NUMBERS or (name == "code" and around == "error"):
        return float(text) if "." in text or "e" in text else int(text)
    return text
