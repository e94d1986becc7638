// The message in frames. A frame runs nothing; the page, of the same origin, measures and marks it.

import { at as route, fill, h } from "./dom.js";

const WIDTHS = { 320: "Small phone", 375: "Phone", 768: "Tablet", 1024: "Desktop", 1200: "Desktop" };
const BESIDE = [375, 768, 1024];
const LEAST = 0.36;

const frames = new Map();
let scrolling = false;
let wanted = { places: [], clipped: false, onKey: () => {}, onPlace: () => {}, onPersonal: () => {}, onEdit: () => {} };

export function show(canvas, message, look, marks) {
  wanted = marks;
  const widths = look.width === "all" ? BESIDE : [Number(look.width)];
  for (const [width, frame] of frames) {
    if (!widths.includes(width)) {
      frame.device.remove();
      frames.delete(width);
    }
  }
  if (!frames.size) fill(canvas);
  const query = `client=${look.client}&dark=${look.scheme === "dark"}&images=${look.images}`;
  const address = route(`frame/${message.id}?${query}`);
  const loads = widths.map((width) => load(frameOf(canvas, width), width, address, look));
  fit(canvas, widths);
  return Promise.all(loads);
}

export function clear() {
  for (const frame of frames.values()) frame.device.remove();
  frames.clear();
}

function frameOf(canvas, width) {
  if (!frames.has(width)) {
    const screen = h("div", { class: "screen" });
    const device = h("figure", { class: "device", data: { width } }, h("figcaption", {}, WIDTHS[width], h("span", {}, ` ${width}`)), screen);
    const after = [...frames.entries()].filter(([other]) => other < width).sort((a, b) => b[0] - a[0])[0];
    if (after) after[1].device.after(device);
    else canvas.prepend(device);
    frames.set(width, { device, screen, address: "", frame: null });
  }
  return frames.get(width);
}

function load(at, width, address, look) {
  at.device.classList.toggle("dark", look.scheme === "dark");
  at.device.classList.toggle("phone", width < 500);
  if (at.address === address) {
    mark(at);
    return Promise.resolve();
  }
  at.address = address;
  at.incoming?.remove();
  const frame = h("iframe", { class: "incoming", title: `The message, ${width} pixels wide`, src: address });
  frame.setAttribute("sandbox", "allow-same-origin allow-popups allow-popups-to-escape-sandbox");
  at.incoming = frame;
  return new Promise((done) => {
    frame.addEventListener("load", () => {
      if (at.incoming !== frame) return done();
      const before = at.frame;
      at.frame = frame;
      at.incoming = null;
      attend(at);
      if (before) frame.contentDocument.scrollingElement.scrollTop = before.contentDocument?.scrollingElement?.scrollTop ?? 0;
      frame.classList.remove("incoming");
      before?.remove();
      mark(at);
      done();
    });
    at.screen.append(frame);
  });
}

function attend(at) {
  const page = at.frame.contentDocument;
  page.addEventListener("keydown", (event) => wanted.onKey(event));
  page.addEventListener("click", (event) => {
    const link = event.target.closest?.("a");
    if (link?.getAttribute("href") === "#personal-link") {
      event.preventDefault();
      wanted.onPersonal(Number(link.dataset.link));
    }
  });
  page.addEventListener("dblclick", (event) => {
    const before = [...page.querySelectorAll("[data-link]")].filter((link) => top(page, link) <= event.pageY + 4);
    wanted.onEdit(before.length ? Number(before.at(-1).dataset.link) : -1);
  });
  page.addEventListener("scroll", () => together(at), { passive: true });
}

// Frames side by side scroll together, by the share of their height.
function together(from) {
  if (scrolling || frames.size < 2) return;
  scrolling = true;
  const root = from.frame.contentDocument.scrollingElement;
  const share = root.scrollTop / Math.max(1, root.scrollHeight - root.clientHeight);
  for (const at of frames.values()) {
    const other = at === from ? null : at.frame?.contentDocument?.scrollingElement;
    if (other) other.scrollTop = share * (other.scrollHeight - other.clientHeight);
  }
  requestAnimationFrame(() => requestAnimationFrame(() => (scrolling = false)));
}

export function fit(canvas, widths = [...frames.keys()]) {
  const style = getComputedStyle(canvas);
  const room = canvas.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const gaps = (widths.length - 1) * parseFloat(style.columnGap || 0);
  const sum = widths.reduce((all, width) => all + width + 2, 0);
  const scale = Math.min(1, Math.max(LEAST, (room - gaps) / sum));
  for (const [width, { device }] of frames) {
    device.style.setProperty("--width", `${width}px`);
    device.style.setProperty("--scale", scale);
  }
}

// What is wrong, beside its place; and where Gmail would clip.
function mark(at) {
  const page = at.frame?.contentDocument;
  if (!page?.body) return;
  page.querySelectorAll("[data-mark]").forEach((old) => old.remove());
  for (const place of wanted.places) {
    const element = page.querySelector(`[data-link="${place.link}"]`);
    if (!element?.checkVisibility()) continue;
    put(page, Math.max(3, left(page, element) - 22), top(page, element) + 3, place.severity === "error" ? "#c0392b" : "#d48806", place);
  }
  const clip = page.querySelector("[data-clip]");
  if (clip) line(page, top(page, clip));
}

const top = (page, element) => element.getBoundingClientRect().top + page.scrollingElement.scrollTop;

const left = (page, element) => element.getBoundingClientRect().left + page.scrollingElement.scrollLeft;

function put(page, x, y, colour, place) {
  const dot = page.createElement("button");
  dot.type = "button";
  dot.dataset.mark = "";
  dot.title = place.what;
  dot.setAttribute("aria-label", place.what);
  Object.assign(dot.style, {
    position: "absolute", left: `${x}px`, top: `${y}px`, width: "14px", height: "14px", padding: "0", zIndex: 9,
    border: "2px solid #fff", borderRadius: "50%", background: colour, cursor: "pointer", boxShadow: "0 0 0 1px #0003",
  });
  dot.addEventListener("click", () => wanted.onPlace(place));
  page.body.append(dot);
}

function line(page, y) {
  const rule = page.createElement("div");
  rule.dataset.mark = "";
  rule.textContent = "Gmail clips here: what follows is hidden, the link to unsubscribe with it";
  Object.assign(rule.style, {
    position: "absolute", left: 0, right: 0, top: `${y}px`, padding: "4px 10px", zIndex: 8, color: "#fff",
    background: "#c0392b", font: "600 12px/16px system-ui, sans-serif", boxShadow: "0 0 0 1px #fff",
  });
  page.body.append(rule);
}

export function reveal(linkNumber) {
  for (const { frame } of frames.values()) {
    const element = frame?.contentDocument?.querySelector(`[data-link="${linkNumber}"]`);
    if (!element) continue;
    const block = element.closest("h1, h2, h3, p, li") ?? element;
    block.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    block.style.outline = "3px solid #e8a33d";
    block.style.outlineOffset = "4px";
    setTimeout(() => (block.style.outline = ""), 1800);
  }
}
