/** Ctrl+S saves, Ctrl+Enter goes on, Alt+arrows walk through the sections or the rows not yet checked. */

export const selector = "body";

export function start() {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
    const isControl = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (isControl && event.key.toLowerCase() === "s") {
      press(event, "[data-shortcut-save]");
    } else if (isControl && event.key === "Enter") {
      press(event, "[data-shortcut-next]");
    } else if (event.altKey && !event.ctrlKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      /* On a list Alt+↓ opens it. */
      if (event.target instanceof Element && event.target.matches("select")) return;
      walk(event, event.key === "ArrowDown" ? 1 : -1);
    }
  });
}

function press(event, target) {
  const button = document.querySelector(target);
  if (!button) return;
  event.preventDefault();
  button.click();
}

function walk(event, step) {
  const stops = stopsOf(document);
  if (stops.length === 0) return;
  event.preventDefault();
  const here = document.activeElement;
  const isAhead = (stop) => here.compareDocumentPosition(stop.from) & Node.DOCUMENT_POSITION_FOLLOWING;
  const isBehind = (stop) => here.compareDocumentPosition(stop.to) & Node.DOCUMENT_POSITION_PRECEDING;
  const next =
    here === document.body
      ? stops.at(step > 0 ? 0 : -1)
      : step > 0
        ? stops.find((stop) => !stop.from.contains(here) && isAhead(stop))
        : stops.findLast((stop) => !stop.to.contains(here) && isBehind(stop));
  if (!next) return;
  next.from.scrollIntoView({ block: "nearest" });
  next.control.focus();
}

/** Where Alt+arrow stops: each row not yet checked, or the first field of each section. */
function stopsOf(page) {
  const rows = [...page.querySelectorAll("[data-review-row]")];
  if (rows.length > 0) {
    return rows.flatMap((row) => {
      const control = row.querySelector("input[type=checkbox]:not(:checked)");
      return control ? [{ from: row, to: row, control }] : [];
    });
  }
  return [...page.querySelectorAll(".section")].flatMap((section) => {
    const controls = section.querySelectorAll("input:not([type=hidden]), select, textarea");
    const control = [...controls].find((candidate) => candidate.checkVisibility() && !candidate.disabled);
    return control ? [{ from: section, to: section, control }] : [];
  });
}
