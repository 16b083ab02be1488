/** Follows the wrapping of data keys under a new key, and shows the page anew once it no longer runs. */

import { ask } from "./asking.js";

export const selector = "[data-key-progress]";

const ASKS_EVERY = 2_000;

export function start(root) {
  const part = (name) => root.querySelector(`[data-key-${name}]`);

  const look = async () => {
    try {
      const answer = await ask(root.dataset.keyProgress);
      /* Locked or signed out: what holds the page tells of that. */
      if (!answer.ok) return;
      const now = await answer.json();
      if (now.state !== "RUNNING") {
        window.location.reload();
        return;
      }
      part("bar").value = now.percent;
      for (const name of ["percent", "done", "total", "left"]) part(name).textContent = now[name];
      part("time").textContent = now.time_left ? `、${now.time_left}` : "";
      part("problem").textContent = now.problem;
    } catch {
      /* Not reached: asked again. */
    }
    window.setTimeout(look, ASKS_EVERY);
  };

  window.setTimeout(look, ASKS_EVERY);
}
