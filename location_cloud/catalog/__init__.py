"""Catalogue: what this server knows, where it came from, under which licence, and how much of it there is."""

from location_cloud.capability import Capability

CAPABILITY = Capability(name="catalog", title={"zh-CN": "数据目录", "en": "Catalogue"}, apis=("api",))
