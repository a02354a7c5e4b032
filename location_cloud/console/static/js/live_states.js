// Live values on a map: geometry tiles stay in the browser's cache, tiles of one byte a feature are asked for again.
//
// The map has a vector source of the set's geometry ("traffic-geometry"). `followStates` reads the order of the
// features from each visible geometry tile once, asks for its state tile every second (a 304 if nothing changed), and
// hands what changed to the map as feature state: {level: "jammed"}. Layers draw it: ["feature-state", "level"].

const HEADER = 8; // bytes in front of the states: which geometry tile they are ordered as
const VARINT = 0, BYTES = 2, FIXED64 = 1; // wire types of protobuf

// Follows the states of a live set until the function that comes back is called.
// set: address of its TileJSON. source: id of the map's source of the geometry set. headers: with the caller's key.
export async function followStates(map, { set, source, everyMs = 1000, headers = {} }) {
  const live = await json(`${set}${set.includes("?") ? "&" : "?"}form=bin`, headers);
  const geometry = await json(set.replace(`/${live.name}.json`, `/${live.state.geometry}.json`), headers);
  const orders = new Map(); // "z/x/y" -> {digest, features: [{sourceLayer, id}], shown: bytes}
  let stopped = false, timer = 0;

  async function turn() {
    const tiles = visibleTiles(map, live.minzoom, live.maxzoom);
    for (const key of [...orders.keys()]) if (!tiles.has(key)) orders.delete(key);
    await Promise.allSettled([...tiles].map(([key, tile]) => refresh(key, tile)));
    if (!stopped) timer = setTimeout(turn, everyMs);
  }

  async function refresh(key, tile) {
    const answer = await fetch(addressOf(live.tiles[0], tile), { headers, cache: "no-cache" });
    if (answer.status !== 200) return;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const digest = hex(bytes.subarray(0, HEADER));
    let order = orders.get(key);
    if (order?.digest !== digest) {
      // After an import the browser may still keep the tile of before: the first try takes it, the second does not.
      order = await readOrder(tile, "default");
      if (order.digest !== digest) order = await readOrder(tile, "reload");
      if (order.digest !== digest) return;
      orders.set(key, order);
    }
    if (stopped) return;
    order.features.forEach(({ sourceLayer, id }, place) => {
      const number = bytes[HEADER + place];
      if (order.shown[place] === number) return;
      order.shown[place] = number;
      const { attribute, values } = live.state.layers[sourceLayer];
      map.setFeatureState({ source, sourceLayer, id }, { [attribute]: values[number] });
    });
  }

  async function readOrder(tile, cache) {
    const answer = await fetch(addressOf(geometry.tiles[0], tile), { headers, cache });
    const features = featuresOf(new Uint8Array(await answer.arrayBuffer()), live.state.layers);
    const digest = (answer.headers.get("ETag") ?? "").replace(/^W\//, "").replace(/"/g, "").replace(/-gzip$/, "");
    return { digest, features, shown: new Int16Array(features.length).fill(-1) };
  }

  await turn();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

// Every feature of the wanted layers of a vector tile, in its order: [{sourceLayer, id}].
export function featuresOf(bytes, wanted) {
  const found = [];
  for (const layer of fields(bytes, 0, bytes.length)) {
    let name = "";
    const ids = [];
    for (const field of fields(bytes, layer.begin, layer.end)) {
      if (field.number === 1) name = new TextDecoder().decode(bytes.subarray(field.begin, field.end));
      if (field.number === 2) ids.push(idOf(bytes, field));
    }
    if (name in wanted) found.push(...ids.map((id) => ({ sourceLayer: name, id })));
  }
  return found;
}

function idOf(bytes, feature) {
  for (const field of fields(bytes, feature.begin, feature.end)) if (field.number === 1) return field.value;
  return undefined;
}

function* fields(bytes, at, end) {
  while (at < end) {
    const [tag, next] = varint(bytes, at);
    const number = Math.floor(tag / 8), wire = tag % 8;
    let [value, begin] = wire === VARINT || wire === BYTES ? varint(bytes, next) : [0, next];
    at = wire === BYTES ? begin + value : wire === VARINT ? begin : begin + (wire === FIXED64 ? 8 : 4);
    yield { number, value, begin, end: at };
  }
}

function varint(bytes, at) {
  let value = 0, factor = 1; // not shifted: ids have more than 32 bits
  while (bytes[at] > 127) {
    value += (bytes[at] - 128) * factor;
    factor *= 128;
    at += 1;
  }
  return [value + bytes[at] * factor, at + 1];
}

function visibleTiles(map, minZoom, maxZoom) {
  const z = Math.min(Math.floor(map.getZoom()), maxZoom); // tiles of 512 pixels
  const tiles = new Map();
  if (z < minZoom) return tiles;
  const bounds = map.getBounds(), last = 2 ** z - 1;
  const column = (lon) => Math.min(Math.max(Math.floor(((lon + 180) / 360) * 2 ** z), 0), last);
  const row = (lat) => {
    const turn = Math.asinh(Math.tan((lat * Math.PI) / 180)) / (2 * Math.PI);
    return Math.min(Math.max(Math.floor((0.5 - turn) * 2 ** z), 0), last);
  };
  for (let x = column(bounds.getWest()); x <= column(bounds.getEast()); x++)
    for (let y = row(bounds.getNorth()); y <= row(bounds.getSouth()); y++) tiles.set(`${z}/${x}/${y}`, { z, x, y });
  return tiles;
}

function addressOf(template, { z, x, y }) {
  return template.replace("{z}", z).replace("{x}", x).replace("{y}", y);
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function json(address, headers) {
  const answer = await fetch(address, { headers });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}
