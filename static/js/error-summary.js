/** Moves the focus to the list of errors, and from a line of it into the field. */

export const selector = "[data-error-summary]";

export function start(summary) {
  if (!document.title.startsWith("エラー")) document.title = `エラー: ${document.title}`;
  summary.focus();
  summary.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const target = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    const control = target?.matches("input, select, textarea")
      ? target
      : target?.querySelector("input:not([type=hidden]), select, textarea");
    if (!control) return;
    event.preventDefault();
    control.closest("details")?.setAttribute("open", "");
    (control.closest(".field, .cell-field") ?? control).scrollIntoView({ block: "center" });
    control.focus({ preventScroll: true });
  });
}
