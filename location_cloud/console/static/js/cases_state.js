// The case that is shown and those that are listed: asked for, chosen, changed. What draws them listens here.

import { ask, tell } from "./api.js";
import { learn } from "./cases_words.js";

const whenCase = [], whenList = [], whenWords = [];
let chosen = null;
let listed = [];
let isLearnt = false;

/** Called with (case, isOther): whether another one is shown than before. */
export const onCase = (listener) => whenCase.push(listener);

export const onList = (listener) => whenList.push(listener);

/** Called when classes and stages are there. */
export const onWords = (listener) => whenWords.push(listener);

/** The case that is shown; null = none. */
export const current = () => chosen;

export const listedCases = () => listed;

/** Asks for classes and stages, once. Throws Problem. */
export async function learnWords(again = false) {
  if (isLearnt && !again) return;
  const [{ classes }, flow] = await Promise.all([ask("v1/classes"), ask("v1/cases/all/flow")]);
  learn(classes, flow);
  isLearnt = true;
  for (const listener of whenWords) listener();
}

export function setList(cases) {
  listed = cases;
  for (const listener of whenList) listener();
}

/** Shows a case as the server told it just now; null = none. */
export function take(answer) {
  const isOther = chosen?.id !== answer?.id;
  const isNews = isOther || answer?.version !== chosen.version || answer.lamp !== chosen.lamp || answer.stage_lamp !== chosen.stage_lamp || answer.files !== chosen.files;
  chosen = answer;
  if (isNews) for (const listener of whenCase) listener(chosen, isOther);
}

/** Shows the case of an id. Throws Problem. */
export async function select(id) {
  take(await ask(`v1/cases/${id}`));
}

/** Asks what became of the case that is shown. Throws Problem. */
export async function reread() {
  const id = chosen?.id;
  if (!id) return;
  const answer = await ask(`v1/cases/${id}`);
  if (chosen?.id === id && answer.version >= chosen.version) take(answer);
}

/** Takes a step from a version with what is said. Throws Problem. */
export async function act(id, action, said, version, request) {
  await tell(`v1/cases/${id}/actions/${action}`, said, { version, request });
  await reread();
}
