// Elements from words, and what the page asks of the server.

export const $ = (selector, root = document) => root.querySelector(selector);

export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "vars") for (const [n, v] of Object.entries(value)) element.style.setProperty(n, v);
    else if (name in element && name !== "list" && name !== "role") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function fill(place, ...children) {
  place.replaceChildren(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
}

// Where the page's own routes are, whatever its address ends in.
export const at = (path) => new URL(`../${path}`, import.meta.url).href;

export class Refused extends Error {}

export async function get(path, query = {}) {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== "" && one !== undefined && one !== null) asked.append(name, one);
  return answer(await fetch(at(`api/${path}?${asked}`), { headers: { accept: "application/json" } }));
}

export async function post(path, body) {
  const headers = { "content-type": "application/json" };
  return answer(await fetch(at(`api/${path}`), { method: "POST", headers, body: JSON.stringify(body) }));
}

async function answer(response) {
  const kind = response.headers.get("content-type") ?? "";
  const found = kind.includes("json") ? await response.json() : { error: (await response.text()).trim() };
  if (!response.ok) throw new Refused(found.error ?? `the server answered ${response.status}`);
  return found;
}

let quiet;
export function say(text, wrong = false) {
  const place = $("#said");
  fill(place, text);
  place.classList.toggle("wrong", wrong);
  place.classList.add("on");
  clearTimeout(quiet);
  quiet = setTimeout(() => place.classList.remove("on"), wrong ? 8000 : 3500);
}

export const kB = (octets) => `${(octets / 1000).toFixed(1)} kB`;
export const number = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
