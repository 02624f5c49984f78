// The parts of Observable Plot that the page draws with; build.mjs bundles them.
export { plot } from "@observablehq/plot/src/plot.js";
export { axisX, axisY, gridX } from "@observablehq/plot/src/marks/axis.js";
export { barX } from "@observablehq/plot/src/marks/bar.js";
export { dot } from "@observablehq/plot/src/marks/dot.js";
export { line } from "@observablehq/plot/src/marks/line.js";
export { ruleX, ruleY } from "@observablehq/plot/src/marks/rule.js";
export { text } from "@observablehq/plot/src/marks/text.js";
export { tip } from "@observablehq/plot/src/marks/tip.js";
export { pointer, pointerX } from "@observablehq/plot/src/interactions/pointer.js";
