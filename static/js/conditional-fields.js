/** Shows a field only while the answer it depends on makes it apply. Without scripts every field is shown. */

export const selector = "[data-shown-when]";

export function start(element) {
  const form = element.closest("form");
  const conditions = element.dataset.shownWhen.split(";").map((text) => {
    const [name, values] = text.split("=");
    return { name: name.trim(), values: values.split(",").map((value) => value.trim()) };
  });

  const update = () => {
    const given = new FormData(form);
    const applies = conditions.every(({ name, values }) => given.getAll(name).some((value) => values.includes(value)));
    if (element.hidden === !applies) return;
    element.hidden = !applies;
    for (const control of element.querySelectorAll("input, select, textarea")) {
      if (!applies && control.required) {
        control.dataset.wasRequired = "";
        control.required = false;
      } else if (applies && "wasRequired" in control.dataset) {
        delete control.dataset.wasRequired;
        control.required = true;
      }
    }
  };

  /* What was found wrong must be seen, also where the field does not apply. */
  if (!form || element.querySelector("[aria-invalid=true]")) return;
  form.addEventListener("change", update);
  form.addEventListener("input", update);
  update();
}
