// Charts by Observable Plot, with what all of them share.
Encore.chart = (() => {
  const { whenVisible } = Encore;
  const FONT = "12px";

  // Fills `container` with a chart, when it is seen and each time its width changes.
  //   options: width in px -> options of Plot.plot
  //   description: what the chart shows, for those who do not see it
  // Returns a function that draws it again.
  function chart(container, options, description) {
    let last = 0;
    const draw = (width) => {
      last = width;
      const drawn = Plot.plot({
        width,
        style: { fontSize: FONT, background: "transparent" },
        className: "plot",
        ...options(width),
      });
      // Plot names the kinds of its marks, which says nothing; the description says what they show.
      for (const part of drawn.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
      drawn.setAttribute("role", "img");
      drawn.setAttribute("aria-label", typeof description === "function" ? description() : description);
      container.replaceChildren(drawn);
    };
    container.classList.add("chart");
    whenVisible(container, draw);
    return () => last && draw(last);
  }

  return chart;
})();

// A small drawing of an interval on a scale from 0 to 100 %: ours as a dot with its interval, published as a bar.
Encore.intervalDrawing = ({ published, mean, low, high }) => {
  const { drawing } = Encore;
  const x = (value) => `${Math.max(0, Math.min(100, value))}%`;
  const children = [
    drawing("line", { x1: "0%", x2: "100%", y1: 10, y2: 10, stroke: "var(--line)" }),
    ...[0, 50, 100].map((at) => drawing("line", { x1: x(at), x2: x(at), y1: 7, y2: 13, stroke: "var(--line)" })),
  ];
  if (low !== null && high !== null) {
    children.push(
      drawing("line", { x1: x(low), x2: x(high), y1: 10, y2: 10, stroke: "var(--ours)", "stroke-width": 3 }),
    );
  }
  if (published !== null) {
    children.push(
      drawing("line", {
        x1: x(published),
        x2: x(published),
        y1: 2,
        y2: 18,
        stroke: "var(--published)",
        "stroke-width": 2.5,
      }),
    );
  }
  if (mean !== null) children.push(drawing("circle", { cx: x(mean), cy: 10, r: 4.5, fill: "var(--ours)" }));
  return drawing("svg", { class: "interval-plot", "aria-hidden": "true", focusable: "false" }, children);
};

// Entries of a key: a small drawing and its words.
Encore.key = (entries) => {
  const { element, drawing } = Encore;
  return element(
    "ul",
    { class: "key" },
    entries.map(([marks, words]) => element("li", {}, drawing("svg", { "aria-hidden": "true" }, marks), words)),
  );
};
