/** Starts every behaviour on the elements that ask for it by a data attribute. */

import * as autosave from "./autosave.js";
import * as bfcacheGuard from "./bfcache-guard.js";
import * as conditionalFields from "./conditional-fields.js";
import * as deletionProgress from "./deletion-progress.js";
import * as digitsEcho from "./digits-echo.js";
import * as dirtyGuard from "./dirty-guard.js";
import * as diseaseLookup from "./disease-lookup.js";
import * as enterNext from "./enter-next.js";
import * as errorSummary from "./error-summary.js";
import * as exportProgress from "./export-progress.js";
import * as filterChoices from "./filter-choices.js";
import * as hasScripts from "./has-scripts.js";
import * as hideNumber from "./hide-number.js";
import * as holderBoxes from "./holder-boxes.js";
import * as idleLock from "./idle-lock.js";
import * as jukiProgress from "./juki-progress.js";
import * as kanaEcho from "./kana-echo.js";
import * as keptInput from "./kept-input.js";
import * as keyProgress from "./key-progress.js";
import * as printPage from "./print-page.js";
import * as revealTimer from "./reveal-timer.js";
import * as reviewCount from "./review-count.js";
import * as scan from "./scan.js";
import * as sectionIndex from "./section-index.js";
import * as securityKey from "./security-key.js";
import * as sendOnce from "./send-once.js";
import * as shortcuts from "./shortcuts.js";
import * as uploadSize from "./upload-size.js";
import * as warekiEcho from "./wareki-echo.js";

/* In this order fields are hidden before they are counted, and a refused submission is known before it is sent. */
const modules = [
  bfcacheGuard,
  errorSummary,
  conditionalFields,
  diseaseLookup,
  warekiEcho,
  digitsEcho,
  kanaEcho,
  hideNumber,
  holderBoxes,
  hasScripts,
  enterNext,
  dirtyGuard,
  autosave,
  uploadSize,
  sendOnce,
  securityKey,
  sectionIndex,
  reviewCount,
  revealTimer,
  printPage,
  keyProgress,
  jukiProgress,
  deletionProgress,
  exportProgress,
  filterChoices,
  scan,
  shortcuts,
  idleLock,
  keptInput,
];

document.documentElement.dataset.enhanced = "true";

for (const module of modules) {
  for (const element of document.querySelectorAll(module.selector)) {
    module.start(element);
  }
}
