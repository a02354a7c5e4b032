// The kinds of places of this city as choices of a select, with how many there are.

import { ask } from "./api.js";
import { element } from "./dom.js";
import { number } from "./format.js";
import { language, onLanguage, t } from "./i18n.js";

const INDENT = "\u2003"; // a native list has no third level of its own
let asked = null;

/** The kinds that this city has, parents before their children. */
export function listCategories() {
  asked ??= ask("v1/pois/categories").then(
    ({ categories }) => categories.filter((each) => each.count),
    (problem) => {
      asked = null;
      throw problem;
    },
  );
  return asked;
}

/** Another city may be served now. */
export function forgetCategories() {
  asked = null;
}

/** Fills the select now and in every other language; its choice stays. Without an answer it keeps what it has. */
export async function offerCategories(select) {
  const fill = async () => fillIn(select, await listCategories().catch(() => []));
  onLanguage(fill);
  await fill();
}

export const kindName = (kind) => (language() === "en" ? kind.name_en : kind.name);

function fillIn(select, kinds) {
  if (!kinds.length) return;
  const kept = select.value;
  const below = (id) => kinds.filter((each) => each.parent === id);
  const groups = below("").map((top) => {
    const whole = option(top, t("kinds.whole", { name: kindName(top) }));
    const inner = below(top.id).flatMap((kind) => [option(kind, kindName(kind)), ...below(kind.id).map((leaf) => option(leaf, INDENT + kindName(leaf)))]);
    return element("optgroup", { label: kindName(top) }, whole, inner);
  });
  select.replaceChildren(element("option", { value: "", "data-i18n": "kinds.all" }, t("kinds.all")), ...groups);
  select.value = kept;
  if (select.selectedIndex < 0) select.value = "";
}

const option = (kind, name) => element("option", { value: kind.id }, t("kinds.counted", { name, n: number(kind.count) }));
