// Rows of forms that scripts build: every label has its words in both languages and belongs to its field.

import { element } from "./dom.js";
import { t } from "./i18n.js";

/** An element whose text is looked up, now and in every other language. */
export const worded = (tag, key, properties = {}) => element(tag, { ...properties, "data-i18n": key }, t(key));

/** The two cells of a row of a form. key: of the label. more: what stands behind the field. */
export const field = (key, input, ...more) => [worded("label", key, { for: input.id }), more.length ? element("div", { className: "with-button" }, input, ...more) : input];

/** A field of a number; limits: {min, max, step, value, required}. */
export const numberField = (id, limits = {}) => element("input", { type: "number", id, inputmode: "decimal", step: "any", ...limits });

/** placeholder: key of what stands in it while it is empty. */
export const textField = (id, maxlength = 200, placeholder = "") =>
  element("input", { type: "text", id, maxlength, ...(placeholder && { "data-i18n-attr": `placeholder:${placeholder}`, placeholder: t(placeholder) }) });

/** A moment on the clock of whoever looks. */
export const timeField = (id) => element("input", { type: "datetime-local", id });

/** A list to choose from. choices: [value, key of its words]. */
export const choiceField = (id, choices, value = choices[0][0]) =>
  element("select", { id }, choices.map(([each, key]) => worded("option", key, { value: each, selected: each === value })));

/** A box to tick with its words behind it. */
export const tickField = (id, key, checked = false) => element("p", { className: "tick" }, element("input", { type: "checkbox", id, checked }), worded("label", key, { for: id }));

/** The number in a field; undefined where nothing is written, so that the server's own default holds. */
export function numberOf(input) {
  return input.value.trim() === "" ? undefined : Number(input.value);
}

/** The moment in a field as the API takes it; undefined where none is written. */
export const momentOf = (input) => (input.value ? new Date(input.value).toISOString() : undefined);

/** A moment as a field of time takes it. */
export function asFieldTime(text) {
  const at = new Date(text);
  return new Date(at.getTime() - 60_000 * at.getTimezoneOffset()).toISOString().slice(0, 16);
}

/** Shows the parts of a form that its choice is about: those whose data-for names it, and those without. */
export function showFor(form, choice) {
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(choice);
}

/** The same for several cells of a form: they are seen only with these choices. */
export function only(choices, cells) {
  for (const cell of cells.flat()) cell.dataset.for = choices;
  return cells;
}

/** The values that are there: what is undefined is not said. */
export const said = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ""));
