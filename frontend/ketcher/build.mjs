// node build.mjs FOLDER: bundles Ketcher into ketcher.js and ketcher.css, with Indigo's worker and
// its WebAssembly beside them and the licences of all that is inside.
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";

const INDIGO = "node_modules/ketcher-standalone/dist/binaryWasmNoRender";
const target = process.argv[2];
await mkdir(target, { recursive: true });

// Named by hashes, and asked for under these names.
const indigo = await readdir(INDIGO);
const worker = indigo.find((name) => /^indigoWorker-\w+\.js$/.test(name));
const wasm = indigo.find((name) => name.startsWith("indigo-ketcher-norender"));

// The editor for macromolecules is loaded even where it is switched off, and its library of
// monomers is 3.5 MB: nothing takes the place of the one, an empty library that of the other.
const NO_MONOMERS = '{"root":{"nodes":[],"connections":[],"templates":[]}}';
const withoutMacromolecules = {
  name: "without-macromolecules",
  setup(bundler) {
    bundler.onLoad({ filter: /ketcher-react[\\/]dist[\\/]index\.modern-\w+\.js$/ }, () => ({
      contents: "export default () => null;",
    }));
    bundler.onLoad({ filter: /editor[\\/]data[\\/]monomers\.modern\.js$/ }, () => ({
      contents: `export default ${JSON.stringify(NO_MONOMERS)};`,
    }));
  },
};

const { metafile } = await build({
  entryPoints: {
    ketcher: "ketcher.jsx",
    [path.parse(worker).name]: path.join(INDIGO, worker),
  },
  outdir: target,
  bundle: true,
  minify: true,
  format: "esm",
  jsx: "automatic",
  target: "chrome122",
  inject: ["process.js"],
  plugins: [withoutMacromolecules],
  define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
  loader: { ".svg": "dataurl", ".woff": "dataurl", ".woff2": "dataurl", ".ttf": "dataurl" },
  legalComments: "none",
  logLevel: "warning",
  logOverride: { "direct-eval": "silent" },
  metafile: true,
});
await cp(path.join(INDIGO, wasm), path.join(target, wasm));
await writeFile(path.join(target, "LICENSES.txt"), await licences(Object.keys(metafile.inputs)));

// Of every package that a file was taken from: name, version, and the text that it brings along;
// for those of Apache-2.0 that bring none, Ketcher's own among them, the text of one that does.
async function licences(inputs) {
  const packages = new Set(inputs.filter((name) => name.startsWith("node_modules/")).map(packageOf));
  const apache = await textOf("node_modules/cfb");
  const parts = [];
  for (const folder of [...packages].sort()) {
    const info = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    const text = (await textOf(folder)) || (info.license === "Apache-2.0" ? apache : "");
    parts.push(`${info.name} ${info.version} (${info.license ?? "MIT"})\n\n${text}`.trim());
  }
  return parts.join(`\n\n${"-".repeat(80)}\n\n`) + "\n";
}

async function textOf(folder) {
  const files = (await readdir(folder)).filter((name) => /^(licen[cs]e|notice)/i.test(name));
  const texts = await Promise.all(files.map((name) => readFile(path.join(folder, name), "utf8")));
  return texts.join("\n");
}

// The innermost folder in a node_modules that is a package: some packages carry copies of others.
function packageOf(file) {
  const folders = [...file.matchAll(/node_modules\/(?:@[^/]+\/)?[^/]+/g)];
  const ends = folders.map((match) => file.slice(0, match.index + match[0].length)).reverse();
  return ends.find((folder) => existsSync(path.join(folder, "package.json")));
}
