// What python/h5py.py asks of HDF5, as JSON.
import * as h5wasm from "./h5wasm/hdf5_hl.js";

const STRING = 3, SPACE_PADDED = 2;
const M = await h5wasm.ready;
M.activate_throwing_error_handler();

const plain = (value) => JSON.stringify(value ?? null, (_, one) => (typeof one === "bigint" ? Number(one) : one));
const hex = (bytes) => [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
const until = (bytes, end) => { const at = bytes.indexOf(end); return at < 0 ? bytes : bytes.subarray(0, at); };

function room(size, fill) {
  const place = M._malloc(Math.max(size, 1));
  if (!place) throw new Error("HDF5-DIAG: no memory");
  try { return fill(place); } finally { M._free(place); }
}

// A text of fixed length ends at its first NUL, or is filled up with spaces; another is where a pointer says.
function texts(file, path, name) {
  const known = M.get_attribute_metadata(file, path, name), { size, strpad, vlen, total_size: count } = known;
  if (known.type !== STRING) return [];
  return room(size * count, (place) => {
    M.HEAPU8.fill(0, place, place + size * count);
    M.get_attribute_data(file, path, name, BigInt(place));
    const found = [];
    for (let at = place, n = 0; n < count; n++, at += size) {
      const heap = M.HEAPU8;
      if (vlen) {
        const text = new DataView(heap.buffer).getUint32(at, true);
        found.push(text ? hex(until(heap.subarray(text), 0)) : "");
      } else {
        const bytes = heap.subarray(at, at + size);
        let end = size;
        while (strpad === SPACE_PADDED && end && bytes[end - 1] === 32) end--;
        found.push(hex(strpad === SPACE_PADDED ? bytes.subarray(0, end) : until(bytes, 0)));
      }
    }
    return found;
  });
}

const NUMBERS = { i: { 1: "getInt8", 2: "getInt16", 4: "getInt32", 8: "getBigInt64" },
  u: { 1: "getUint8", 2: "getUint16", 4: "getUint32", 8: "getBigUint64" }, f: { 4: "getFloat32", 8: "getFloat64" } };

function scalar(file, path) {
  const { size, type, signed } = M.get_dataset_metadata(file, path);
  return room(size, (place) => {
    M.get_dataset_data(file, path, null, null, null, BigInt(place));
    const view = new DataView(M.HEAPU8.buffer, place, size), letter = type === 1 ? "f" : signed ? "i" : "u";
    return String(view[NUMBERS[letter][size]](0, true));
  });
}

function link(file, path) {
  const soft = M.get_symbolic_link(file, path);
  return soft === null ? M.get_external_link(file, path) : { soft };
}

// A reference to an object is the place where it lies.
function address(file, path) {
  const bytes = M.create_object_reference(file, path);
  return Number(new DataView(Uint8Array.from(bytes).buffer).getBigUint64(0, true));
}

const asked = {
  close: (file) => M.close_file(file),
  names: (file, path) => M.get_names(file, path, false),
  attributes: (file, path) => M.get_attribute_names(file, path),
  attribute: (file, path, name) => M.get_attribute_metadata(file, path, name),
  kind: (file, path) => M.get_type(file, path),
  dataset: (file, path) => M.get_dataset_metadata(file, path),
  texts, scalar, link, address,
};

// Ids of HDF5 are larger than the whole numbers that JSON has.
const open = [];
export const hdf5 = Object.fromEntries(Object.entries(asked).map(([name, ask]) =>
  [name, (file, ...rest) => plain(ask(open[file], ...rest))]));
hdf5.open = (name) => open.push(M.open(name, M.H5F_ACC_RDONLY, false, -1, -1)) - 1;
hdf5.keep = (name, bytes) => { M.FS.writeFile(name, bytes); };

// The same files for HDF5 as for Python: read where they lie, no copy is made.
export function mount(blobs) {
  if (!M.FS.analyzePath("/files").exists) M.FS.mkdir("/files");
  else M.FS.unmount("/files");
  M.FS.mount(M.FS.filesystems.WORKERFS, { blobs }, "/files");
}
