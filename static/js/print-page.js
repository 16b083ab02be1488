/** A button that prints the page; without scripts the browser's own command does. */

export const selector = "[data-print]";

export function start(button) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
