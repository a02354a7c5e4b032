// The API key: kept for this browser tab only, asked for when the server answers 401.

import { byId } from "./dom.js";
import { t } from "./i18n.js";

const STORED = "location-cloud.key";
const listeners = [];
let key = stored();
let waiting = null;

export const currentKey = () => key;
export const keyHeaders = () => (key ? { "X-API-Key": key } : {});

/** Called after a new key was given: what failed for want of one may be asked again. */
export function onNewKey(listener) {
  listeners.push(listener);
}

/** Asks the person for a key. Gives true if a new one was entered, false if not. One dialog for all who wait. */
export function askForKey(problem) {
  waiting ??= openDialog(problem).finally(() => {
    waiting = null;
  });
  return waiting;
}

function openDialog(problem) {
  const dialog = byId("key-dialog");
  const field = byId("key-field");
  field.value = "";
  byId("key-problem").textContent = key && problem ? t("key.refused", { detail: problem.detail }) : "";
  return new Promise((resolve) => {
    let entered = false;
    const submit = (event) => {
      event.preventDefault();
      if (!field.value.trim()) return;
      entered = true;
      keep(field.value.trim());
      dialog.close();
    };
    const cancel = () => dialog.close();
    const closed = () => {
      byId("key-form").removeEventListener("submit", submit);
      byId("key-cancel").removeEventListener("click", cancel);
      resolve(entered);
      if (entered) for (const listener of listeners) listener();
    };
    byId("key-form").addEventListener("submit", submit);
    byId("key-cancel").addEventListener("click", cancel);
    dialog.addEventListener("close", closed, { once: true });
    dialog.showModal();
    field.focus();
  });
}

function keep(entered) {
  key = entered;
  try {
    sessionStorage.setItem(STORED, entered);
  } catch {
    return; // storage is forbidden: the key lives as long as the page
  }
}

function stored() {
  try {
    return sessionStorage.getItem(STORED) ?? "";
  } catch {
    return "";
  }
}
