/** Fetches a page with personal data again when the back button would bring back an old picture of it. */

export const selector = "[data-sensitive]";

export function start() {
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}
