// What the page asks to be done: a change, a test, a judgement.

import { $, Refused, fill, get, h, post, say } from "./dom.js";
import { asked, judged, openDialog, page, refresh } from "./edit.js";

export async function change(what, values) {
  try {
    const { said } = await post(what, { issue: page.issue, ...values });
    if (said) say(said);
    else say("That changes nothing.");
    await refresh();
    return true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say(error.message, true);
    return false;
  }
}

export const undo = () => page.shown?.undoable && change("undo", {});
export const assemble = () => change("assemble", {});

export function askTest() {
  const known = localStorage.getItem("newsletter-test-to") ?? "";
  const result = h("ul", { class: "found", role: "status" });
  const submit = async (event) => {
    event.preventDefault();
    const addresses = $("#addresses").value.split(/[\s,;]+/).filter(Boolean);
    localStorage.setItem("newsletter-test-to", addresses.join(", "));
    try {
      const { mails, sends } = await post("test", { ...asked(), addresses });
      fill(result, mails.map((number) => h("li", {}, sends ? "on its way…" : `mail ${number} waits in the outbox: no relay is set here (smtp_url)`)));
      if (sends) mails.forEach((number, at) => became(number, result.children[at]));
    } catch (error) {
      fill(result, h("li", { class: "wrong" }, error.message));
    }
  };
  openDialog("Send a test",
    h("p", { class: "small" }, "What is shown, as it is shown here, through the outbox. It needs no subscriber and uses nothing up; its links lead to nobody."),
    h("form", { onsubmit: submit }, h("div", { class: "field" }, h("label", { htmlFor: "addresses" }, "To"),
      h("input", { id: "addresses", type: "text", required: true, autocomplete: "email", placeholder: "one or several addresses", value: known })),
      h("p", {}, h("button", { class: "main" }, "Send"))), result);
  $("#addresses").focus();
}

async function became(number, place) {
  for (let tries = 0; tries < 40; tries++) {
    const { state, to, said } = await get(`mail/${number}`);
    fill(place, `${to}: ${state} ${said.trim()}`);
    if (!["queued", "sending", "deferred"].includes(state)) return;
    await new Promise((done) => setTimeout(done, 400));
  }
}

export async function askJudgement() {
  await judged();
  const { review } = page;
  if (review?.key !== page.shown.key) return say("It was changed just now: look at it again.", true);
  const { issue } = page.shown;
  const errors = page.findings.filter(({ severity }) => severity === "error").length;
  const judge = (what) => async (event) => {
    event.preventDefault();
    if (await change(what, { note: $("#why").value, seen: review.seen })) {
      await judged();
      $("#dialog").close();
    }
  };
  openDialog(`Judge ${issue}`,
    review?.at && h("p", { class: "small" }, `So far: ${review.state}${review.by ? ` by ${review.by}` : ""}${review.note ? `, “${review.note}”` : ""}${review.changed ? " — and changed since" : ""}`),
    errors ? h("p", { class: "notice" }, `${errors === 1 ? "One finding is an error" : `${errors} findings are errors`}: a send stops there.`) : null,
    h("div", { class: "field" }, h("label", { htmlFor: "why" }, "A note (what to change, if something is)"), h("textarea", { id: "why", rows: 3 })),
    h("p", { class: "line" }, h("button", { type: "button", class: "main", onclick: judge("approve") }, "Approve"), h("button", { type: "button", class: "quiet", onclick: judge("reject") }, "Ask for changes")));
}
