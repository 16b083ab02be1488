/** Follows the worker through a file from Juki-net, and shows the page anew once the file stands elsewhere. */

import { ask } from "./asking.js";

export const selector = "[data-juki-progress]";

const ASKS_EVERY = 2_000;

export function start(root) {
  const part = (name) => root.querySelector(`[data-juki-${name}]`);

  const look = async () => {
    try {
      const answer = await ask(root.dataset.jukiProgress);
      /* Locked or signed out: what holds the page tells of that. */
      if (!answer.ok) return;
      const now = await answer.json();
      if (now.state !== root.dataset.state) {
        window.location.reload();
        return;
      }
      part("bar").value = now.percent;
      for (const name of ["percent", "said", "left"]) part(name).textContent = now[name];
    } catch {
      /* Not reached: asked again. */
    }
    window.setTimeout(look, ASKS_EVERY);
  };

  window.setTimeout(look, ASKS_EVERY);
}
