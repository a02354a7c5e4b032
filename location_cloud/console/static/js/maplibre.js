// MapLibre as a module: its build for strict policies sets a global name and is told where its worker is.

import "../vendor/maplibre-gl/maplibre-gl-csp.js?v=5.24.1";

const { AttributionControl, Map, Marker, NavigationControl, ScaleControl, setWorkerUrl } = globalThis.maplibregl;

setWorkerUrl(new URL("../vendor/maplibre-gl/maplibre-gl-csp-worker.js?v=5.24.1", import.meta.url).href);

export { AttributionControl, Map, Marker, NavigationControl, ScaleControl };
