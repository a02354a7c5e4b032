"""Background work of the exchange: peers are called."""

from __future__ import annotations

from location_cloud.capability import Job
from location_cloud.federation.service_background import EXCHANGE, call_peers

JOBS = (Job(EXCHANGE, 2.0, call_peers, "exchange with peers"),)
