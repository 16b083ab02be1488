/** Follows the worker while it writes a file of entries, and shows the page anew once it has ended. */

import { ask } from "./asking.js";

export const selector = "[data-export-progress]";

const ASKS_EVERY = 2_000;

export function start(root) {
  const bar = root.querySelector("[data-export-bar]");
  const said = root.querySelector("[data-export-said]");

  const look = async () => {
    try {
      const answer = await ask(root.dataset.exportProgress);
      /* Locked or signed out: what holds the page tells of that. */
      if (!answer.ok) return;
      const now = await answer.json();
      if (now.state !== "WAITING" && now.state !== "WRITING") {
        window.location.reload();
        return;
      }
      if (bar && now.percent !== null) bar.value = now.percent;
      said.textContent = now.said;
    } catch {
      /* Not reached: asked again. */
    }
    window.setTimeout(look, ASKS_EVERY);
  };

  window.setTimeout(look, ASKS_EVERY);
}
