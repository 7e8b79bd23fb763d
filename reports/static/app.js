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
    const hours = (Date.now() - Date.parse(document.body.dataset.built)) / 36e5;
    if (hours > 48) {
      $("stale").textContent = `This report is ${Math.floor(hours / 24)} days old; newer releases are not in it.`;
      $("stale").hidden = false;
    }
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
        document.head.append(el("script", { src: `data/${folder}/${name}.js`, onerror: () => {
          loaded.delete(name);
          reject(new Error(`data/${folder}/${name}.js is missing or damaged`));
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
    document.body.dataset.ready = "";
  });
})();
