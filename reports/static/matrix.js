// The matrix of index.html: question, squares, details, address and keyboard.
"use strict";
window.caniload.index = async () => {
  const NO_EVIDENCE = 0x10, NOT_REPEATABLE = 0x20, UNTESTED = 8, MOST = 12;
  const { $, el, copy, keep, kept, unpack, shard, answers } = window.caniload;
  const data = JSON.parse($("data").textContent);
  const { environments: envs, models, formats, outcomes } = data;
  // A large report keeps what this page is too small for beside it.
  const rest = data.rest ? await shard("p", data.rest) : data;
  const plane = await unpack(rest.plane), parting = await unpack(rest.parting);
  const turned = plane.map((byte, place) => byte ^ parting[place]), predicts = data.purpose === "predict";
  const { at, other, unlike, word, sum, verdict, aside, reach, path } = answers(data, ...(predicts ? [plane, turned] : [turned, plane]));
  // Shipped evidence on what has no result here has planes of its own, and no part in any count.
  const NOT_HERE = "Shipped evidence, not measured here";
  const elsewhere = await shipped();
  const TO_OTHER = data.to[predicts ? "train" : "predict"], ROOT = document.documentElement.dataset.root;
  const twin = document.querySelector(".purpose a:not([aria-current])").getAttribute("href");
  const E = envs.length;
  async function shipped() {
    if (!rest.shipped) return null;
    const one = await unpack(rest.shipped.plane), bits = await unpack(rest.shipped.parting);
    const two = one.map((byte, place) => byte ^ bits[place]);
    return answers(data, ...(predicts ? [one, two] : [two, one]));
  }
  const ships = (s, l, f, ms) => {
    const q = elsewhere && elsewhere.sum(s, l, f, ms);
    return q && q.tested ? q : null;
  };
  const told = (parts) => parts.map(([text]) => text).join("");
  const shippedSentence = ({ s, l, f, ms }) => {
    const q = ships(s, l, f, ms), said = q && told(elsewhere.verdict(q));
    return said ? `${NOT_HERE}: ${said[0].toLowerCase()}${said.slice(1)}` : "";
  };
  const form = $("ask"), grid = $("grid");
  const cells = [...grid.tBodies[0].rows].map((row) => [...row.cells].slice(1));
  const all = models.map((_, m) => m);
  const first = {};
  const place = (list, id) => list.findIndex((item) => item.id === id);
  const state = { ...read(), st: [] };

  function read() {
    for (const name of "msfl") first[name] ??= form.elements[name].value;
    return { m: form.elements.m.value, s: form.elements.s.value, f: form.elements.f.value, l: form.elements.l.value };
  }
  const chosen = () => {
    if (!state.m) return all;
    const family = state.m.startsWith("family:") ? state.m.slice(7) : null;
    return all.filter((m) => (family === null ? models[m].id === state.m : models[m].family === family));
  };
  const spot = () => ({ s: place(envs, state.s), l: place(envs, state.l), f: place(formats, state.f), ms: chosen() });

  function advise(q, where) {
    const items = [el("li", {}, reach(where))], way = path(where);
    const said = elsewhere && (q.tested ? shippedSentence(where) : elsewhere.aside(where));
    if (said) items.unshift(el("li", {}, q.tested ? said : el("a", { href: twin + address(state) }, `${NOT_HERE}. ${said}`)));
    const beside = aside(where);
    if (beside) items.unshift(el("li", {}, el("a", { href: twin + address(state) }, beside)));
    if (way) {
      const whom = way.served === way.needed ? "all of them" : `${way.served} of ${way.needed}`;
      const link = (changes, text) => el("a", { href: address({ ...state, ...changes }) }, text);
      items.push(el("li", {}, `Recommended path for ${whom}: load with ${envs[way.v].label}, save again as ${formats[way.g].label}, ` +
        `load that with ${envs[where.l].label}. Both hops were measured, separately; the chain was not.`,
        " (", link({ l: envs[way.v].id }, "first hop"), ", ", link({ s: envs[way.v].id, f: formats[way.g].id }, "second hop"), ")"));
    } else if (q.worst > 3 && q.worst < UNTESTED) items.push(el("li", {}, "No path of two clean hops is known from this run."));
    $("advice").replaceChildren(...items);
  }

  // For a shell, as Python's shlex does.
  const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\"'\"'")}'`);

  const address = (wanted) => `#${new URLSearchParams([..."fslm"].map((name) => [name, wanted[name]])
    .filter(([name, value]) => value || name !== "m").concat(wanted.st.length ? [["st", wanted.st.join(",")]] : []))}`;

  function say(q, largest, where) {
    const said = !q.tested && where && shippedSentence(where);
    $("verdict").replaceChildren(...(said ? [[said]] : verdict(q, largest)).map(([text, strong]) => (strong ? el("strong", {}, text) : text)));
  }

  function paint() {
    const where = spot(), starts = data.starts[where.f], wanted = state.st.map((key) => outcomes.findIndex((o) => o.key === key));
    const totals = Array(16).fill(0);
    cells.forEach((row, s) => row.forEach((cell, l) => {
      const q = sum(s, l, where.f, where.ms), ship = ships(s, l, where.f, where.ms), looks = ship && !q.tested ? ship : q;
      const classes = [`o${looks.typical}`], words = [word(q.typical)];
      q.counts.forEach((count, code) => { totals[code] += count; });
      const worse = q.tested && q.worst > q.typical;
      if (looks.tested && looks.worst > looks.typical && looks.worst > 3) classes.push(`w${looks.worst}`);
      if (looks !== q) classes.push("shipped");
      if (worse) words.push(`worst: ${word(q.worst)}, ${q.counts[q.worst]} of ${q.tested}`);
      if (q.tested && q.counts[UNTESTED]) words.push(`${q.counts[UNTESTED]} not tested`);
      if (s === l) classes.push("diagonal");
      if (data.older[s][l] === "1") classes.push("older");
      if (q.voids) { classes.push("void"); words.push("not evidence: control failed"); }
      if (q.shaky) { classes.push("shaky"); words.push("order-dependent"); }
      if (looks.parted) classes.push(`p${looks.beside}`);
      if (q.parted) words.push(`${TO_OTHER} ${q.parted} otherwise, worst: ${word(q.beside)}`);
      if (ship) words.push(q.tested ? `shipped evidence on ${ship.tested}` : `shipped evidence: ${named(ship)}`);
      if (starts.includes(l)) classes.push("era");
      if (wanted.length && !wanted.some((code) => q.counts[code])) classes.push("dim");
      const here = s === where.s && l === where.l;
      if (here) classes.push("chosen");
      cell.className = classes.join(" ");
      cell.setAttribute("aria-selected", here);
      const text = words.join("; ");
      if (cell.firstChild.textContent !== text) cell.firstChild.textContent = text;
    }));
    [...grid.tBodies[0].rows].forEach((row, s) => row.classList.toggle("era", starts.includes(s)));
    const heads = [...grid.tHead.rows[1].cells];
    heads.forEach((head, l) => { head.classList.toggle("era", starts.includes(l)); head.classList.toggle("lit", l === where.l); });
    [...grid.tBodies[0].rows].forEach((row, s) => row.cells[0].classList.toggle("lit", s === where.s));
    for (const chip of document.querySelectorAll(".chip")) {
      const code = outcomes.findIndex((o) => o.key === chip.dataset.outcome);
      chip.querySelector(".count").textContent = totals[code].toLocaleString("en");
      chip.setAttribute("aria-pressed", state.st.includes(chip.dataset.outcome));
    }
    $("clear").hidden = !state.st.length;
    for (const block of document.querySelectorAll("[data-format]")) {
      block.hidden = block.dataset.format !== state.f;
      const kept = block.querySelector(":scope > template");
      if (kept && !block.hidden) kept.replaceWith(kept.content);
    }
    $("matrix-format").textContent = formats[where.f].label;
  }

  // What a square of shipped evidence is called; none of it is void or order-dependent.
  function named(q) {
    const words = [word(q.typical)];
    if (q.worst > q.typical) words.push(`worst: ${word(q.worst)}, ${q.counts[q.worst]} of ${q.tested}`);
    if (q.parted) words.push(`${TO_OTHER} ${q.parted} otherwise, worst: ${word(q.beside)}`);
    return words.join("; ");
  }

  let asked = 0;
  async function show() {
    for (const name of "msfl") form.elements[name].value = state[name];
    const where = spot(), q = sum(where.s, where.l, where.f, where.ms, true);
    const ship = q.tested ? null : ships(where.s, where.l, where.f, where.ms);
    say(q, "", where);
    $("verdict-mark").className = ship ? `mark o${ship.worst} shipped` : `mark o${q.worst}`;
    advise(q, where);
    const link = $("from-link");
    link.href = `from/${envs[where.s].slug}.html`;
    link.lastElementChild.textContent = envs[where.s].label;
    const { s, l } = state, pair = s === l ? l : `${s},${l}`;
    $("own-ask").textContent = `caniload YOUR_FILE --to ${quoted(l)}`;
    $("own-try").textContent = `caniload check YOUR_FILE --run --envs ${quoted(pair)}`;
    $("own-bring").textContent = `caniload convert YOUR_FILE --to ${quoted(l)}`;
    paint();
    const mine = ++asked, name = rest.pairs[where.s * E + where.l];
    $("panel-title").textContent = `${envs[where.s].label} → ${envs[where.l].label}, ${formats[where.f].label}`;
    if (!name) { $("panel-body").replaceChildren(el("p", {}, "Not part of this run.")); return; }
    try {
      const pair = await shard("c", name);
      if (mine === asked) $("panel-body").replaceChildren(...panel(pair, where, q));
    } catch (error) {
      if (mine === asked) $("panel-body").replaceChildren(el("p", { class: "note" }, `Details cannot be shown: ${error.message}.`));
    }
  }

  // A text is short and here, or long and in the store under its hash.
  const fill = async (node, text) => {
    if (typeof text === "string") { node.textContent = text; return; }
    const prefix = text[0].slice(0, rest.digits);
    try { node.textContent = (await shard("t", rest.texts[prefix]))[text[0]]; }
    catch (error) { node.textContent = error.message; }
  };
  const folded = (title, text) => {
    const pre = el("pre", { tabindex: "0" });
    return el("details", { ontoggle: () => { if (!pre.textContent) fill(pre, text); } }, el("summary", {}, title), pre,
      el("button", { type: "button", onclick: (event) => copy(pre.textContent, event.target) }, "Copy"));
  };

  // A cell is told as to go on training; in ``p`` is what is something else to predict, null what there is not.
  function seen({ p, ...train }) {
    if (!p) return train;
    const predict = Object.fromEntries(Object.entries({ ...train, ...p }).filter(([, value]) => value !== null));
    return predicts ? { ...predict, other: train } : { ...train, other: predict };
  }

  function panel(pair, where, q) {
    const codes = Object.fromEntries(outcomes.map((o, code) => [o.key, code]));
    const mine = pair.cells.filter((cell) => cell.f === state.f && where.ms.includes(cell.m)).map(seen);
    const sizes = mine.filter((cell) => cell.o === "differs" && cell.size && !(cell.mark & NO_EVIDENCE) && (!cell.differs || cell.differs.some(([what]) => what === "outputs"))).map((cell) => cell.size[0]);
    const largest = Math.max(...sizes.map((size) => (size === "inf" ? Infinity : parseFloat(size))));
    // As Python writes it: two digits, and an exponent of at least two.
    const two = largest === Infinity ? "inf" : largest.toExponential(1).replace(/e([+-])(\d)$/, "e$10$2");
    say(q, sizes.length ? (Number.isNaN(largest) ? "not a number" : two) : "", where);
    const groups = new Map();
    for (const cell of mine) {
      const told = (one) => [one.o, one.o === "identical" || one.o === "tolerance" ? "" : JSON.stringify(pair.texts[one.signature ?? one.reason])];
      const known = away(cell), from = known ? [known.o, JSON.stringify(pair.texts[known.reason]), cell.shipped.source] : [];
      const key = [...told(cell), ...(cell.other && cell.other.o !== cell.o ? told(cell.other) : []), cell.mark || 0, ...from].join();
      groups.set(key, [...(groups.get(key) || []), cell]);
    }
    // What was not tested comes last, and of that first what shipped evidence is worst on.
    const rank = ([one]) => (codes[one.o] === UNTESTED ? (away(one) ? codes[away(one).o] : -9) - 20 : codes[one.o]);
    const sorted = [...groups.values()].sort((a, b) => rank(b) - rank(a) || b.length - a.length);
    return [...sorted.map((group) => about(pair, group, codes)), mini(where)];
  }

  function mini({ s, l, ms }) {
    const head = el("tr", {}, el("td"), formats.map((kind) => el("th", { scope: "col" }, kind.id)));
    const rows = ms.map((m) => el("tr", {}, el("th", { scope: "row" }, el("a", { href: address({ ...state, m: models[m].id }) }, models[m].id)),
      formats.map((_, f) => {
        const code = at(s, l, m, f) & 15, ship = code === UNTESTED && ships(s, l, f, [m]);
        if (ship) return el("td", { class: `o${ship.typical}${ship.parted ? ` p${ship.beside}` : ""} shipped` }, el("span", {}, `${word(code)}; shipped evidence: ${named(ship)}`));
        const b = other(s, l, m, f) & 15, parted = unlike(code, b);
        return el("td", { class: `o${code}${parted ? ` p${b}` : ""}` }, el("span", {}, word(code) + (parted ? `; ${TO_OTHER}: ${word(b)}` : "")));
      })));
    return el("details", { open: ms.length < 25 }, el("summary", {}, "Every model and format of this pair"),
      el("table", { class: "mini" }, el("thead", {}, head), el("tbody", {}, rows)));
  }

  // What shipped evidence says of a cell that has no result here, for what is wanted of the model.
  const away = (cell) => cell.shipped && cell.shipped.told[predicts ? 1 : 0];

  function about(pair, group, codes) {
    const one = group[0], text = (n) => pair.texts[n], parts = [];
    const line = (n) => { const p = el("p"); fill(p, text(n)); return p; };
    parts.push(el("h4", {}, el("span", { class: `mark o${codes[one.o]}`, "aria-hidden": "true" }), ` ${word(codes[one.o])}: ${group.length} `));
    if (one.mark & NO_EVIDENCE) parts.push(el("p", { class: "note" }, "Not evidence: a control of one of the two environments failed."));
    if (one.mark & NOT_REPEATABLE) parts.push(el("p", { class: "note" }, "Order-dependent: alone and after other models it came out differently. The run alone is shown."));
    parts.push(el("p", {}, group.map((cell) => models[cell.m].id).join(", ")));
    if (one.reason !== undefined) parts.push(line(one.reason));
    const known = away(one);
    if (known) {
      const said = el("span"), source = el("span");
      fill(said, text(known.reason));
      fill(source, text(one.shipped.source));
      parts.push(el("p", { class: "elsewhere" }, el("span", { class: `mark o${codes[known.o]} shipped`, "aria-hidden": "true" }),
        ` ${NOT_HERE}: ${word(codes[known.o])}: `, said, el("small", {}, " (", source, ")")));
      if (known.cause !== undefined) parts.push(el("p", {}, "In the glossary: ", el("a", { href: `${ROOT}warnings.html${predicts ? "" : "?for=train"}#e-${encodeURIComponent(text(known.cause))}` }, text(known.cause))));
    }
    if (one.other && one.other.o !== one.o) {
      const told = el("span");
      fill(told, text(one.other.reason));
      const mark = el("span", { class: `mark o${codes[one.other.o]}`, "aria-hidden": "true" });
      parts.push(el("p", { class: "beside" }, mark, ` ${TO_OTHER[0].toUpperCase()}${TO_OTHER.slice(1)}: ${word(codes[one.other.o])}, `, told));
    }
    if (one.cause !== undefined) parts.push(el("p", {}, "In the glossary: ", el("a", { href: `${ROOT}warnings.html${predicts ? "" : "?for=train"}#e-${encodeURIComponent(text(one.cause))}` }, text(one.cause))));
    const texts = new Map(), add = (title, n, cell) => {
      const key = `${title}\n${n}`;
      texts.set(key, { title, n, names: [...new Set([...(texts.get(key)?.names || []), models[cell.m].id])] });
    };
    for (const cell of group) if (cell.error !== undefined) add(`Error while ${cell.phase}`, cell.error, cell);
    for (const cell of group) if (cell.traceback !== undefined) add("Traceback", cell.traceback, cell);
    for (const cell of group) for (const [head, n] of cell.heard || []) add(head, n, cell);
    const shown = [...texts.values()].slice(0, MOST);
    for (const { title, n, names } of shown) parts.push(folded(names.length < group.length ? `${title}: ${names.join(", ")}` : title, text(n)));
    if (texts.size > MOST) parts.push(el("p", { class: "quiet" }, `${texts.size - MOST} more texts are in cells.parquet.`));
    const differs = group.flatMap((cell) => (cell.differs || []).map((item) => [cell, ...item]));
    if (differs.length) parts.push(el("ul", {}, differs.map(([cell, what, n, size]) => {
      const body = el("span");
      fill(body, text(n));
      return el("li", {}, `${models[cell.m].id}, ${what}: `, body, size ? ` (${size})` : "");
    })));
    const sized = group.filter((cell) => cell.size);
    if (sized.length) parts.push(el("details", { open: one.o === "differs" && sized.length < 9 }, el("summary", {}, "Differences in numbers"), el("table", { class: "sizes" },
      el("thead", {}, el("tr", {}, ["Model", "max |d|", "relative", "ulp"].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, sized.map((cell) => el("tr", {}, el("th", { scope: "row" }, models[cell.m].id), cell.size.map((size) => el("td", {}, size || "–"))))))));
    const derived = group.filter((cell) => cell.derived !== undefined);
    if (derived.length) parts.push(el("details", { open: derived.length < 4 }, el("summary", {}, `${derived.length} of ${group.length} not run themselves`), el("ul", {}, derived.map((cell) => {
      const body = el("span");
      fill(body, text(cell.derived));
      return el("li", {}, `${models[cell.m].id}: `, body);
    }))));
    const command = one.repeat || `caniload reproduce ${quoted(one.id)}`;
    parts.push(el("div", { class: "command" }, el("pre", {}, command),
      el("button", { type: "button", onclick: (event) => copy(command, event.target) }, "Copy")));
    return el("div", { class: "group" }, parts);
  }

  function take() {
    const ignored = [], wanted = { ...first, st: [] };
    const text = location.hash.slice(1);
    if (text.includes("=")) {
      for (const [name, value] of new URLSearchParams(text.replaceAll("+", "%2B"))) {
        if ("msfl".includes(name) && name.length === 1) {
          if ([...form.elements[name].options].some((option) => option.value === value)) wanted[name] = value;
          else ignored.push(`${name}=${value}`);
        } else if (name === "st") {
          for (const key of value.split(/[.,]/)) {
            if (outcomes.some((o) => o.key === key)) wanted.st.push(key);
            else if (key) ignored.push(`st=${key}`);
          }
        } else ignored.push(`${name}=${value}`);
      }
    } else if (text) return;
    Object.assign(state, wanted);
    $("note").textContent = `The address names things that this report does not have, which were ignored: ${ignored.join(", ")}`;
    $("note").hidden = !ignored.length;
    roam(spot().s, spot().l);
    show();
  }

  let row = 0, column = 0;
  function roam(s, l, focus) {
    cells[row][column].tabIndex = -1;
    [row, column] = [Math.min(Math.max(s, 0), E - 1), Math.min(Math.max(l, 0), E - 1)];
    cells[row][column].tabIndex = 0;
    if (focus) cells[row][column].focus();
  }
  function open(s, l) {
    Object.assign(state, { s: envs[s].id, l: envs[l].id });
    history.pushState(null, "", address(state));
    roam(s, l);
    return show();
  }

  grid.setAttribute("role", "grid");
  for (const line of cells) for (const cell of line) cell.tabIndex = -1;
  grid.addEventListener("click", (event) => {
    const cell = event.target.closest("tbody td");
    if (cell) open(cell.parentNode.sectionRowIndex, cell.cellIndex - 1);
  });
  grid.addEventListener("keydown", (event) => {
    const far = event.ctrlKey, go = { ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      Home: [far ? 0 : row, 0], End: [far ? E - 1 : row, E - 1] }[event.key];
    if (!event.target.closest("tbody td")) return;
    if (go) roam(...go, true);
    else if (event.key === "Enter" || event.key === " ") open(row, column).then(() => $("panel-title").focus());
    else return;
    event.preventDefault();
  });
  $("panel").addEventListener("keydown", (event) => { if (event.key === "Escape") cells[row][column].focus(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    Object.assign(state, read());
    history.replaceState(null, "", address(state));
    $("note").hidden = true;
    roam(spot().s, spot().l);
    show();
  });
  const filter = (keys) => { state.st = keys; history.replaceState(null, "", address(state)); paint(); };
  for (const chip of document.querySelectorAll(".chip")) {
    chip.addEventListener("click", () => {
      const key = chip.dataset.outcome;
      filter(state.st.includes(key) ? state.st.filter((other) => other !== key) : [...state.st, key]);
    });
  }
  $("clear").addEventListener("click", () => filter([]));
  for (const tile of document.querySelectorAll(".tiles a")) {
    tile.addEventListener("click", (event) => {
      event.preventDefault();
      filter(tile.hash.slice(4).split(","));
      $("matrix-title").scrollIntoView();
    });
  }
  $("copy-link").addEventListener("click", (event) => copy(location.href.split("#")[0] + address(state), event.target));
  $("keys").addEventListener("click", () => $("help").showModal());
  $("single-keys").checked = kept("keys") !== "off";
  $("single-keys").addEventListener("change", (event) => keep("keys", event.target.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "?" && $("single-keys").checked && !event.target.closest("select, input, textarea")) $("help").showModal();
  });
  $("copy-badge").addEventListener("click", ({ target }) => copy(`[![${target.dataset.alt}](${new URL(ROOT + target.dataset.badge, location.href)})](${location.href.split("#")[0]})`, target));
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => copy($(button.dataset.copy).textContent, button));
    button.hidden = false;
  }
  for (const id of ["copy-link", "copy-badge", "keys"]) $(id).hidden = false;
  addEventListener("popstate", take);
  take();
};
