"""Callers: where somebody is who calls for help, from whatever their phone and words say, and how well it is known.

Messages of phones (AML over SMS and HTTPS), radio measurements (cell sector, arrival times, signal strengths), fixes
and Chinese SMS to 12110 become one position with the ellipse that holds it and the address a crew is told. Calls are
kept with their personal numbers encrypted; lists show them masked, reading them in clear is written down.
"""

from location_cloud.capability import Capability

CAPABILITY = Capability(
    name="callers",
    title={"zh-CN": "报警定位", "en": "Callers"},
    apis=("api", "api_calls"),
    store="store",
    jobs="jobs",
    overlay="overlay",
)
