// Short spoken news for screen readers: what changed on the map that cannot be heard otherwise.

import { byId } from "./dom.js";

export function announce(text) {
  byId("announcer").textContent = text;
}
