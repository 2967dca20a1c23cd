// Builds ../dist from src: one script, one style sheet, one icon, each with the digest of its content in its name, and
// index.html that names them; every file also compressed. The same sources give the same bytes.
//
//   node build.mjs           writes ../dist
//   node build.mjs --check   compares with ../dist and fails when they differ

import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const src = join(here, "src");
const dist = join(here, "..", "dist");
const mostScript = 500_000; // bytes, minified: the budget of the first load

async function bundle() {
  const result = await build({
    absWorkingDir: here,
    entryPoints: { app: "src/main.tsx", style: "src/style.css" },
    outdir: "out",
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    charset: "utf8",
    write: false,
    metafile: true,
    logLevel: "warning",
  });
  const text = (end) => result.outputFiles.find((f) => f.path.endsWith(end)).contents;
  if (process.argv.includes("--sizes")) sizes(result.metafile);
  return { "app.js": text("app.js"), "app.css": text("style.css"), "icon.svg": readFileSync(join(src, "icon.svg")), "licences.txt": licences(result.metafile) };
}

// licences gathers the licence texts of the packages that are in the script, as their licences ask.
function licences(meta) {
  const packages = new Set(Object.values(meta.outputs).flatMap((o) => Object.keys(o.inputs)).flatMap((p) => p.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []));
  const one = (name) => {
    const dir = join(here, "node_modules", name);
    const { version } = JSON.parse(readFileSync(join(dir, "package.json"), "utf8"));
    const file = readdirSync(dir).find((f) => /^licen[cs]e(\.|$)/i.test(f));
    if (!file) throw new Error(`${name}: no licence file in the package`);
    return `${name} ${version}\n\n${readFileSync(join(dir, file), "utf8").trim()}\n`;
  };
  return Buffer.from([...packages].sort().map(one).join(`\n${"-".repeat(72)}\n\n`));
}

function sizes(meta) {
  const by = {};
  for (const out of Object.values(meta.outputs))
    for (const [path, { bytesInOutput }] of Object.entries(out.inputs)) {
      const name = path.match(/node_modules\/([^/]+)/)?.[1] ?? "own";
      by[name] = (by[name] ?? 0) + bytesInOutput;
    }
  console.log(by);
}

/** files lists what dist holds: path to bytes, compressed variants included. */
async function files() {
  const out = new Map();
  let index = readFileSync(join(src, "index.html"), "utf8");
  for (const [name, bytes] of Object.entries(await bundle())) {
    const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
    const [stem, ext] = name.split(".");
    const hashed = `${stem}-${digest}.${ext}`;
    out.set(`assets/${hashed}`, Buffer.from(bytes));
    index = index.replace(`{{${name}}}`, hashed);
    if (ext === "js" && bytes.length > mostScript) throw new Error(`script: ${bytes.length} bytes, want at most ${mostScript}; leave something out`);
  }
  out.set("index.html", Buffer.from(index));
  for (const [path, bytes] of [...out]) {
    out.set(path + ".br", brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
    const gz = gzipSync(bytes, { level: 9 });
    gz[9] = 255; // operating system unknown, so that every machine writes the same
    out.set(path + ".gz", gz);
  }
  return out;
}

function listed(dir, under = "") {
  return readdirSync(dir, { withFileTypes: true }).flatMap((e) =>
    e.isDirectory() ? listed(join(dir, e.name), under + e.name + "/") : [under + e.name]);
}

// same compares what a browser would see: compressed files by their content, since compressors differ by version.
function same(path, a, b) {
  const open = (x) => (path.endsWith(".br") ? brotliDecompressSync(x) : path.endsWith(".gz") ? gunzipSync(x) : x);
  return open(a).equals(open(b));
}

const made = await files();
if (process.argv.includes("--check")) {
  const there = listed(dist);
  const wrong = [
    ...there.filter((p) => !made.has(p)).map((p) => `${p} is left over`),
    ...[...made].filter(([p, b]) => !there.includes(p) || !same(p, readFileSync(join(dist, p)), b)).map(([p]) => `${p} differs`),
  ];
  if (wrong.length) {
    console.error(`dist is not what the sources make: ${wrong.join(", ")}; run node build.mjs and commit`);
    process.exit(1);
  }
} else {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(join(dist, "assets"), { recursive: true });
  for (const [path, bytes] of made) writeFileSync(join(dist, path), bytes);
}
for (const [path, bytes] of made) if (!/\.(br|gz)$/.test(path)) {
  console.log(`${path}: ${bytes.length} bytes, gzip ${made.get(path + ".gz").length}, br ${made.get(path + ".br").length}`);
}
