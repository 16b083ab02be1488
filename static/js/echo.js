/** The quiet line beside a control that says how what was typed has been read. */

/** Return the slot the page has drawn for `input`, or make one. */
export function slotOf(input) {
  const body = input.closest(".field__body, .cell-field") ?? input.parentElement;
  let slot = body.querySelector("[data-echo]");
  if (!slot) {
    slot = document.createElement("output");
    slot.className = "field__echo";
    slot.dataset.echo = "";
    if (input.id) slot.htmlFor = input.id;
    (input.closest(".field__control, .lookup") ?? input).after(slot);
  }
  return slot;
}

/** Show `read(value)` for what `input` holds now and whenever it changes. */
export function echo(input, read) {
  const slot = slotOf(input);
  const show = () => {
    const text = read(input.value);
    if (slot.textContent !== text) slot.textContent = text;
  };
  input.addEventListener("input", (event) => {
    if (!event.isComposing) show();
  });
  input.addEventListener("compositionend", show);
  input.addEventListener("change", show);
  show();
}
