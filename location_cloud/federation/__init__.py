"""Exchange between a city and its villages: each keeps its own system, and both see what they have agreed to share.

The owner of a case decides about it. The other side holds a copy, marked with its origin, and asks the owner to act;
the owner's rules accept that or say why not. Grids, classes and indicators go the same way. Messages are signed, sent
at least once, taken once, and wait for as long as the line is down.
"""

from location_cloud.capability import Capability

CAPABILITY = Capability(
    name="federation",
    title={"zh-CN": "市村协同", "en": "Exchange between city and village"},
    apis=("api", "api_peers", "api_exchange"),
    store="store",
    overlay="overlay",
    jobs="jobs",
)
