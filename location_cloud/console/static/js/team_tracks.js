// Teams in the field: where each is, and the way it went since the search began.

import { ask } from "./api.js";
import { collection, point } from "./geometry.js";
import { t } from "./i18n.js";
import { showTeams } from "./search_map.js";

const MOST = 20; // teams whose way is drawn
const TEAM = "team"; // kind of a unit that searches; others count if they are on the search's emergency

/** Draws the teams of a search. Gives how many there are. */
export async function drawTeams({ emergency, created_at: begin }) {
  const { units } = await ask("v1/units", { limit: 2000 });
  const teams = units.filter((unit) => unit.position && (unit.kind === TEAM || (emergency && unit.emergency === emergency)));
  const ways = await Promise.all(
    teams
      .filter((unit) => unit.position.source === "device")
      .slice(0, MOST)
      .map((unit) => ask(`v1/devices/${encodeURIComponent(unit.device)}/track`, { begin }).catch(() => null)), // without its way a team is shown all the same
  );
  const dots = teams.map((unit) => point(unit.position.lonlat, { label: labelOf(unit) }));
  showTeams(collection([...ways.filter((way) => way?.geometry).map(({ geometry }) => ({ type: "Feature", properties: {}, geometry })), ...dots]));
  return teams.length;
}

function labelOf(unit) {
  const name = unit.title || unit.id;
  return unit.simulated || unit.position.simulated ? t("incident.simulated", { name }) : name;
}
