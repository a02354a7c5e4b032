// Overlays that belong to one page: seen while it is open, kept while it is not.

import { addLayers, overlay } from "./map.js";
import { onOpen, openTab } from "./tabs.js";

/** Adds the layers of a page to the map. Gives show(source, data): GeoJSON that is seen while the page is open. */
export function pageLayers(page, layers) {
  const kept = Object.fromEntries(layers.map(({ source }) => [source, undefined]));
  let isOpen = openTab() === page;
  addLayers(layers);
  onOpen("*", () => {
    if (isOpen === (openTab() === page)) return;
    isOpen = !isOpen;
    for (const [source, data] of Object.entries(kept)) overlay(source, isOpen ? data : undefined);
  });
  return function show(source, data) {
    kept[source] = data;
    if (isOpen) overlay(source, data);
  };
}
