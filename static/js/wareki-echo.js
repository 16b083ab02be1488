/** Says in full how a typed date is read, in both calendars; says nothing about what it cannot read. */

import { echo } from "./echo.js";

export const selector = "input[data-kind=date]";

/* First and last day of each era, as the registers count them. */
const ERAS = [
  { key: "M", digit: "1", name: "明治", short: "明", year: 1868, first: 18680908, last: 19120729 },
  { key: "T", digit: "2", name: "大正", short: "大", year: 1912, first: 19120730, last: 19261224 },
  { key: "S", digit: "3", name: "昭和", short: "昭", year: 1926, first: 19261225, last: 19890107 },
  { key: "H", digit: "4", name: "平成", short: "平", year: 1989, first: 19890108, last: 20190430 },
  { key: "R", digit: "5", name: "令和", short: "令", year: 2019, first: 20190501, last: 99991231 },
];

const ERA_WORDS = ERAS.flatMap((era) => [era.name, era.short, era.key]).join("|");
const BY_ERA = new RegExp(`^(${ERA_WORDS})(元|\\d{1,2})[-./年](\\d{1,2})[-./月](\\d{1,2})日?$`, "u");
const BY_ERA_PACKED = new RegExp(`^(${ERA_WORDS})(\\d{2})(\\d{2})(\\d{2})$`, "u");
const WESTERN = /^(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?$/u;
const WESTERN_PACKED = /^(\d{4})(\d{2})(\d{2})$/u;

export function start(input) {
  const withAge = input.matches("[data-age], [name$=birth_on]");
  echo(input, (typed) => describe(typed, { withAge, today: today() }));
}

/** Return e.g. 昭和45年4月1日（1970年）56歳 for `typed`, or nothing when it is not a day of the calendar. */
export function describe(typed, { withAge, today }) {
  const date = read(typed);
  if (!date) return "";
  const era = ERAS.findLast(({ first }) => first <= date.number);
  const shown = era
    ? `${era.name}${yearWord(date.year - era.year + 1)}年${date.month}月${date.day}日（${date.year}年）`
    : `${date.year}年${date.month}月${date.day}日`;
  const remark = date.writtenEra && date.writtenEra !== era ? `　※${date.writtenEra.name}の期間の外です` : "";
  const age = withAge && date.number <= today ? `${Math.floor((today - date.number) / 10000)}歳` : "";
  return `${shown}${age}${remark}`;
}

/** Return the day `typed` names, or null. Hyphens of every width count as one. */
export function read(typed) {
  const text = typed
    .normalize("NFKC")
    .replace(/[‐‑‒–—―−ー]/gu, "-")
    .replace(/\s/gu, "")
    .toUpperCase();
  const western = WESTERN.exec(text) ?? WESTERN_PACKED.exec(text);
  if (western) return day(Number(western[1]), Number(western[2]), Number(western[3]), null);
  const wareki = BY_ERA.exec(text) ?? BY_ERA_PACKED.exec(text);
  if (!wareki) return null;
  const era = ERAS.find((candidate) => [candidate.name, candidate.short, candidate.key].includes(wareki[1]));
  const year = wareki[2] === "元" ? 1 : Number(wareki[2]);
  if (year < 1) return null;
  return day(era.year + year - 1, Number(wareki[3]), Number(wareki[4]), era);
}

function day(year, month, dayOfMonth, writtenEra) {
  const calendar = new Date(Date.UTC(year, month - 1, dayOfMonth));
  const exists = calendar.getUTCMonth() === month - 1 && calendar.getUTCDate() === dayOfMonth && year >= 1000;
  return exists ? { year, month, day: dayOfMonth, number: year * 10000 + month * 100 + dayOfMonth, writtenEra } : null;
}

function yearWord(year) {
  return year === 1 ? "元" : String(year);
}

function today() {
  const now = new Date();
  return now.getFullYear() * 10000 + (now.getMonth() + 1) * 100 + now.getDate();
}
