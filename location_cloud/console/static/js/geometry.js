// Geometry for the eye, on a sphere, good to half a per cent over a city: nearness, frames and circles.

const EARTH_M_PER_DEGREE = 111_195; // mean radius 6,371 km
const CORNERS = 64; // of a circle: no corner is seen

export function metres([lonA, latA], [lonB, latB]) {
  const east = (lonB - lonA) * Math.cos((latA * Math.PI) / 180);
  return Math.hypot(east, latB - latA) * EARTH_M_PER_DEGREE;
}

/** [west, south, east, north] around positions. */
export function boundsOf(lonlats) {
  const bounds = [180, 90, -180, -90];
  for (const [lon, lat] of lonlats) {
    bounds[0] = Math.min(bounds[0], lon);
    bounds[1] = Math.min(bounds[1], lat);
    bounds[2] = Math.max(bounds[2], lon);
    bounds[3] = Math.max(bounds[3], lat);
  }
  return bounds;
}

export function boundsOfCircle([lon, lat], radius_m) {
  const [east, north] = degrees(lat, radius_m);
  return [lon - east, lat - north, lon + east, lat + north];
}

/** A circle as a GeoJSON feature. */
export function circle([lon, lat], radius_m) {
  const [east, north] = degrees(lat, radius_m);
  const ring = Array.from({ length: CORNERS + 1 }, (_, corner) => {
    const angle = (2 * Math.PI * corner) / CORNERS;
    return [lon + east * Math.cos(angle), lat + north * Math.sin(angle)];
  });
  return feature({ type: "Polygon", coordinates: [ring] });
}

/** An ellipse as a GeoJSON feature. azimuth_deg: of the longer half axis, from north. */
export function ellipse([lon, lat], semi_major_m, semi_minor_m, azimuth_deg) {
  const [east, north] = degrees(lat, 1);
  const azimuth = (azimuth_deg * Math.PI) / 180;
  const ring = Array.from({ length: CORNERS + 1 }, (_, corner) => {
    const angle = (2 * Math.PI * corner) / CORNERS;
    const along = semi_major_m * Math.cos(angle), across = semi_minor_m * Math.sin(angle);
    return [lon + east * (along * Math.sin(azimuth) + across * Math.cos(azimuth)), lat + north * (along * Math.cos(azimuth) - across * Math.sin(azimuth))];
  });
  return feature({ type: "Polygon", coordinates: [ring] });
}

/** Every [lon, lat] of a geometry. */
export function positionsOf({ coordinates, geometries }) {
  if (geometries) return geometries.flatMap(positionsOf);
  if (typeof coordinates[0] === "number") return [coordinates];
  return coordinates.flatMap((part) => positionsOf({ coordinates: part }));
}

export function box([west, south, east, north]) {
  return feature({ type: "Polygon", coordinates: [[[west, south], [east, south], [east, north], [west, north], [west, south]]] });
}

export const point = (coordinates, properties = {}) => feature({ type: "Point", coordinates }, properties);

export const line = (coordinates, properties = {}) => feature({ type: "LineString", coordinates }, properties);

export const collection = (features) => ({ type: "FeatureCollection", features });

function feature(geometry, properties = {}) {
  return { type: "Feature", properties, geometry };
}

function degrees(lat, radius_m) {
  const north = radius_m / EARTH_M_PER_DEGREE;
  return [north / Math.cos((lat * Math.PI) / 180), north];
}
