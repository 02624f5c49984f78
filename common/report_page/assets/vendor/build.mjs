// Bundles plot_entry.mjs to plot.js; README.md has the command line and the versions.
//
// What the page does not need is replaced by what is called of it, or left out, which halves the file: maps, legends,
// named colour schemes, curves other than straight lines, and formats of dates. The <style> element that Plot puts into
// each chart is left out, because the page's Content-Security-Policy refuses it; style.css holds its rules.
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

const here = import.meta.dirname;
const packages = path.resolve(process.argv[2] ?? "node_modules");
const { build } = createRequire(path.join(packages, "_.js"))("esbuild");

const replaced = {
  "src/projection.js": `
    import { valueObject } from "./channel.js";
    import { coerceNumbers } from "./options.js";
    export function applyPosition({ x, y }, scales) {
      const position = valueObject({ ...(x && { x }), ...(y && { y }) }, scales);
      if (x) position.x = coerceNumbers(position.x);
      if (y) position.y = coerceNumbers(position.y);
      return position;
    }
    export const createProjection = () => undefined;
    export const hasProjection = () => false;
    export const projectionAspectRatio = () => undefined;
    export const xyProjection = () => undefined;
    export const project = () => {};
    export const getGeometryChannels = () => [];`,
  "src/legends.js": `
    export const createLegends = () => [];
    export const exposeLegends = () => () => undefined;`,
  "src/scales/schemes.js": `
    const missing = (scheme) => { throw new Error("colour schemes are not in this bundle: " + scheme); };
    export const ordinalScheme = missing;
    export const ordinalRange = missing;
    export const quantitativeScheme = missing;
    export const maybeBooleanRange = () => undefined;
    export const isCategoricalScheme = () => false;
    export const isDivergingScheme = () => false;`,
  "src/curve.js": `
    import { curveLinear } from "d3";
    export const curveAuto = curveLinear;
    export const maybeCurve = () => curveLinear;
    export const maybeCurveAuto = () => curveLinear;`,
};
const styleElement = /\s*\.call\(\(svg\) =>\s*\/\/ Warning:[^\n]*\n\s*svg\.append\("style"\)\.text\(\s*`[^`]*`\s*\)\s*\)/;

const unusedPackages = {
  "d3-geo": "export const geoPath = () => undefined;",
  "d3-time-format": "export const timeFormat = () => String; export const utcFormat = () => String;",
};

const plugin = {
  name: "used parts of Plot",
  setup(bundler) {
    bundler.onResolve({ filter: /^d3-(geo|time-format)$/ }, (found) => ({ path: found.path, namespace: "unused" }));
    bundler.onLoad({ filter: /.*/, namespace: "unused" }, (found) => ({ contents: unusedPackages[found.path] }));
    // esbuild keeps whatever sets a prototype, used or not: of the curves, only straight lines are used.
    bundler.onLoad({ filter: /d3-shape\.mjs$/ }, async (found) => ({
      contents: (await readFile(found.path, "utf8"))
        .replaceAll("= (function custom(", "= /* @__PURE__ */ (function custom(")
        .replace(/^\(?(\w+)\.prototype = (\{[^]*?^\}|Object\.create\(\w+\.prototype\)\)[^]*?^\});?$/gm, (text, name) =>
          name === "Linear" ? text : "",
        ),
    }));
    // Submodules of Plot are not among the exports of its package.
    bundler.onResolve({ filter: /^@observablehq\/plot\/src\// }, (found) => ({ path: path.join(packages, found.path) }));
    bundler.onLoad({ filter: /plot[\\/]src[\\/].*\.js$/ }, async (found) => {
      const name = "src/" + path.relative(path.join(packages, "@observablehq/plot/src"), found.path).replaceAll("\\", "/");
      if (name in replaced) return { contents: replaced[name] };
      if (name !== "src/plot.js") return undefined;
      const source = await readFile(found.path, "utf8");
      const contents = source.replace(styleElement, "");
      if (contents === source) throw new Error("src/plot.js: the <style> element was not found");
      return { contents };
    });
  },
};

const result = await build({
  entryPoints: [path.join(here, "plot_entry.mjs")],
  bundle: true,
  format: "iife",
  globalName: "Plot",
  minify: true,
  legalComments: "none",
  target: "es2022",
  nodePaths: [packages],
  plugins: [plugin],
  banner: { js: await readFile(path.join(here, "notice.txt"), "utf8") },
  metafile: true,
  write: false,
});
await writeFile(path.join(here, "plot.js"), result.outputFiles[0].text);
const bytes = (inputs) => Object.values(inputs).reduce((sum, input) => sum + input.bytesInOutput, 0);
const [output] = Object.values(result.metafile.outputs);
const parts = {};
for (const [file, input] of Object.entries(output.inputs)) {
  const name = file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? "entry";
  (parts[name] ??= []).push(input);
}
for (const [name, inputs] of Object.entries(parts).sort()) console.log(name, bytes(inputs));
