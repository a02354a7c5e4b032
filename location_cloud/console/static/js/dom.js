// Building page elements from values; text is always text, never markup.

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "className") made.className = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child || child === 0));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** A definition list of [label, value] pairs; pairs without a value are left out. */
export function facts(pairs) {
  const rows = pairs.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return element("dl", { className: "facts" }, rows.map(([label, value]) => element("div", {}, element("dt", {}, label), element("dd", {}, value))));
}

export function button(label, action, properties = {}) {
  return element("button", { type: "button", className: "quiet", onclick: action, ...properties }, label);
}

/** A table of rows, each an array of cells whose first one names the row. */
export const table = (caption, heads, rows) =>
  element(
    "table",
    {},
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, rows.map(([first, ...others]) => element("tr", {}, element("th", { scope: "row" }, first), others.map((cell) => element("td", {}, cell))))),
  );
