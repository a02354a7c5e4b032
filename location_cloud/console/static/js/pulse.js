// How fresh what a board shows is: said all the time, and aloud when it changes.

import { announce } from "./announce.js";
import { clock, duration } from "./format.js";
import { onLanguage, t } from "./i18n.js";

const STALE_MS = 15_000; // boards ask every few seconds; older is no news

/** A line that goes on counting. heard(): all that is shown is of now; missed(): the server did not answer. */
export function makePulse(box) {
  let heardAt = 0, isCut = false, isLive = false, said = "";

  function say() {
    const old = Date.now() - heardAt;
    const state = !heardAt ? (isCut ? "away" : "none") : isCut ? "cut" : old > STALE_MS ? "stale" : isLive ? "live" : "asked";
    const words = t(`pulse.${state}`, { time: clock(heardAt, { second: "2-digit" }), age: duration(old / 1000) });
    if (box.textContent !== words) box.textContent = words;
    box.dataset.pulse = state;
    const isGood = ["live", "asked", "none"].includes(state);
    if (said && said !== String(isGood)) announce(words);
    said = String(isGood);
  }

  setInterval(say, 1000);
  onLanguage(say);
  say();
  return {
    heard() {
      heardAt = Date.now();
      isCut = false;
      say();
    },
    missed() {
      isCut = true;
      say();
    },
    /** Whether changes arrive by themselves, too. */
    lives(now) {
      isLive = now;
      say();
    },
  };
}
