// The three things a panel shows when it has no answer: waiting, nothing found, and trouble with the way out.

import { button, element } from "./dom.js";
import { has, t } from "./i18n.js";

export const loading = (key = "state.loading") => element("p", { className: "state loading" }, t(key));

export const empty = (key, values) => element("p", { className: "state empty" }, t(key, values));

/** A problem in plain words: what happened, the server's own detail and hint, and a button that tries again. */
export function trouble(problem, again) {
  const known = has(`problem.${problem.status}`) ? `problem.${problem.status}` : "problem.other";
  return element(
    "div",
    { className: "state trouble", role: "alert" },
    element("p", { className: "trouble-title" }, t(known, { status: problem.status ?? "" })),
    problem.detail && element("p", {}, problem.detail),
    problem.hint && hint(problem),
    problem.request && element("p", { className: "request" }, t("problem.request", { id: problem.request })),
    again && button(t("state.again"), again),
  );
}

/** The same in a list that is asked for again and again: said once, however often it comes. */
export function showTrouble(box, problem, again) {
  if (!box.querySelector(":scope > .trouble")) box.replaceChildren(trouble(problem, again));
}

/** Why there is no answer, in the server's words, without alarm: nothing is broken. */
export const reason = (problem) => element("div", { className: "note reason", lang: "en" }, element("p", {}, problem.detail), problem.hint && hint(problem));

const hint = (problem) => element("p", { className: "hint" }, element("strong", {}, t("problem.hint")), " ", problem.hint);

/**
 * Runs what somebody asked for, and says in box what went wrong. conflict: called when somebody else was faster, so that
 * trying again starts from what is there now.
 */
export function makeWork(box, conflict = () => {}) {
  return async function work(action) {
    box.replaceChildren();
    try {
      await action();
      return true;
    } catch (problem) {
      if (problem.status === undefined) throw problem;
      if (problem.status === 409) await conflict();
      box.replaceChildren(trouble(problem, () => work(action)));
      return false;
    }
  };
}

/**
 * Runs work and draws its outcome into box; an answer that was overtaken by a newer question is dropped.
 * waitingKey: what to say meanwhile; null leaves what is there.
 */
export function makeQuestion(box) {
  let last = null;
  return async function run(work, draw, waitingKey) {
    last?.abort();
    const mine = (last = new AbortController());
    if (waitingKey !== null) box.replaceChildren(loading(waitingKey));
    box.setAttribute("aria-busy", "true");
    try {
      const answer = await work(mine.signal);
      if (mine === last) box.replaceChildren(...[draw(answer)].flat());
    } catch (problem) {
      if (problem.name === "AbortError" || mine !== last) return;
      box.replaceChildren(trouble(problem, () => run(work, draw, waitingKey)));
    } finally {
      if (mine === last) box.removeAttribute("aria-busy");
    }
  };
}
