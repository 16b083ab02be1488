/** Says how many digits a number has so far, and an amount with its commas. */

import { echo } from "./echo.js";

/* Beside a disease number stands the name of the disease. */
export const selector = "input[data-kind=digits]:not([data-disease-lookup]), input[data-kind=yen]";

export function start(input) {
  if (input.dataset.kind === "yen") {
    echo(input, describeYen);
  } else {
    const expected = (input.dataset.digits ?? "").split(",").filter(Boolean).map(Number);
    echo(input, (typed) => describeDigits(typed, expected));
  }
}

/** Return e.g. 0113 0012（8桁）, or 7桁（8桁の番号） while it is not as long as expected. Only 8 and 12 are read in fours. */
export function describeDigits(typed, expected) {
  const digits = digitsOf(typed);
  if (!/^\d+$/.test(digits)) return "";
  if (expected.length && !expected.includes(digits.length)) {
    return `${digits.length}桁（${expected.join("桁か")}桁の番号）`;
  }
  if (digits.length === 8 || digits.length === 12) return `${digits.match(/\d{4}/g).join(" ")}（${digits.length}桁）`;
  return expected.length === 1 ? `${digits.length}桁` : "";
}

/** Return e.g. 1,234,567円. */
export function describeYen(typed) {
  const digits = digitsOf(typed).replace(/[,円¥]/g, "");
  return /^\d{1,15}$/.test(digits) ? `${Number(digits).toLocaleString("ja-JP")}円` : "";
}

function digitsOf(typed) {
  return typed.normalize("NFKC").replace(/[\s\-‐‑‒–—―−ー]/gu, "");
}
