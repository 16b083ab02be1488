/** Asks the server something about the session, as a script: never followed to a sign-in page, never from a cache. */

const OWN = { credentials: "same-origin", redirect: "manual", cache: "no-store" };

/** Return the answer to a GET. Throws when the server is not reached. */
export function ask(url) {
  return fetch(url, { ...OWN, headers: { Accept: "application/json" } });
}

/** Return the answer to a POST of `body`: an object goes as JSON, URLSearchParams as a form. */
export function tell(url, body) {
  const isForm = body instanceof URLSearchParams;
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  return fetch(url, {
    ...OWN,
    method: "POST",
    body: isForm ? body : JSON.stringify(body),
    headers: {
      Accept: "application/json",
      "X-CSRFToken": token,
      ...(isForm ? {} : { "Content-Type": "application/json" }),
    },
  });
}
