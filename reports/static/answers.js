// The sentences of reports/answers.py over the plane that the page carries; a test compares the two.
"use strict";
window.caniload.answers = (data, plane, beside) => {
  const NO_EVIDENCE = 0x10, NOT_REPEATABLE = 0x20, UNTESTED = 8, ABSENT = 15, DIFFERS = 7;
  const { environments: envs, models, formats, outcomes } = data;
  const E = envs.length, M = models.length, F = formats.length;
  for (const known of [plane, beside]) if (known.length !== E * E * M * F) throw new Error("the data has the wrong length");
  const from = (known) => (s, l, m, f) => known[((s * E + l) * M + m) * F + f];
  const at = from(plane), other = from(beside);
  const word = (code) => (code === ABSENT ? "Not in this run" : outcomes[code].word);

  // Identical and within tolerance are no different ends.
  const unlike = (one, two) => one !== two && Math.max(one, two) > 2;

  // What a square shows; ``parted`` models end otherwise for the other purpose, the worst as ``beside``.
  function sum(s, l, f, ms, sound, here = at, there = other) {
    const counts = Array(16).fill(0);
    let voids = 0, shaky = 0, parted = 0, beside = 0;
    for (const m of ms) {
      const byte = here(s, l, m, f), code = there(s, l, m, f) & 15;
      if (unlike(code, byte & 15)) { parted++; beside = Math.max(beside, code); }
      if (byte & NO_EVIDENCE && byte !== ABSENT) { voids++; if (sound) continue; }
      if (byte & NOT_REPEATABLE && byte !== ABSENT) shaky++;
      counts[byte & 15]++;
    }
    let tested = 0, typical = null, worst = 0, seen = 0;
    for (let code = 1; code < UNTESTED; code++) tested += counts[code];
    for (let code = 1; code < UNTESTED && tested; code++) {
      seen += counts[code];
      if (typical === null && seen > (tested - 1) >> 1) typical = code;
      if (counts[code]) worst = code;
    }
    if (!tested) typical = worst = counts[UNTESTED] ? UNTESTED : counts[0] ? 0 : ABSENT;
    return { counts, tested, typical, worst, voids, shaky, parted, beside };
  }

  function verdict(q, largest) {
    if (!q.tested) {
      return [[q.voids ? "No evidence: a control of one of the two environments failed."
        : q.counts[UNTESTED] ? "Not tested: there is no result yet, which says nothing against it."
        : q.counts[0] ? "Not applicable: there is no such file to load." : "Not part of this run."]];
    }
    const groups = [7, 6, 5, 4, 3].map((code) => [code, q.counts[code]]);
    groups.push([1, q.counts[1] + q.counts[2]]);
    const told = groups.filter(([, count]) => count);
    const parts = told.map(([code, count], n) => {
      const subject = told.length > 1 ? (n ? `, ${count}` : `${count} of ${q.tested}`)
        : q.tested === 1 ? "The model" : `All ${q.tested} tested models`;
      const size = code === DIFFERS && largest ? ` (max |d| ${largest})` : "";
      return [`${subject} ${count === 1 ? outcomes[code].one : outcomes[code].many}${size}`, code === DIFFERS];
    });
    for (const [count, words] of [[q.counts[UNTESTED], "not tested"], [q.counts[0], "not applicable"],
      [q.voids, "not counted because a control failed"]]) if (count) parts.push([`; ${count} ${words}`]);
    return [...parts, ["."]];
  }

  // The verdict for the other purpose, where that is another sentence.
  function aside({ s, l, f, ms }) {
    const said = [[at, other], [other, at]].map((sides) => verdict(sum(s, l, f, ms, true, ...sides)).map(([text]) => text).join(""));
    const to = data.to[data.purpose === "predict" ? "train" : "predict"];
    return said[0] === said[1] ? "" : `${to[0].toUpperCase()}${to.slice(1)}: ${said[1][0].toLowerCase()}${said[1].slice(1)}`;
  }

  function reach({ s, f, ms }) {
    const stack = envs[s].stack, untested = [], unproven = [], absent = [];
    let good = -1, bad = -1, newest = -1;
    for (let l = s; l < E; l++) {
      if (envs[l].stack !== stack || (envs[l].twin && l !== s)) continue;
      const q = sum(s, l, f, ms, true);
      if (!q.tested) {
        if (q.voids) unproven.push(l); else if (q.counts[UNTESTED]) untested.push(l); else if (!q.counts[0]) absent.push(l);
        continue;
      }
      newest = l;
      if (q.worst <= 3) good = l; else if (bad < 0) bad = l;
    }
    if (newest < 0 && !unproven.length) return `Nothing was tested within ${stack}.`;
    const gaps = [[untested, "Not tested"], [unproven, "No evidence, because a control failed"], [absent, "Not in this run"]]
      .map(([places, words]) => (places.length ? ` ${words}: ${shortened(places.map((l) => envs[l].label))}.` : ""));
    return known({ s, stack, good, bad, newest }) + gaps.join("");
  }

  function known({ s, stack, good, bad, newest }) {
    const label = (place) => envs[place].label;
    if (newest < 0) return `Within ${stack} nothing is known.`;
    if (bad < 0) return `Within ${stack} nothing tested breaks, up to ${label(newest)}.`;
    if (bad === s) {
      const home = `${label(s)} itself does not load them all`;
      if (good >= 0) return `${home}; ${label(good)} does.`;
      return newest === s ? `${home}.` : `${home}, nor does any tested version up to ${label(newest)}.`;
    }
    const breaks = `The first tested version of ${stack} that breaks is ${label(bad)}`;
    if (good < 0) return `${breaks}; no tested version loads them all.`;
    return good > bad ? `${breaks}, yet all load again in ${label(good)}.` : `Last tested version where all load: ${label(good)}. ${breaks}.`;
  }

  function shortened(names, most = 6) {
    if (names.length <= most) return names.join(", ");
    return `${names.slice(0, most - 1).join(", ")} … ${names[names.length - 1]} (${names.length})`;
  }

  function path({ s, l, f, ms }) {
    const clean = (byte) => byte === 1 || byte === 2;
    const needy = ms.filter((m) => {
      const byte = at(s, l, m, f), code = byte & 15;
      return code >= 1 && code < UNTESTED && (code > 3 || byte & NO_EVIDENCE);
    });
    let best = null;
    for (let v = 0; v < E; v++) {
      if (v === s || v === l) continue;
      for (let g = 0; g < F; g++) {
        const served = needy.filter((m) => clean(at(s, v, m, f)) && clean(at(v, l, m, g))).length;
        const rank = [served, g === f ? 1 : 0, v, -g];
        if (served && (!best || rank.some((x, i) => x > best.rank[i] && rank.slice(0, i).every((y, j) => y === best.rank[j])))) best = { rank, v, g, served };
      }
    }
    return best && { ...best, needed: needy.length };
  }

  return { at, other, unlike, word, sum, verdict, aside, reach, path };
};
