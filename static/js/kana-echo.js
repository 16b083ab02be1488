/** Shows the katakana that will be stored when hiragana or half-width kana were typed. */

import { echo } from "./echo.js";

export const selector = "input[data-kind=kana]";

export function start(input) {
  echo(input, (typed) => {
    const stored = katakana(typed);
    return stored === typed.trim() ? "" : `「${stored}」で登録`;
  });
}

/** Return `typed` in full-width katakana. */
export function katakana(typed) {
  return typed
    .trim()
    .replace(/[｡-ﾟ]+/gu, (half) => half.normalize("NFKC"))
    .replace(/[ぁ-ゖ]/gu, (kana) => String.fromCodePoint(kana.codePointAt(0) + 0x60));
}
