"""Traffic: how fast every road is driven now, from the fixes of some vehicles; levels, an index, history and exports.

What was measured is told as live, what was concluded from roads around and from other days as filled or typical, and
never the one for the other. What came from a simulation says so in every answer.
"""

from location_cloud.capability import Capability, Command

CAPABILITY = Capability(
    name="traffic",
    title={"zh-CN": "路况", "en": "Traffic"},
    apis=("api", "api_amap", "api_weather"),
    section="dataset",
    layers="layers",
    store="store",
    jobs="jobs",
    overlay="overlay",
    weather="service_weather",
    commands=(
        Command(
            "traffic",
            "Learn what traffic is usual at each hour of the week.",
            "location_cloud.traffic.commands:traffic",
        ),
    ),
)
