// Photos and papers of the case that is shown: seen, enlarged, saved, added.

import { announce } from "./announce.js";
import { address, ask, newRequest, Problem } from "./api.js";
import { current, onCase, reread } from "./cases_state.js";
import { button, byId, element } from "./dom.js";
import { clock, distance, number } from "./format.js";
import { onLanguage, t } from "./i18n.js";
import { keyHeaders } from "./key.js";
import { saveAnswer } from "./saving.js";
import { makeWork, trouble } from "./states.js";

const SHOWN = new Set(["image/jpeg", "image/png", "image/webp", "image/gif"]); // what browsers draw
const FAR_M = 100; // a photo that was taken further away is marked

let work = null;
let pictures = new Map(); // "case/file" -> address of its bytes in this page
let shownOf = null;

export function startFiles() {
  work = makeWork(byId("file-trouble"));
  byId("file-input").addEventListener("change", () => {
    const chosen = [...byId("file-input").files];
    byId("file-input").value = "";
    if (chosen.length) add(current().id, chosen);
  });
  onCase((found, isOther) => {
    if (isOther) forget();
    if (found) draw(found);
  });
  onLanguage(() => current() && draw(current()));
}

/** Adds files to a case; what goes wrong is said, and those that went well stay. */
export function add(id, files) {
  const left = files.map((file) => ({ file, request: newRequest() }));
  return work(async () => {
    while (left.length) {
      await send(id, left[0]);
      announce(t("file_of_case.added", { name: left[0].file.name }));
      left.shift();
    }
    await reread();
  });
}

async function send(id, { file, request }) {
  const headers = { Accept: "application/json", "Content-Type": file.type || "application/octet-stream", "Idempotency-Key": request, ...keyHeaders() };
  const reply = await fetch(address(`v1/cases/${id}/files`, { name: file.name.slice(0, 200) }), { method: "POST", headers, body: file }).catch(() => {
    throw new Problem(0);
  });
  if (!reply.ok) throw new Problem(reply.status, await reply.json().catch(() => ({})));
}

function forget() {
  for (const url of pictures.values()) URL.revokeObjectURL(url);
  pictures = new Map();
  byId("case-files").replaceChildren();
  byId("file-trouble").replaceChildren();
}

async function draw({ id, version }) {
  const mine = (shownOf = `${id}/${version}`);
  try {
    const { files } = await ask(`v1/cases/${id}/files`);
    if (mine !== shownOf || current()?.id !== id) return;
    byId("case-files").replaceChildren(files.length ? element("ul", { className: "photos" }, files.map(item)) : element("p", { className: "state empty" }, t("file_of_case.none")));
  } catch (problem) {
    if (mine === shownOf) byId("case-files").replaceChildren(trouble(problem, () => draw({ id, version })));
  }
}

function item(file) {
  const isFar = file.distance_m !== null && file.distance_m > FAR_M;
  return element(
    "li",
    { "data-file": String(file.id) },
    SHOWN.has(file.media_type) ? thumbnail(file) : button(t("file_of_case.save", { name: file.name }), () => work(() => saveAnswer(file.href.slice(1), {})), {}),
    element("span", { className: "muted" }, [clock(file.uploaded_at), file.who, !SHOWN.has(file.media_type) && t("file_of_case.size", { n: number(file.size / 1e6, 2) })].filter(Boolean).join(" · ")),
    file.distance_m !== null && element("span", { className: isFar ? "mark doubtful" : "mark" }, t("case.photo_away", { distance: distance(file.distance_m) })),
  );
}

function thumbnail(file) {
  const picture = element("img", { alt: file.name, loading: "lazy" });
  load(file).then(
    (url) => (picture.src = url),
    () => picture.replaceWith(file.name),
  );
  return element("button", { type: "button", className: "photo", onclick: () => enlarge(file), "aria-label": t("file_of_case.enlarge", { name: file.name }) }, picture);
}

async function load(file) {
  const name = `${file.case}/${file.id}`;
  if (pictures.has(name)) return pictures.get(name);
  const reply = await fetch(address(file.href.slice(1), { plain: "true" }), { headers: keyHeaders() });
  if (!reply.ok) throw new Problem(reply.status);
  const url = URL.createObjectURL(await reply.blob());
  if (current()?.id === file.case) pictures.set(name, url);
  return url;
}

async function enlarge(file) {
  const dialog = element("dialog", { className: "photo-dialog", "aria-label": file.name });
  dialog.append(
    element("img", { src: await load(file), alt: file.name }),
    element("div", { className: "row-buttons" }, button(t("file_of_case.close"), () => dialog.close()), button(t("file_of_case.save", { name: file.name }), () => work(() => saveAnswer(file.href.slice(1), {})))),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
