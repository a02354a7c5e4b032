// Elements of drawn pictures.

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

/** A word or number at a place of a curve's picture. anchor: "start", "middle" or "end". */
export function svgText(left, top, content, anchor) {
  const made = svg("text", { x: left, y: top, "text-anchor": anchor, class: "curve-text" });
  made.textContent = String(content);
  return made;
}
