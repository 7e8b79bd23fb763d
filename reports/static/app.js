// Every page: theme, staleness, and the loading of shards. matrix.js adds the matrix of index.html.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  root.classList.add("js");

  const keep = (key, value) => { try { localStorage.setItem(`caniload-${key}`, value); } catch { /* no storage */ } };
  const kept = (key) => { try { return localStorage.getItem(`caniload-${key}`); } catch { return null; } };
  const THEMES = ["auto", "light", "dark"];
  let theme = THEMES.includes(kept("theme")) ? kept("theme") : "auto";
  // At once, before anything is drawn in the wrong colours.
  const dress = () => { if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme; };
  dress();

  const el = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
    return node;
  };

  const copy = async (text, button) => {
    const before = button.textContent;
    try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; }
    catch { window.prompt("Copy:", text); }
    setTimeout(() => { button.textContent = before; }, 1500);
  };

  function everyPage() {
    const button = $("theme");
    const label = () => { button.textContent = `Theme: ${theme}`; };
    button.hidden = false;
    label();
    button.addEventListener("click", () => {
      theme = THEMES[(THEMES.indexOf(theme) + 1) % 3];
      keep("theme", theme);
      dress();
      label();
    });
    handOn();
    for (const link of document.querySelectorAll(".purpose a")) {
      for (const kind of ["click", "auxclick"]) link.addEventListener(kind, (event) => {
        link.hash = location.hash;
        if (!event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey) hold(scrollY);
      });
    }
    const hours = (Date.now() - Date.parse(document.body.dataset.built)) / 36e5;
    if (hours > 48) {
      $("stale").textContent = `This report is ${Math.floor(hours / 24)} days old; newer releases are not in it.`;
      $("stale").hidden = false;
    }
  }

  // Pages that are for both purposes hand on which one was wanted.
  function handOn() {
    if (document.body.dataset.purpose || new URLSearchParams(location.search).get("for") !== "train") return;
    for (const link of document.querySelectorAll("a[href]")) {
      const [, path, hash] = link.getAttribute("href").match(/^([^#]*)(.*)$/);
      if (/^(index|failures)\.html$|^(from|model|format)\//.test(path)) link.setAttribute("href", `train/${path}${hash}`);
      else if (/^[\w-]+\.html$/.test(path)) link.setAttribute("href", `${path}?for=train${hash}`);
    }
  }

  // Whoever switches the purpose finds the other page where this one was.
  const HELD = "caniload-switched";
  const hold = (place) => { try { sessionStorage.setItem(HELD, place); } catch { /* no storage */ } };
  function standAgain() {
    let place = null;
    try { place = sessionStorage.getItem(HELD); sessionStorage.removeItem(HELD); } catch { /* no storage */ }
    if (place === null || !document.body.dataset.purpose) return;
    document.querySelector(".purpose [aria-current]").focus({ preventScroll: true });
    scrollTo({ top: Number(place), behavior: "instant" });
  }

  const unpack = async (text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  // Classic scripts are all that a page may load from a disk; each calls this with its own name.
  const waiting = new Map(), loaded = new Map();
  window.__shard = (name, text) => {
    waiting.get(name)?.(unpack(text).then((bytes) => JSON.parse(new TextDecoder().decode(bytes))));
  };
  const shard = (folder, name) => {
    if (!loaded.has(name)) {
      loaded.set(name, new Promise((resolve, reject) => {
        waiting.set(name, resolve);
        document.head.append(el("script", { src: `${root.dataset.root}data/${folder}/${name}.js`, onerror: () => {
          loaded.delete(name);
          const anew = document.body.dataset.underway !== undefined ? "; the report was drawn anew since, so reload this page" : "";
          reject(new Error(`data/${folder}/${name}.js is missing or damaged${anew}`));
        } }));
      }));
    }
    return loaded.get(name);
  };

  window.caniload = { $, el, copy, keep, kept, unpack, shard };

  document.addEventListener("DOMContentLoaded", async () => {
    everyPage();
    try { await window.caniload.index?.(); }
    catch (error) {
      $("note").textContent = `The interactive part does not work here: ${error.message}. The tables below are complete.`;
      $("note").hidden = false;
      $("ask").hidden = true;
    }
    standAgain();
    document.body.dataset.ready = "";
  });
})();
