// Section 1: accuracy by split, with a slider from the split that leaks most to the one that leaks least.
(() => {
  const { data, element, drawing, percent, chart, key, state, whenReady } = Encore;
  const NARROW = 560;
  // Height of a name of two lines, in px.
  const LABEL_HEIGHT = 36;
  // Colour, shape and offset of each metric, in the order of the audit's metrics.
  const SERIES = [
    { colour: "var(--ours)", symbol: "circle", shift: -7 },
    { colour: "var(--second)", symbol: "square", shift: 7 },
  ];

  // Lines of at most `length` characters.
  function wrapped(text, length) {
    const lines = [""];
    for (const word of text.split(" ")) {
      if (lines.at(-1) && lines.at(-1).length + word.length >= length) lines.push("");
      lines[lines.length - 1] += (lines.at(-1) && " ") + word;
    }
    return lines.join("\n");
  }

  // Where to write the names of the metrics, so that no two lie closer than `distance`.
  function apart(values, distance) {
    const places = new Map();
    let last = -Infinity;
    for (const [metric, { mean }] of Object.entries(values).sort(([, left], [, right]) => left.mean - right.mean)) {
      last = Math.max(mean, last + distance);
      places.set(metric, last);
    }
    return places;
  }

  function options(audit, splits, chosen, width) {
    const narrow = width < NARROW;
    const margins = { marginLeft: 44, marginRight: narrow ? 12 : 132, marginTop: 28, marginBottom: narrow ? 28 : 64 };
    const height = narrow ? 300 : 340;
    const plotted = width - margins.marginLeft - margins.marginRight;
    const lows = splits.flatMap((split) => Object.values(split.values).map((value) => value.low));
    const bottom = Math.max(0, Math.floor((Math.min(...lows, audit.published?.percent ?? 100) - 3) / 10) * 10);
    const marks = [
      Plot.gridX([chosen], { stroke: "var(--accent)", strokeOpacity: 0.12, strokeWidth: plotted / splits.length - 8 }),
      Plot.axisY({ ticks: 5, tickSize: 0, label: null, tickFormat: (value) => `${value} %`, fill: "var(--ink-3)" }),
      Plot.ruleY([bottom], { stroke: "var(--edge)" }),
      Plot.axisX(splits.map((_, index) => index), {
        tickSize: 0,
        label: null,
        lineHeight: 1.2,
        fill: "var(--ink-2)",
        tickFormat: (index) =>
          narrow ? `${index + 1}` : wrapped(splits[index].label, Math.max(8, Math.floor(plotted / splits.length / 7))),
      }),
    ];
    if (audit.published) {
      const { percent: value, name } = audit.published;
      marks.push(
        Plot.ruleY([value], { stroke: "var(--published)", strokeWidth: 2, strokeDasharray: "6 4" }),
        Plot.text([value], {
          x: () => splits.length - 1,
          y: value,
          text: () => `published ${name} ${percent(value)} %`,
          dy: -9,
          dx: plotted / splits.length / 2,
          textAnchor: "end",
          fill: "var(--ink-2)",
          fontWeight: 600,
        }),
      );
    }
    const here = splits[chosen].values;
    const isHighest = (metric) => Object.values(here).every(({ mean }) => mean <= here[metric].mean);
    const labelled = apart(splits.at(-1).values, ((100 - bottom) * LABEL_HEIGHT) / height);
    // How far the chosen split lies below the first one, in the paper's metric.
    const gapIn = audit.published?.metric ?? audit.metrics[0][0];
    if (splits[chosen].gaps[gapIn] && splits[0].values[gapIn]) {
      const { mean } = splits[chosen].gaps[gapIn];
      // Left of the marks and, where there is room, of their numbers.
      const aside = narrow ? 16 : 64;
      const [from, to] = [splits[0].values[gapIn].mean, here[gapIn].mean];
      const at = { x: () => chosen, dx: -aside };
      marks.push(
        Plot.ruleY([from], { x1: () => 0, x2: () => chosen, stroke: "var(--alert)", strokeWidth: 1 }),
        Plot.ruleX([from], { ...at, y1: from, y2: to, stroke: "var(--alert)", strokeWidth: 2, marker: "tick" }),
        // On a narrow chart there is no room; the text below it says the same.
        narrow
          ? null
          : Plot.text([to], {
              ...at,
              y: to,
              dy: 16,
              text: () => `${mean < 0 ? "−" : "+"}${percent(Math.abs(mean))} points`,
              fill: "var(--alert)",
              stroke: "var(--surface)",
              strokeWidth: 4,
              fontWeight: 700,
            }),
      );
    }
    audit.metrics.forEach(([metric, name], place) => {
      const { colour, symbol, shift } = SERIES[place % SERIES.length];
      const points = splits
        .map((split, index) => ({ index, ...split.values[metric] }))
        .filter((point) => point.mean !== undefined);
      if (!points.length) return;
      const at = { x: "index", dx: shift };
      marks.push(
        Plot.line(points, { ...at, y: "mean", stroke: colour, strokeWidth: 1, strokeOpacity: 0.55 }),
        Plot.ruleX(points, { ...at, y1: "low", y2: "high", stroke: colour, strokeWidth: (point) => (point.index === chosen ? 3 : 1.5) }),
        Plot.dot(points, {
          ...at,
          y: "mean",
          symbol,
          r: (point) => (point.index === chosen ? 7 : 4.5),
          fill: colour,
          stroke: "var(--surface)",
          strokeWidth: 1.5,
        }),
        Plot.text(
          points.filter((point) => point.index === chosen),
          {
            ...at,
            y: "mean",
            text: (point) => percent(point.mean),
            // Beside the marks where there is room, else above the higher and below the lower one.
            ...(narrow
              ? { dy: isHighest(metric) ? -15 : 15 }
              : { dx: shift + Math.sign(shift) * 11, textAnchor: shift < 0 ? "end" : "start" }),
            fill: "var(--ink)",
            stroke: "var(--surface)",
            strokeWidth: 4,
            fontWeight: 700,
            fontSize: 14,
          },
        ),
      );
      if (!narrow) {
        marks.push(
          Plot.text([points.at(-1)], {
            x: "index",
            y: () => labelled.get(metric),
            text: () => wrapped(name, 18),
            // Behind the number of the last split, where that is chosen.
            dx: chosen === splits.length - 1 ? 58 : 28,
            textAnchor: "start",
            lineAnchor: "middle",
            fill: colour,
            fontWeight: 600,
          }),
        );
      }
    });
    return {
      ...margins,
      height,
      x: { type: "point", domain: splits.map((_, index) => index), padding: 0.5 },
      y: { domain: [bottom, 100], grid: false },
      r: { type: "identity" },
      marks,
    };
  }

  // The shapes of the metrics, and what the numbers under a narrow chart mean.
  function keys(audit, splits) {
    const shapes = audit.metrics.map(([, name], place) => {
      const { colour, symbol } = SERIES[place % SERIES.length];
      const line = drawing("line", { x1: 4, x2: 28, y1: 6, y2: 6, stroke: colour, "stroke-width": 2 });
      const shape =
        symbol === "circle"
          ? drawing("circle", { cx: 16, cy: 6, r: 4.5, fill: colour })
          : drawing("rect", { x: 12, y: 2, width: 8, height: 8, fill: colour });
      return [[line, shape], `${name}, mean over seeds, with its 95 % interval`];
    });
    if (audit.published) {
      const line = drawing("line", { x1: 0, x2: 32, y1: 6, y2: 6, stroke: "var(--published)", "stroke-width": 2, "stroke-dasharray": "6 4" });
      shapes.push([[line], "published"]);
    }
    // A narrow chart has numbers in place of the names of the splits.
    const names = element("ol", { class: "split-names" }, splits.map((split) => element("li", {}, split.label)));
    return [key(shapes), names];
  }

  function describe(audit, splits) {
    const parts = splits.map((split) => `${split.label}: ${split.text}`);
    const published = audit.published ? `Published: ${percent(audit.published.percent)} %. ` : "";
    return `Accuracy by split. ${published}${parts.join("; ")}.`;
  }

  function start(audit) {
    const article = document.getElementById(audit.id);
    const figure = article.querySelector(".audit-chart");
    const box = article.querySelector(".audit-slider");
    const splits = audit.splits.filter((split) => Object.keys(split.values).length);
    if (!splits.length) return;
    let chosen = 0;
    const canvas = element("div");
    const slider = element("input", {
      type: "range",
      min: 0,
      max: splits.length - 1,
      step: 1,
      id: `${audit.id}-slider`,
    });
    // Each place of the slider's thumb lies below the place of its split in the chart.
    const track = element("div", { class: "track" }, slider);
    box.replaceChildren(
      track,
      element("label", { for: slider.id, class: "small" }, `Move through the splits, from “${splits[0].label}” to “${splits.at(-1).label}”`),
    );
    box.hidden = splits.length < 2;
    figure.prepend(canvas);
    figure.hidden = false;
    // On wide screens the text of the chosen split stands beside the chart.
    const texts = article.querySelector(".audit-splits");
    const live = element("div", { class: "audit-live" });
    figure.before(live);
    live.append(element("div", {}, figure, box, ...keys(audit, splits)), texts);
    const redraw = chart(
      canvas,
      (width) => {
        const drawn = options(audit, splits, chosen, width);
        const plotted = width - drawn.marginLeft - drawn.marginRight;
        const step = plotted / splits.length;
        const thumb = 16;
        track.style.paddingLeft = `${drawn.marginLeft + step / 2 - thumb / 2}px`;
        track.style.paddingRight = `${drawn.marginRight + step / 2 - thumb / 2}px`;
        return drawn;
      },
      () => describe(audit, splits),
    );

    function show(index) {
      chosen = index;
      slider.value = index;
      const split = splits[index];
      slider.setAttribute("aria-valuetext", `${split.label}. ${split.text} ${split.gap_text}`);
      for (const { id } of splits) document.getElementById(id).hidden = id !== split.id;
      redraw();
    }

    slider.addEventListener("input", () => state.set({ leak: `${audit.id}.${slider.value}` }, { at: "leakage" }));
    state.subscribe(() => {
      const [id, place] = (state.get("leak") ?? "").split(".");
      if (id === audit.id && place in splits) show(Number(place));
    });
    show(0);
  }

  whenReady(() => data.audits.forEach(start));
})();
