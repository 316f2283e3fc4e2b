// Sends what a button asks for to the server and shows the answer.

"use strict";

const SHOWN = [
  "content-type", "content-length", "content-range", "last-modified", "etag",
  "accept-ranges", "allow", "connection", "date", "server",
];

const escape = (text) =>
  text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

const titled = (name) =>
  name === "etag" ? "ETag" : name.replace(/(^|-)[a-z]/g, (c) => c.toUpperCase());

function lines(answer) {
  return SHOWN.filter((name) => answer.headers.has(name))
    .map((name) => `${titled(name)}: ${escape(answer.headers.get(name))}`);
}

async function ask(button) {
  const { method, target, range } = button.dataset;
  const headers = range ? { Range: range } : {};
  const started = performance.now();
  const answer = await fetch(target, { method, headers, cache: "no-store" });
  const body = await answer.text();
  const took = performance.now() - started;
  return [
    `<b>${method} /${target} HTTP/1.1</b>`,
    ...(range ? [`Range: ${range}`] : []),
    "",
    `<b>HTTP/1.1 ${answer.status} ${escape(answer.statusText)}</b>`,
    ...lines(answer),
    "",
    ...(range ? [escape(body), ""] : []),
    `${new TextEncoder().encode(body).length} bytes of body, ${took.toFixed(1)} ms`,
  ].join("\n");
}

async function show(button) {
  const exchange = document.getElementById("exchange");
  for (const other of document.querySelectorAll("#requests button")) {
    other.setAttribute("aria-pressed", String(other === button));
  }
  try {
    exchange.innerHTML = await ask(button);
  } catch (error) {
    exchange.textContent = `No answer: ${error.message}`;
  }
  document.documentElement.dataset.answered = button.dataset.method;
}

for (const button of document.querySelectorAll("#requests button")) {
  button.addEventListener("click", () => show(button));
}
show(document.querySelector("#requests button"));
