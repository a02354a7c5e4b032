"""Who may ask what: API keys with scopes, each key belonging to one tenant.

A tenant is a department, company or village office whose rows nobody else sees. Keys are issued by the operator
(`location-cloud keys add`), shown once and stored as a hash. A server that listens beyond this machine answers
nobody without a key.
"""

from location_cloud.capability import Capability, Command

CAPABILITY = Capability(
    name="access",
    title={"zh-CN": "访问控制", "en": "Access"},
    store="store",
    commands=(Command("keys", "Issue, list and revoke API keys.", "location_cloud.access.commands:keys"),),
)
