// Teams in the field: where each is, and the way it went since the search began.

import { ask } from "./api.js";
import { point } from "./geometry.js";
import { t } from "./i18n.js";
import { showOn } from "./search_map.js";

const MOST = 20; // teams whose way is drawn
const TEAM = "team"; // kind of a unit that searches; others count if they are on the search's emergency

let teams = [], ways = [];

/** Units that search, with their positions. */
export const allTeams = () => teams;

/** Draws the teams of a search. Gives how many there are. */
export async function drawTeams({ emergency, created_at: begin }) {
  const { units } = await ask("v1/units", { limit: 2000 });
  teams = units.filter((unit) => unit.position && (unit.kind === TEAM || (emergency && unit.emergency === emergency)));
  ways = await Promise.all(
    teams
      .filter((unit) => unit.position.source === "device")
      .slice(0, MOST)
      .map((unit) => ask(`v1/devices/${encodeURIComponent(unit.device)}/track`, { begin }).catch(() => null)), // without its way a team is shown all the same
  );
  draw();
  return teams.length;
}

/** New positions as devices send them, between two questions. */
export function moveTeams({ features }) {
  const byDevice = new Map(features.map((each) => [each.properties.device, each]));
  const moved = teams.filter((team) => byDevice.has(team.device));
  for (const team of moved) team.position = { ...team.position, lonlat: byDevice.get(team.device).geometry.coordinates };
  if (moved.length) draw();
}

function draw() {
  showOn("teams", [...ways.filter((way) => way?.geometry).map(({ geometry }) => ({ type: "Feature", properties: {}, geometry })), ...teams.map((unit) => point(unit.position.lonlat, { label: labelOf(unit) }))]);
}

function labelOf(unit) {
  const name = unit.title || unit.id;
  return unit.simulated || unit.position.simulated ? t("incident.simulated", { name }) : name;
}
