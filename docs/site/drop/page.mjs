// The page on which files are dropped: shows what worker.mjs says of them.
const LONGEST = 60_000;
const place = document.getElementById("drop"), said = document.getElementById("said"), state = document.getElementById("state");
const inputs = document.querySelectorAll("#drop input");
let worker = null, blobs = [], waiting = [], due = null, count = 0, rounds = 0;

function start() {
  worker = new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => {
    if (data.ready) {
      document.body.dataset.ready = data.ready.toFixed(1);
      if (!waiting.length && !rounds) state.textContent = "Ready: choose a file, or drop one here.";
    }
    else if (data.broken) state.textContent = `This browser cannot run it: ${data.broken}`;
    else if (data.crashed) lost(`crashes what reads it (${data.crashed})`);
    else if (data.done) finished();
    else { waiting.shift(); show(data); soon(); }
  };
  worker.onerror = (event) => { event.preventDefault(); lost(`crashes what reads it (${event.message ?? "no reason given"})`); };
}

// Time for one file: none takes long unless it is made to.
function soon() {
  clearTimeout(due);
  if (waiting.length) due = setTimeout(() => lost("takes too long to read: it is damaged, or made to"), LONGEST);
}

function finished() {
  clearTimeout(due);
  state.textContent = `${count} looked at. Nothing was sent anywhere.`;
  document.body.dataset.done = ++rounds;
}

// A file that hangs or crashes its reader costs itself only: the others go to a new one.
function lost(why) {
  worker.terminate();
  const [name, ...rest] = waiting;
  if (name) show({ name, lines: [name, `  problem     ${why}`], stops: false });
  start();
  if (rest.length) send(rest); else finished();
}

function show({ name, lines, stops, seconds }) {
  const box = document.createElement("section"), text = document.createElement("pre");
  box.dataset.name = name;
  box.dataset.seconds = seconds?.toFixed(2) ?? "";
  if (stops) box.className = "stops";
  text.tabIndex = 0;
  text.textContent = lines.join("\n").slice(0, 1_000_000);
  box.append(text);
  said.append(box);
}

function send(names) {
  waiting = names;
  soon();
  worker.postMessage({ blobs, names });
}

// Paths below what was dropped; a folder is one model, or many, as on the command line.
async function below(entry, path = "") {
  const name = `${path}${entry.name}`;
  if (entry.isFile) return [{ name, data: await new Promise((done, failed) => entry.file(done, failed)) }];
  const reader = entry.createReader(), found = [];
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return found;
    for (const one of some) found.push(...await below(one, `${name}/`));
  }
}

function take(found) {
  if (!found.length) return;
  blobs = found;
  said.replaceChildren();
  delete document.body.dataset.done;
  state.textContent = "Reading …";
  const names = [...new Set(found.map(({ name }) => name.split("/")[0]))];
  count = names.length;
  send(names);
}

place.addEventListener("dragover", (event) => { event.preventDefault(); place.classList.add("over"); });
place.addEventListener("dragleave", () => place.classList.remove("over"));
place.addEventListener("drop", async (event) => {
  event.preventDefault();
  place.classList.remove("over");
  // Both at once: what was dropped is gone after the first wait. A script's files have no entry.
  const dropped = [...event.dataTransfer.items].map((item) => [item.webkitGetAsEntry(), item.getAsFile()]);
  const found = dropped.map(([entry, data]) => (entry ? below(entry) : data ? [{ name: data.name, data }] : []));
  take((await Promise.all(found)).flat());
});
for (const input of inputs) input.addEventListener("change", () => {
  take([...input.files].map((data) => ({ name: data.webkitRelativePath || data.name, data })));
});

if (location.protocol === "file:") state.textContent = "From a disk a browser runs no such thing: serve the site, for example with `python -m http.server`.";
else { start(); for (const input of inputs) input.disabled = false; }
