"""Searches for missing people: where they may be, with what chance, where to look next, and what a search told.

A probability map is made of published distances, the way people walk, what they are found at, clues and phone fixes. It
is cut into segments, effort is shared out among teams with a proof of how good the plan is, and what was searched
without a find moves the chance elsewhere, the world outside of the map included.
"""

from location_cloud.capability import Capability

CAPABILITY = Capability(
    name="searches",
    title={"zh-CN": "搜救规划", "en": "Searches"},
    apis=("api", "api_plans", "api_results", "api_ground", "api_statistics"),
    section="dataset",
    store="store",
)
