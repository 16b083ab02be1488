/** Draws a box for each person whose number the application needs, as soon as the form says so, and names them. */

import * as hideNumber from "./hide-number.js";
import * as kanaEcho from "./kana-echo.js";
import * as warekiEcho from "./wareki-echo.js";

export const selector = "form[data-holders-url]";

/* What decides whose number is needed. */
const DECISIVE = /^(member_\d_(name|insurance|insured|guardian|latter_stage)|applicant_(kind|name)|insurance_kind|insured_kind|public_assistance|birth_on|accepted_on)$/;

export function start(form) {
  const place = form.querySelector("[data-holders]");
  const rows = place.querySelector("tbody");
  let asked = 0;

  const draw = async () => {
    const mine = (asked += 1);
    let needed;
    try {
      const response = await fetch(form.dataset.holdersUrl, {
        method: "POST",
        body: withoutNumbers(form),
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        redirect: "manual",
        cache: "no-store",
      });
      if (!response.ok) return;
      needed = (await response.json()).rows;
    } catch {
      return; /* The page that is drawn when the form is sent has the boxes. */
    }
    if (mine !== asked) return;
    const wanted = new Set(needed.map(([slot]) => slot));
    for (const row of [...rows.children]) {
      if (!wanted.has(row.dataset.holder)) row.remove();
    }
    for (const [index, [slot, called]] of needed.entries()) {
      if (rows.children[index]?.dataset.holder !== slot) {
        rows.insertBefore(rowFor(place, slot), rows.children[index] ?? null);
      }
      rows.children[index].querySelector("th").textContent = called;
    }
    place.hidden = rows.children.length === 0;
    name();
  };

  const name = () => {
    for (const shown of form.querySelectorAll("[data-holder]")) {
      const says = valuesOf(form, shown.dataset.holder);
      for (const part of ["name", "kana", "born"]) {
        const slot = shown.querySelector(`[data-holder-${part}]`);
        if (slot && says[part] !== undefined && slot.textContent !== says[part]) slot.textContent = says[part];
      }
    }
  };

  /* A number stays only with the person it was typed for. */
  for (const note of form.querySelectorAll("[data-holder-sealed]")) {
    const { holder } = note.closest("[data-holder]").dataset;
    const kept = note.textContent;
    const was = JSON.stringify(valuesOf(form, holder));
    form.addEventListener("change", () => {
      note.textContent = JSON.stringify(valuesOf(form, holder)) === was ? kept : note.dataset.holderLost;
    });
  }

  form.addEventListener("change", (event) => {
    if (DECISIVE.test(event.target.name ?? "")) draw();
  });
  form.addEventListener("input", name);
  name();
}

/** What the form calls the person who stands at `slot` now. */
function valuesOf(form, slot) {
  const value = (name) => form.elements.namedItem(name)?.value?.trim() ?? "";
  const born = (name) => {
    const typed = value(name);
    const now = new Date();
    const today = now.getFullYear() * 10000 + (now.getMonth() + 1) * 100 + now.getDate();
    return warekiEcho.describe(typed, { withAge: true, today }) || typed;
  };
  if (slot === "patient") {
    return {
      name: [value("family_name"), value("given_name")].filter(Boolean).join("　"),
      kana: [value("family_kana"), value("given_kana")].filter(Boolean).join("　"),
      born: born("birth_on"),
    };
  }
  if (slot === "guardian") return { name: value("applicant_name") };
  return { name: value(`${slot}_name`), born: born(`${slot}_birth_on`) };
}

/** Return the boxes for `slot`, made from those that the page has drawn for the guardian or for the first member. */
function rowFor(place, slot) {
  const model = slot === "guardian" ? "guardian" : "member_0";
  const drawn = place.querySelector(`template[data-holder-model=${model}]`).content.cloneNode(true);
  const row = drawn.querySelector("tr");
  for (const element of [row, ...row.querySelectorAll("*")]) {
    for (const attribute of element.attributes) attribute.value = attribute.value.replaceAll(model, slot);
  }
  const number = Number(slot.slice(-1)) + 1;
  for (const heard of model === "guardian" ? [] : row.querySelectorAll(".visually-hidden")) {
    heard.textContent = heard.textContent.replace("世帯員1", `世帯員${number}`);
  }
  for (const behaviour of [warekiEcho, kanaEcho, hideNumber]) {
    for (const element of row.querySelectorAll(behaviour.selector)) behaviour.start(element);
  }
  return row;
}

/** The form as it stands, but for the boxes whose content goes into the vault and nowhere else. */
function withoutNumbers(form) {
  const leftOut = new Set([...form.elements].filter((one) => one.matches("[data-my-number]")).map((one) => one.name));
  for (const carrier of form.querySelectorAll("[data-never-autosave]")) leftOut.add(carrier.name);
  const typed = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && !leftOut.has(name)) typed.append(name, value);
  }
  return typed;
}
