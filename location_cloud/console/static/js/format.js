// Numbers as people read them.

import { language, t } from "./i18n.js";

export function distance(metres) {
  if (metres < 1000) return t("unit.m", { n: Math.round(metres) });
  return t("unit.km", { n: number(metres / 1000, metres < 10000 ? 2 : 1) });
}

export function duration(seconds) {
  if (seconds < 60) return t("unit.s", { n: Math.round(seconds) });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t("unit.min", { n: minutes });
  return t("unit.h_min", { h: Math.floor(minutes / 60), n: minutes % 60 });
}

/** The same to the second below an hour, where seconds count. */
export function exactDuration(seconds) {
  if (seconds < 60 || seconds >= 3600) return duration(seconds);
  const whole = Math.round(seconds);
  return t("unit.min_s", { n: Math.floor(whole / 60), s: whole % 60 });
}

export const number = (value, digits = 0) =>
  new Intl.NumberFormat(language(), { maximumFractionDigits: digits, minimumFractionDigits: 0 }).format(value);

/** Six decimals are a tenth of a metre, all that any source here knows; five, a metre, fit a field. */
export const lonlatText = ([lon, lat], digits = 6) => `${lon.toFixed(digits)}, ${lat.toFixed(digits)}`;

/** Hour and minute as the clock of whoever looks has them; another day is named. */
export function clock(text, seconds = {}) {
  const at = new Date(text);
  const isToday = new Date().toDateString() === at.toDateString();
  const day = isToday ? {} : { month: "numeric", day: "numeric" };
  return new Intl.DateTimeFormat(language(), { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...day, ...seconds }).format(at);
}
