// A search for other tools and on paper: links where no key is needed, else the file is fetched with it.

import { address } from "./api.js";
import { byId, element } from "./dom.js";
import { language, onLanguage, t } from "./i18n.js";
import { currentKey, onNewKey } from "./key.js";
import { saveAnswer } from "./saving.js";
import { current, known, onSearch } from "./search_state.js";
import { makeWork } from "./states.js";

/** [what, address below the search, query]; those of the plan need one. */
const FILES = [
  ["gpx", "export", { format: "gpx" }],
  ["kml", "export", { format: "kml" }],
  ["geojson", "export", { format: "geojson" }],
  ["caltopo", "export", { format: "caltopo" }],
  ["cog", "poa", { format: "cog" }],
  ["png", "poa", { format: "png" }],
];
const FORMS = [
  ["html", "export", { format: "ics204", form: "html" }],
  ["pdf", "export", { format: "ics204", form: "pdf" }],
];

let work = null;

export function startFiles() {
  work = makeWork(byId("files-trouble"));
  byId("files-team").addEventListener("change", draw);
  onSearch(draw);
  onNewKey(() => current() && draw());
  onLanguage(() => current() && draw());
}

function draw() {
  const { plan } = known();
  const teams = [...new Set((plan?.assignments ?? []).map(({ team, resource }) => team || resource))];
  const list = byId("files-team"), chosen = list.value;
  list.replaceChildren(element("option", { value: "" }, t("file.all_teams")), ...teams.map((team) => element("option", { value: team }, team)));
  list.value = teams.includes(chosen) ? chosen : "";
  byId("files-links").replaceChildren(...FILES.map(link));
  byId("files-forms").replaceChildren(...(plan ? FORMS.map(([name, path, query]) => link([name, path, { ...query, team: list.value, lang: language() }])) : []));
  byId("files-team-part").hidden = !plan;
  byId("files-no-plan").hidden = Boolean(plan);
}

// An address carries no key: with one, the file is asked for with it and saved.
function link([name, path, query]) {
  const at = `v1/searches/${current().id}/${path}`;
  const save = (event) => {
    if (!currentKey()) return;
    event.preventDefault();
    work(() => saveAnswer(at, query));
  };
  const isPage = name === "html" || name === "png" || name === "pdf";
  return element("li", {}, element("a", { href: address(at, query).href, target: isPage ? "_blank" : undefined, rel: isPage ? "noopener" : undefined, download: isPage ? undefined : "", "data-file": name, onclick: save }, t(`file.${name}`)), " ", element("span", { className: "muted" }, t(`file.${name}_for`)));
}
