/** Tells the server that scripts run here: without them nothing could take an individual number off the page again. */

export const selector = "[data-has-scripts]";

export function start(input) {
  input.value = "1";
}
