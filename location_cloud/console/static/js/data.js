// What this server holds and how it is: datasets with their licence, the snapshot, health, and how fresh each feed is.

import { ask } from "./api.js";
import { byId, element, facts } from "./dom.js";
import { duration, number } from "./format.js";
import { has, language, onLanguage, t } from "./i18n.js";
import { askForKey } from "./key.js";
import { empty, makeQuestion } from "./states.js";
import { onOpen, openTab } from "./tabs.js";

const HEALTH_EVERY_MS = 30_000;

const snapshotListeners = [];
let datasets = null;
let service = null;
let known = null; // id of the snapshot that this page was drawn from; "" = none yet

/** Called when the server begins to serve another snapshot than the one this page was drawn from. */
export function onSnapshot(listener) {
  snapshotListeners.push(listener);
}

export function startData() {
  datasets = makeQuestion(byId("datasets"));
  service = makeQuestion(byId("service-facts"));
  byId("change-key").addEventListener("click", () => askForKey(null));
  onOpen("data", drawAll);
  onLanguage(() => {
    checkHealth();
    if (openTab() === "data") drawAll();
  });
  setInterval(checkHealth, HEALTH_EVERY_MS);
  checkHealth();
}

function drawAll() {
  service(health, serviceFacts);
  datasets((signal) => ask("v1/datasets", {}, { signal }), draw);
}

// A server that is not ready answers 503 with the same document.
const health = (signal) => ask("health", {}, { signal, accept: [200, 503] });

async function checkHealth() {
  let state = "down";
  let snapshot = "";
  try {
    const answer = await health();
    state = !answer.ready ? "not_ready" : answer.worker === false ? "worker" : "ready";
    snapshot = answer.snapshot ?? "";
  } catch {
    state = "down";
  }
  byId("health").dataset.state = state;
  byId("health-text").dataset.i18n = `health.${state}`;
  const words = t(`health.${state}`);
  if (byId("health-text").textContent !== words) byId("health-text").textContent = words;
  if (known !== null && snapshot && snapshot !== known) for (const listener of snapshotListeners) listener();
  if (snapshot || state === "not_ready") known = snapshot;
  byId("snapshot-line").textContent = snapshot && t("data.snapshot_is", { id: snapshot });
}

const serviceFacts = (answer) => [
  facts([
    [t("data.state"), t(answer.ready ? "health.ready" : "health.not_ready")],
    [t("data.snapshot"), answer.snapshot && element("code", {}, answer.snapshot)],
    [t("data.live_version"), answer.live_version],
    [t("data.version"), answer.version],
    ...Object.entries(answer.feeds ?? {}).map(([name, feed]) => [t("data.feed", { name }), feedWords(feed)]),
  ]),
  answer.hint ? element("p", { className: "state trouble" }, answer.hint) : "",
];

function feedWords(feed) {
  if (feed.error) return t("data.feed_error", { error: feed.error });
  return feed.age_s === null ? t("data.feed_never") : t("data.feed_age", { age: duration(feed.age_s) });
}

function draw(answer) {
  if (!answer.datasets.length) return empty("data.nothing");
  return [
    facts([
      [t("data.import"), answer.name],
      [t("data.created"), answer.created && time(answer.created)],
      [t("data.attribution"), answer.attribution],
      ...answer.datasets.map((each) => [has(`dataset.${each.name}`) ? t(`dataset.${each.name}`) : each.name, counts(each.counts)]),
    ]),
    element("h2", {}, t("data.sources")),
    ...answer.sources.map(source),
  ];
}

const source = (each) =>
  element(
    "article",
    { className: "dataset" },
    element("h3", {}, each.name),
    facts([
      [t("data.licence"), each.licence],
      [t("data.attribution"), each.attribution],
      [t("data.date"), each.date],
      [t("data.origin"), each.url],
    ]),
  );

const counts = (given) =>
  Object.entries(given)
    .map(([name, value]) => `${has(`count.${name}`) ? t(`count.${name}`) : name.replaceAll("_", " ")} ${number(value)}`)
    .join(" · ");

const time = (stamp) => new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(stamp));
