/** Narrows a long list of boxes by what is typed: what does not fit is hidden, and stays ticked if it was. */

export const selector = "[data-filter-choices]";

export function start(root) {
  const box = root.querySelector("[data-filter-box]");
  const input = box.querySelector("input");
  box.hidden = false;
  input.addEventListener("input", () => {
    const wanted = input.value.normalize("NFKC").trim().toLowerCase();
    for (const group of root.querySelectorAll("[data-filter-group]")) {
      let shown = 0;
      for (const choice of group.querySelectorAll("[data-filter-choice]")) {
        const fits = choice.textContent.normalize("NFKC").toLowerCase().includes(wanted);
        choice.hidden = !fits;
        if (fits) shown += 1;
      }
      group.hidden = shown === 0;
    }
  });
  /* Enter in this box narrows the list; it does not send the form. */
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}
