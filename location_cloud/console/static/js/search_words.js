// Words that all parts of the search board share.

import { element } from "./dom.js";
import { number } from "./format.js";
import { has, t } from "./i18n.js";

export const percent = (share, digits = 1) => t("hunt.percent", { n: number(100 * share, digits) });

export const squareKm = (km2) => t("hunt.km2", { n: number(km2, 2) });

/** A word of the statistics, in the reader's language where it is known. */
export const termOf = (kind, name) => (has(`${kind}.${name}`) ? t(`${kind}.${name}`) : name);

export const titleOf = ({ id, title }) => [t("hunt.number_is", { id }), title].filter(Boolean).join(" · ");

export const drill = ({ simulated }) => simulated && element("span", { className: "mark doubtful" }, t("traffic.simulated"));
