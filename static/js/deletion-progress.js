/** Follows a deletion list that is being made or carried out, and shows the page anew once it has come further. */

import { ask } from "./asking.js";

export const selector = "[data-deletion-progress]";

const ASKS_EVERY = 2_000;

export function start(root) {
  const part = (name) => root.querySelector(`[data-deletion-${name}]`);

  const look = async () => {
    try {
      const answer = await ask(root.dataset.deletionProgress);
      /* Locked or signed out: what holds the page tells of that. */
      if (!answer.ok) return;
      const now = await answer.json();
      if (now.state !== root.dataset.deletionState) {
        window.location.reload();
        return;
      }
      if (part("bar")) part("bar").value = now.percent;
      for (const name of ["percent", "done", "total"]) if (part(name)) part(name).textContent = now[name];
    } catch {
      /* Not reached: asked again. */
    }
    window.setTimeout(look, ASKS_EVERY);
  };

  window.setTimeout(look, ASKS_EVERY);
}
