"""Console: one page in the browser to see the city, search it, and ask for a route, an address or a district.

It is served by the product itself, works without internet, speaks Chinese and English, can be used by keyboard alone,
and knows nothing that the public API does not tell everyone. Without a key it asks for one.
"""

from location_cloud.capability import Capability

CAPABILITY = Capability(
    name="console",
    title={"zh-CN": "控制台", "en": "Console"},
    apis=("api",),
)
