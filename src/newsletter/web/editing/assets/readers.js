// As whom: any subscriber, the selections that most have, or preferences clicked together.

import { $, fill, get, h, number, say } from "./dom.js";
import { openDialog, page, refresh } from "./edit.js";

const FIELDS = ["to", "choice", "scope", "follow", "mute", "only_topics", "lowest_tier", "most", "form"];
const TIERS = { listed: "all papers", mention: "worth a look and above", notable: "notable and above", breakthrough: "breakthroughs only" };

export function chosen(asked) {
  const found = {};
  for (const name of FIELDS) {
    const values = asked.getAll(name);
    if (values.length) found[name] = name === "follow" || name === "mute" ? values : values[0];
  }
  return found;
}

function be(who) {
  page.who = who;
  return refresh();
}

export async function readerBeside(step) {
  try {
    const beside = page.who.to ?? "";
    const found = await get("readers", { issue: page.issue, beside, step });
    page.place = found;
    await be({ to: found.address });
  } catch (error) {
    say(error.message, true);
  }
}

async function located(address) {
  page.place = await get("readers", { issue: page.issue, beside: address, step: 0 }).catch(() => null);
}

export async function choose() {
  const dialog = openDialog("As whom", h("p", { class: "small" }, "one moment…"));
  dialog.classList.add("wide");
  $("#whom").setAttribute("aria-expanded", "true");
  const audience = (page.audience ??= await get("audience", { issue: page.issue }));
  const close = (who) => () => (dialog.close(), be(who));
  fill(dialog, dialog.firstChild, finder(dialog), common(audience, close), own(audience, dialog));
  $("#reader").focus();
}

function finder(dialog) {
  const list = h("ul", { class: "found", id: "found" });
  const pick = async (address) => (dialog.close(), await located(address), be({ to: address }));
  let waiting;
  const look = (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const like = event.target.value.trim();
      const { addresses } = like ? await get("readers", { issue: page.issue, like }) : { addresses: [] };
      fill(list, addresses.map((address) => h("li", {}, h("button", { type: "button", class: "row", onclick: () => pick(address) }, address))));
    }, 120);
  };
  const submit = (event) => (event.preventDefault(), pick($("#reader").value.trim()));
  return h("form", { class: "part", onsubmit: submit },
    h("label", { htmlFor: "reader" }, "A subscriber"),
    h("input", { id: "reader", type: "search", autocomplete: "off", placeholder: "any part of the address", value: page.who.to ?? "", oninput: look }), list);
}

function common({ common: found, readers, selections }, close) {
  const row = ({ id, readers: some, says }) =>
    h("li", {}, h("button", { type: "button", class: "row share", onclick: close({ choice: id }), vars: { "--share": some / readers } },
      h("span", {}, says), h("span", { class: "count" }, `${some} · ${Math.round((100 * some) / readers)} %`)));
  return h("section", { class: "part" }, h("h3", {}, "What most chose"),
    h("p", { class: "small" }, `${number(readers, "reader")} with ${number(selections, "different selection")}`),
    h("ul", { class: "found tall" }, found.map(row)));
}

function own({ topics, languages, greatest_most: greatest }, dialog) {
  const now = page.shown?.who.preferences ?? {};
  const follows = new Set(now.follows ?? []);
  const submit = (event) => {
    event.preventDefault();
    const asked = new FormData(event.target);
    const who = { scope: asked.get("scope"), lowest_tier: asked.get("lowest_tier"), form: asked.get("form") };
    if (who.scope === "chosen") who.follow = asked.getAll("follow");
    if (asked.getAll("mute").length) who.mute = asked.getAll("mute");
    if (asked.get("only_topics")) who.only_topics = "yes";
    if (asked.get("most")) who.most = asked.get("most");
    dialog.close();
    be(who);
  };
  const radio = (name, value, words, checked) => h("label", { class: "tick" }, h("input", { type: "radio", name, value, checked }), words);
  const topic = ({ name, title, parent }) =>
    h("li", { class: parent ? "child" : "" },
      h("label", { class: "tick" }, h("input", { type: "checkbox", name: "follow", value: name, checked: follows.has(name), oninput: (e) => (e.target.form.elements.scope.value = "chosen") }), title),
      h("label", { class: "tick mute" }, h("input", { type: "checkbox", name: "mute", value: name, checked: (now.mutes ?? []).includes(name), "aria-label": `Mute ${title}` }), "mute"));
  return h("form", { class: "part", onsubmit: submit }, h("h3", {}, "Clicked together"),
    h("div", { class: "line" }, radio("scope", "everything", "Everything", !now.follows), radio("scope", "chosen", "Only these topics", Boolean(now.follows))),
    h("ul", { class: "topics" }, topics.filter(({ name }) => name !== "general").map(topic)),
    h("div", { class: "line" },
      h("label", {}, "How far ", h("select", { name: "lowest_tier" }, Object.entries(TIERS).map(([value, words]) => h("option", { value, selected: value === now.lowest_tier }, words)))),
      h("label", {}, "At most ", h("input", { name: "most", type: "number", min: 1, max: greatest, value: now.most ?? "" })),
      h("label", {}, "As ", h("select", { name: "form" }, h("option", { value: "html" }, "HTML and text"), h("option", { value: "text", selected: now.html === false }, "text only"))),
      h("label", { class: "tick" }, h("input", { type: "checkbox", name: "only_topics", checked: now.only_topics }), "No editorial, no general papers")),
    h("p", {}, h("button", { class: "main" }, "Show"), h("span", { class: "small" }, languages.length > 1 ? " The language is chosen above the mail." : "")));
}
