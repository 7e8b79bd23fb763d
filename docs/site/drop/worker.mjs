// Reads dropped files where they are: Python and HDF5 run here, and nothing leaves this machine.
import { loadPyodide } from "./pyodide/pyodide.mjs";
import { hdf5, mount } from "./hdf5.mjs";

const started = performance.now();
self.hdf5 = hdf5;

const ready = (async () => {
  const python = await loadPyodide({ indexURL: new URL("./pyodide/", import.meta.url).href });
  const code = await (await fetch(new URL("./caniload.zip", import.meta.url))).arrayBuffer();
  python.unpackArchive(code, "zip", { extractDir: "/code" });
  python.FS.mkdir("/files");
  python.runPython("import sys; sys.path.insert(0, '/code')");
  return { python, look: python.pyimport("look").look };
})();

ready.then(() => postMessage({ ready: (performance.now() - started) / 1000 }),
  (error) => postMessage({ broken: String(error) }));

let mounted = false;
onmessage = async ({ data: { blobs, names } }) => {
  const { python, look } = await ready;
  if (mounted) python.FS.unmount("/files");
  python.FS.mount(python.FS.filesystems.WORKERFS, { blobs }, "/files");
  mount(blobs);
  mounted = true;
  for (const name of names) {
    const from = performance.now();
    try { postMessage({ name, ...JSON.parse(look(name)), seconds: (performance.now() - from) / 1000 }); }
    // What broke in the midst of a library is not asked again: the page starts another.
    catch (error) { postMessage({ crashed: String(error).trim().split("\n").at(-1).slice(0, 300) }); return; }
  }
  postMessage({ done: true });
};
