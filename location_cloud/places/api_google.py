"""Google's geocoding API over places: what its clients send is read, and answered in its words."""

from __future__ import annotations

from location_cloud.capability import Bytes, Call, Operation, Reply
from location_cloud.errors import BadQuery, CloudError, NotFound
from location_cloud.places import google, service_objects
from location_cloud.places.languages import read_language
from location_cloud.places.schema_google import GoogleQuery

LIMIT = 10

KEY_PREFIX = "AIza"
"""What Google's own Python client wants a key to begin with: "AIza" and a key of ours is one for it."""

NO_QUESTION = "Invalid request. Missing the 'address', 'components', 'latlng' or 'place_id' parameter."


def geocode(call: Call, params: GoogleQuery, _body: None) -> Reply:
    """Google's geocoding: an address, components, a position or a place_id."""
    language = read_language(params.language, call.header("Accept-Language"))
    if params.place_id:
        at = google.read_place_id(params.place_id)
        if at is not None:
            return _reverse(call, params, at, language)
        found = service_objects.find_objects(call.world, (params.place_id,), language)
        if not found:
            raise NotFound("The provided Place ID is no longer valid.")
        return Reply(google.as_body([google.as_result(found[0], language)]))
    if params.latlng:
        at = google.read_latlng(params.latlng)
        if at is None:
            raise BadQuery("Invalid request. Invalid 'latlng' parameter.")
        return _reverse(call, params, at, language)
    return _search(call, params, language)


def as_error(error: CloudError) -> Reply:
    """A failure in Google's words; its clients read the status in the body, and ask again after a 5xx."""
    message = f"{error.detail}; {error.hint}" if error.hint else error.detail
    return Reply(google.error_body(error.status, message), 200 if error.status < 500 else error.status)


def _search(call: Call, params: GoogleQuery, language: str) -> Reply:
    components = google.read_components(params.components)
    text = params.address.strip() or google.components_text(components)
    if not text:
        raise BadQuery(NO_QUESTION)
    box = google.read_bounds(params.bounds) if params.bounds else None
    if params.bounds and box is None:
        raise BadQuery("Invalid request. Invalid 'bounds' parameter.")
    focus = box.centre if box else None
    found = service_objects.search(call.world, text, focus=focus, limit=3 * LIMIT, language=language)
    wanted = [answer for answer in found if google.is_wanted(answer, components)]
    best = [answer for answer in wanted if answer.confidence >= wanted[0].confidence - AS_GOOD]
    return Reply(google.as_body([google.as_result(answer, language) for answer in best[:LIMIT]]))


AS_GOOD = 10
"""Google gives the answers that are as good as the best one, not a list of what else there is; percent."""


def _reverse(call: Call, params: GoogleQuery, at: tuple[float, float], language: str) -> Reply:
    here = service_objects.beside(call.world, at, google.NEAR_M, LIMIT // 2, language)
    found = [
        answer
        for answer in google.pick_at(here)
        if google.is_of_types(answer, params.result_type, params.location_type)
    ]
    return Reply(google.as_body([google.as_result(answer, language) for answer in found]))


OPERATIONS = (
    Operation(
        "google.geocode", "GET", "/google/maps/api/geocode/json", "Google's geocoding.", geocode, GoogleQuery,
        Bytes("application/json"), "places:read", as_error=as_error, key_prefix=KEY_PREFIX,
    ),
)  # fmt: skip
