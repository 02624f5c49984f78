// Section 1: accuracy by split, with a slider from the split that leaks most to the one that leaks least.
(() => {
  const { data, element, drawing, chart, key, state, whenReady } = Encore;
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

  // The published line with its name.
  function publishedMarks({ percent: value, name, text }, { last, step }) {
    return [
      Plot.ruleY([value], { stroke: "var(--published)", strokeWidth: 2, strokeDasharray: "6 4" }),
      Plot.text([value], {
        x: () => last,
        y: value,
        text: () => `published ${name} ${text} %`,
        dy: -9,
        dx: step / 2,
        textAnchor: "end",
        fill: "var(--ink-2)",
        fontWeight: 600,
      }),
    ];
  }

  // How far the chosen split lies below the first one: a bracket between the two, with its text in points.
  function gapMarks(from, { mean: to }, gap, { chosen, narrow }) {
    // Left of the marks and, where there is room, of their numbers.
    const at = { x: () => chosen, dx: narrow ? -16 : -64 };
    return [
      Plot.ruleY([from], { x1: () => 0, x2: () => chosen, stroke: "var(--alert)", strokeWidth: 1 }),
      Plot.ruleX([from], { ...at, y1: from, y2: to, stroke: "var(--alert)", strokeWidth: 2, marker: "tick" }),
      // On a narrow chart there is no room; the text below it says the same.
      narrow
        ? null
        : Plot.text([to], {
            ...at,
            y: to,
            dy: 16,
            text: () => `${gap} points`,
            fill: "var(--alert)",
            stroke: "var(--surface)",
            strokeWidth: 4,
            fontWeight: 700,
          }),
    ];
  }

  // A metric under every split: dots with intervals, the chosen one large and with its number.
  function metricMarks(points, { colour, symbol, shift }, isHighest, { chosen, narrow }) {
    const isChosen = (point) => point.index === chosen;
    const at = { x: "index", dx: shift };
    // Beside the marks where there is room, else above the higher and below the lower one.
    const beside = { dx: shift + Math.sign(shift) * 11, textAnchor: shift < 0 ? "end" : "start" };
    const above = { dy: isHighest ? -15 : 15 };
    return [
      Plot.line(points, { ...at, y: "mean", stroke: colour, strokeWidth: 1, strokeOpacity: 0.55 }),
      Plot.ruleX(points, {
        ...at,
        y1: "low",
        y2: "high",
        stroke: colour,
        strokeWidth: (point) => (isChosen(point) ? 3 : 1.5),
      }),
      Plot.dot(points, {
        ...at,
        y: "mean",
        symbol,
        r: (point) => (isChosen(point) ? 7 : 4.5),
        fill: colour,
        stroke: "var(--surface)",
        strokeWidth: 1.5,
      }),
      Plot.text(points.filter(isChosen), {
        ...at,
        y: "mean",
        text: "text",
        ...(narrow ? above : beside),
        fill: "var(--ink)",
        stroke: "var(--surface)",
        strokeWidth: 4,
        fontWeight: 700,
        fontSize: 14,
      }),
    ];
  }

  // The name of a metric behind its last dot.
  function nameMark(name, colour, height, { chosen, last }) {
    return Plot.text([name], {
      x: () => last,
      y: () => height,
      text: () => wrapped(name, 18),
      // Behind the number of the last split, where that is chosen.
      dx: chosen === last ? 58 : 28,
      textAnchor: "start",
      lineAnchor: "middle",
      fill: colour,
      fontWeight: 600,
    });
  }

  function options(audit, splits, chosen, width) {
    const narrow = width < NARROW;
    const margins = {
      marginLeft: 44,
      marginRight: narrow ? 12 : 132,
      marginTop: 28,
      marginBottom: narrow ? 28 : 64,
    };
    const height = narrow ? 300 : 340;
    const step = (width - margins.marginLeft - margins.marginRight) / splits.length;
    const places = splits.map((_, index) => index);
    const place = { chosen, narrow, step, last: splits.length - 1 };
    const lows = splits.flatMap((split) => Object.values(split.values).map((value) => value.low));
    const bottom = Math.max(0, Math.floor((Math.min(...lows, audit.published?.percent ?? 100) - 3) / 10) * 10);
    const here = splits[chosen].values;
    // The gap in the paper's own metric.
    const gapIn = audit.published?.metric ?? audit.metrics[0][0];
    const gap = here[gapIn] && splits[0].values[gapIn] && splits[chosen].gaps[gapIn];
    const heights = apart(splits.at(-1).values, ((100 - bottom) * LABEL_HEIGHT) / height);
    const series = audit.metrics.flatMap(([metric, name], number) => {
      const shape = SERIES[number % SERIES.length];
      const points = places
        .filter((index) => splits[index].values[metric])
        .map((index) => ({ index, ...splits[index].values[metric] }));
      const isHighest = Object.values(here).every(({ mean }) => mean <= (here[metric]?.mean ?? 0));
      const named = !narrow && heights.has(metric);
      return [
        ...metricMarks(points, shape, isHighest, place),
        named ? nameMark(name, shape.colour, heights.get(metric), place) : null,
      ];
    });
    return {
      ...margins,
      height,
      x: { type: "point", domain: places, padding: 0.5 },
      y: { domain: [bottom, 100] },
      r: { type: "identity" },
      marks: [
        Plot.gridX([chosen], { stroke: "var(--accent)", strokeOpacity: 0.12, strokeWidth: step - 8 }),
        Plot.axisY({ ticks: 5, tickSize: 0, label: null, tickFormat: (value) => `${value} %`, fill: "var(--ink-3)" }),
        Plot.ruleY([bottom], { stroke: "var(--edge)" }),
        Plot.axisX(places, {
          tickSize: 0,
          label: null,
          lineHeight: 1.2,
          fill: "var(--ink-2)",
          tickFormat: (index) =>
            narrow ? `${index + 1}` : wrapped(splits[index].label, Math.max(8, Math.floor(step / 7))),
        }),
        audit.published ? publishedMarks(audit.published, place) : null,
        gap ? gapMarks(splits[0].values[gapIn].mean, here[gapIn], gap.text, place) : null,
        series,
      ],
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
      return [[line, shape], `${name}, mean over its runs, with its 95 % interval`];
    });
    if (audit.published) {
      const line = drawing("line", {
        x1: 0,
        x2: 32,
        y1: 6,
        y2: 6,
        stroke: "var(--published)",
        "stroke-width": 2,
        "stroke-dasharray": "6 4",
      });
      shapes.push([[line], "published"]);
    }
    // A narrow chart has numbers in place of the names of the splits.
    const names = element(
      "ol",
      { class: "split-names" },
      splits.map((split) => element("li", {}, split.label)),
    );
    return [key(shapes), names];
  }

  function describe(audit, splits) {
    const parts = splits.map((split) => `${split.label}: ${split.text}`);
    const published = audit.published ? `Published: ${audit.published.text} %. ` : "";
    return `Accuracy by split. ${published}${parts.join("; ")}.`;
  }

  function start(audit) {
    const article = document.getElementById(audit.id);
    const figure = article.querySelector(".audit-chart");
    const box = article.querySelector(".audit-slider");
    const splits = audit.splits.filter((split) => Object.keys(split.values).length);
    if (!splits.length) return;
    let chosen = -1;
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
      element(
        "label",
        { for: slider.id, class: "small" },
        `Move through the splits, from “${splits[0].label}” to “${splits.at(-1).label}”`,
      ),
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

    // Each audit has its own parameter in the address, so that a link keeps the split of every one.
    slider.addEventListener("input", () => state.set({ [audit.id]: slider.value }, { at: "leakage" }));
    const asked = () => {
      const place = Number(state.get(audit.id));
      return Number.isInteger(place) && place >= 0 && place < splits.length ? place : 0;
    };
    const showAsked = () => {
      if (asked() !== chosen) show(asked());
    };
    state.subscribe(showAsked);
    showAsked();
  }

  whenReady(() => data.audits.forEach(start));
})();
