"""Cases: what is wrong in city and village, from the first report to the check that it is in order.

Every event and every broken component becomes a case with a place, a grid, somebody whose turn it is, and a clock. It
goes through the seven stages of city grid management; each step is one that the rules allow, by a role that may take
it, and everything is kept with who, when and what. Inspectors, citizens, the hotline, sensors and road closures open
cases; a tenant's own classes, calendars, limits and routing rules say how long they may take and who gets them.
"""

from location_cloud.capability import Capability, Command

CAPABILITY = Capability(
    name="cases",
    title={"zh-CN": "案件", "en": "Cases"},
    apis=(
        "api",
        "api_files",
        "api_components",
        "api_settings",
        "api_evaluation",
        "api_open311",
        "api_unplaced",
        "api_hotline",
    ),
    store="store",
    overlay="overlay",
    jobs="jobs",
    on_incident="service_joining",
    tile_sets="tile_sets",
    feature_sets="feature_sets",
    commands=(
        Command(
            "components",
            "Import components (part of the city somebody maintains) from CSV or GeoJSON.",
            "location_cloud.cases.commands:components",
        ),
    ),
)
