// Server-sent events, read by fetch because an EventSource sends no key: followed while wanted, taken up where they ended.

import { address } from "./api.js";
import { keyHeaders } from "./key.js";

const RETRY_MS = 3000; // where the server does not say
const REFUSED_MS = 60_000; // no such stream, or not for this key: perhaps later
const SILENT_MS = 20_000; // the server says something every 5 s; longer silence is a dead connection

/**
 * A follower of a stream, not yet started. heard: by name of the event, called with its data (parsed JSON).
 * lives: called with whether events arrive now.
 */
export function makeStream(path, heard, lives = () => {}) {
  let running = null; // AbortController of the present run
  let last = ""; // id of the last event, from which it goes on
  let retryMs = RETRY_MS;
  let isAlive = false;

  function tell(now) {
    if (now !== isAlive) lives((isAlive = now));
  }

  async function run({ signal }) {
    while (!signal.aborted) {
      const wait = await once(signal).catch(() => retryMs);
      if (signal.aborted) return;
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  // How long to wait before it is asked for again.
  async function once(signal) {
    const mine = new AbortController();
    const stop = () => mine.abort();
    signal.addEventListener("abort", stop);
    let timer = setTimeout(stop, SILENT_MS);
    try {
      const reply = await fetch(address(path), { signal: mine.signal, headers: { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }), ...keyHeaders() } });
      if (!reply.ok) {
        tell(false);
        return reply.status < 500 ? REFUSED_MS : retryMs;
      }
      tell(true);
      const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let kept = ""; ; ) {
        const { value, done } = await reader.read();
        if (done) return retryMs;
        clearTimeout(timer);
        timer = setTimeout(stop, SILENT_MS);
        const parts = (kept + value).split("\n\n");
        kept = parts.pop();
        parts.forEach(read);
      }
    } catch (problem) {
      if (!signal.aborted) tell(false);
      throw problem;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }

  function read(event) {
    let name = "message", data = "";
    for (const line of event.split("\n")) {
      const [, label, value] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
      if (label === "id") last = value;
      else if (label === "retry") retryMs = Number(value);
      else if (label === "event") name = value;
      else if (label === "data") data += value;
    }
    if (data) heard[name]?.(JSON.parse(data));
  }

  return {
    /** Follows it, or no longer; may be told again and again. What comes meanwhile is not asked for later. */
    follow(wanted) {
      if (wanted === Boolean(running)) return;
      if (!wanted) {
        running.abort();
        running = null;
        last = "";
        tell(false);
      } else run((running = new AbortController()));
    },
  };
}
