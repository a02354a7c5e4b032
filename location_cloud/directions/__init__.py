"""Directions: the quickest way between two points by car, by bicycle or on foot, with the turns to take.

The way is exact over the imported roads: one-way streets, closed barriers and every turn restriction are obeyed, and
the times are sums of whole milliseconds that anyone can check.
"""

from location_cloud.capability import Capability

CAPABILITY = Capability(
    name="directions",
    title={"zh-CN": "路线", "en": "Directions"},
    apis=("api", "api_live", "api_match", "api_matrices", "api_osrm", "api_graphhopper", "api_ors", "api_valhalla"),
    section="dataset",
    store="store",
    jobs="jobs",
    overlay="overlay",
    on_incident="now",
)
