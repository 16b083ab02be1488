/**
 * A form whose button asks a security key: `data-security-key="get"` to prove who one is, `"create"` to add a key.
 *
 * The form's address answers GET with what to ask the key, and takes the key's answer, together with the form's other
 * fields, as JSON. It says where to go on (`goes_to`), or what is wrong (`message`).
 */

export const selector = "form[data-security-key]";

export function start(form) {
  const status = form.querySelector("[data-security-key-status]");
  const button = form.querySelector("[type=submit]");
  let isAsking = false;

  const say = (text, state) => {
    status.dataset.state = state;
    status.textContent = text;
  };

  if (!window.PublicKeyCredential || !navigator.credentials) {
    say("このブラウザまたはアドレスではセキュリティキーを使えません。ほかの確認手段を使ってください。", "trouble");
    form.addEventListener("submit", (event) => event.preventDefault());
    return;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isAsking) return;
    isAsking = true;
    button.setAttribute("aria-disabled", "true");
    say("セキュリティキーを差し込み、光ったら触れてください。画面の案内に従ってください。", "waiting");
    try {
      const outcome = await ask(form);
      if (outcome.goes_to) {
        say("確認しました。画面を切り替えています。", "done");
        window.location.assign(outcome.goes_to);
        return;
      }
      if (outcome.error === "confirm") {
        window.location.reload();
        return;
      }
      say(outcome.message ?? "サーバーに接続できませんでした。もう一度試してください。", "trouble");
    } catch (error) {
      say(reason(error), "trouble");
    }
    isAsking = false;
    button.removeAttribute("aria-disabled");
  });
}

async function ask(form) {
  const isNew = form.dataset.securityKey === "create";
  const begun = await fetchJson(form.action, {});
  if (!begun.publicKey) return begun;
  const publicKey = readable(begun.publicKey);
  const credential = isNew
    ? await navigator.credentials.create({ publicKey })
    : await navigator.credentials.get({ publicKey });
  const { csrfmiddlewaretoken, ...fields } = Object.fromEntries(new FormData(form));
  return fetchJson(form.action, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfmiddlewaretoken },
    body: JSON.stringify({ ...fields, credential: writable(credential) }),
  });
}

async function fetchJson(address, options) {
  const response = await fetch(address, {
    credentials: "same-origin",
    redirect: "manual",
    ...options,
    headers: { Accept: "application/json", ...options.headers },
  });
  if (response.headers.get("Content-Type")?.startsWith("application/json")) {
    const answer = await response.json();
    if (answer.error !== "session_expired") return answer;
  }
  return { message: "時間がたったため、確認できませんでした。この画面を開き直してください。" };
}

/** Turn the JSON of the server into what the browser's interface takes: bytes for base64url. */
function readable({ challenge, user, allowCredentials, excludeCredentials, ...rest }) {
  const options = { ...rest, challenge: bytes(challenge) };
  const named = (list) => list.map((one) => ({ ...one, id: bytes(one.id) }));
  if (user) options.user = { ...user, id: bytes(user.id) };
  if (allowCredentials) options.allowCredentials = named(allowCredentials);
  if (excludeCredentials) options.excludeCredentials = named(excludeCredentials);
  return options;
}

/** Turn what the key answered into JSON. */
function writable(credential) {
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const response = {};
  for (const part of parts) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
}

function bytes(base64url) {
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (sign) => sign.charCodeAt(0));
}

function text(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function reason(error) {
  switch (error.name) {
    case "NotAllowedError":
      return "確認が取り消されたか、時間切れになりました。もう一度ボタンを押してください。";
    case "InvalidStateError":
      return "このセキュリティキーは登録済みです。別のキーを使ってください。";
    case "SecurityError":
      return "このアドレスではセキュリティキーを使えません。ほかの確認手段を使ってください。";
    default:
      return "セキュリティキーを使えませんでした。差し込み直して、もう一度試してください。";
  }
}
