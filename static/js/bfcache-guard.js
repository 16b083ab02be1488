/** Shows no old picture of a page with personal data: it is hidden on leaving, and fetched again on coming back. */

export const selector = "[data-sensitive]";

export function start(element) {
  window.addEventListener("pagehide", () => {
    element.hidden = true;
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}
