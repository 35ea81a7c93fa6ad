// Talking with the server: calls, and the stream of what is new.

const KEY = "lotse-token";
const SILENCE = 25000; // ms without a word of the stream, which speaks every ten seconds

let token = "";

export class Failed extends Error {
  constructor(status, error) {
    super(error);
    this.status = status;
    this.error = error;
  }
}

// The token comes in the address's fragment, which no server and no log ever sees.
export function findToken() {
  const given = /[#&]token=([^&]+)/.exec(location.hash);
  if (given) {
    sessionStorage.setItem(KEY, decodeURIComponent(given[1]));
    history.replaceState(null, "", location.pathname);
  }
  token = sessionStorage.getItem(KEY) ?? "";
  return token !== "";
}

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("");
}

export async function look(what, values) {
  return (await ask(`/page/api/${what}?${new URLSearchParams(values)}`)).json();
}

export async function act(what, body, how = {}) {
  const response = await ask(`/page/api/${what}`, {
    ...how,
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return response.json();
}

// Call `tell` with everything that is new, until the stream ends; throws like the others.
export async function follow(values, tell, signal) {
  const silent = new AbortController();
  signal.addEventListener("abort", () => silent.abort());
  let watch = 0;
  const heard = () => {
    clearTimeout(watch);
    watch = setTimeout(() => silent.abort(), SILENCE);
  };
  heard();
  try {
    const address = `/page/api/stream?${new URLSearchParams(values)}`;
    const response = await ask(address, { signal: silent.signal });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      heard();
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) tell(JSON.parse(line));
    }
  } catch (error) {
    throw error instanceof Failed ? error : new Failed(0, "lost");
  } finally {
    clearTimeout(watch);
  }
}

async function ask(address, options = {}) {
  let response;
  try {
    response = await fetch(address, {
      ...options,
      cache: "no-store",
      headers: { ...options.headers, "X-Lotse-Token": token },
    });
  } catch {
    throw new Failed(0, "lost");
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  throw new Failed(response.status, told.error ?? "");
}
