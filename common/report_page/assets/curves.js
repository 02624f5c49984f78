// Learning curves of a row's runs: one panel for training, one for validation, on the same scale.
Encore.curves = (() => {
  const { chart, count, drawing, element, key, tabs, state } = Encore;
  const SEED_COLOURS = 5;
  // Runs whose last values the description of a chart names.
  const MOST_DESCRIBED = 10;
  const MEASURES = [
    { name: "Loss", train: "loss", valid: "val_loss", format: (value) => value.toPrecision(3) },
    {
      name: "Accuracy",
      train: "accuracy",
      valid: "val_accuracy",
      scale: 100,
      format: (value) => `${value.toFixed(1)} %`,
    },
    { name: "Learning rate", train: "learning_rate", format: (value) => value.toExponential(2) },
  ];

  function colourOf(run, seeds) {
    return `var(--seed-${(seeds.indexOf(run.seed) % SEED_COLOURS) + 1})`;
  }

  function nameOf(run) {
    return run.folds > 1 ? `seed ${run.seed}, fold ${run.fold + 1}` : `seed ${run.seed}`;
  }

  function endOf(values, { scale = 1, format }) {
    const last = values.at(-1);
    const end = last === null ? "without a finite value" : `at ${format(last * scale)}`;
    return `ends ${end} after epoch ${values.length}`;
  }

  function panel(title, runs, seeds, curve, measure, domain, marksBest) {
    const points = runs.flatMap((run) =>
      (run.curves[curve] ?? []).map((value, index) => ({
        run: run.key,
        name: nameOf(run),
        colour: colourOf(run, seeds),
        epoch: index + 1,
        value: value === null ? NaN : value * (measure.scale ?? 1),
        best: marksBest && index + 1 === run.best_epoch,
      })),
    );
    const epochs = Math.max(...points.map((point) => point.epoch));
    const canvas = element("div");
    chart(
      canvas,
      (width) => ({
        height: 240,
        marginLeft: 56,
        marginRight: 8,
        marginTop: 28,
        marginBottom: 40,
        x: { domain: [1, Math.max(epochs, 2)] },
        y: { domain, nice: true },
        r: { type: "identity" },
        marks: [
          Plot.axisY({
            tickSize: 0,
            ticks: 5,
            label: title,
            labelArrow: "none",
            fill: "var(--ink-3)",
            tickFormat: measure.scale ? (value) => `${value} %` : undefined,
          }),
          Plot.axisX({
            tickSize: 0,
            ticks: Math.min(width / 60, epochs),
            tickFormat: (value) => (Number.isInteger(value) ? `${value}` : ""),
            label: "epoch",
            labelArrow: "none",
            labelOffset: 36,
            fill: "var(--ink-3)",
          }),
          Plot.ruleY(domain.slice(0, 1), { stroke: "var(--edge)" }),
          Plot.line(points, {
            x: "epoch",
            y: "value",
            z: "run",
            stroke: "colour",
            strokeWidth: runs.length > 5 ? 1 : 1.75,
          }),
          Plot.dot(
            points.filter((point) => point.best || points.length === runs.length),
            { x: "epoch", y: "value", r: 4, fill: "colour", stroke: "var(--surface)" },
          ),
          Plot.tip(
            points,
            Plot.pointer({
              x: "epoch",
              y: "value",
              title: (point) => `${point.name}, epoch ${point.epoch}\n${measure.format(point.value)}`,
              fill: "var(--surface)",
              stroke: "var(--edge)",
            }),
          ),
        ],
        color: { type: "identity" },
      }),
      `${title} by epoch: ${runs
        .filter((run) => run.curves[curve]?.length)
        .slice(0, MOST_DESCRIBED)
        .map((run) => `${nameOf(run)} ${endOf(run.curves[curve], measure)}`)
        .join("; ")}.`,
    );
    return canvas;
  }

  // Tabs with the curves of some runs. Returns nodes to put into a figure.
  return (runs) => {
    const seeds = [...new Set(runs.map((run) => run.seed))].sort((left, right) => left - right);
    const measures = MEASURES.filter(({ train, valid }) =>
      runs.some((run) => run.curves[train]?.length || run.curves[valid]?.length),
    );
    const missing = MEASURES.filter((measure) => !measures.includes(measure)).map(({ name }) => name.toLowerCase());
    if (!measures.length) return [element("p", { class: "muted" }, "The records hold no learning curves.")];
    const wanted = measures.findIndex(({ name }) => name === state.get("tab"));
    const nodes = tabs({
      label: "Learning curves",
      names: measures.map(({ name }) => name),
      chosen: Math.max(wanted, 0),
      onChoose: (place) => state.set({ tab: place ? measures[place].name : null }),
      show: (place, box) => {
        const measure = measures[place];
        const sides = [
          [measure.valid ? `${measure.name}, training` : measure.name, measure.train],
          [`${measure.name}, validation`, measure.valid],
        ].filter(([, curve]) => curve && runs.some((run) => run.curves[curve]?.length));
        const values = runs
          .flatMap((run) => sides.flatMap(([, curve]) => run.curves[curve] ?? []))
          .filter(Number.isFinite)
          .map((value) => value * (measure.scale ?? 1));
        if (!values.length) {
          box.replaceChildren(element("p", { class: "muted" }, "No epoch has a finite value."));
          return;
        }
        const domain = [measure.scale ? 0 : Math.min(0, ...values), measure.scale ?? Math.max(...values)];
        box.replaceChildren(
          element(
            "div",
            { class: "small-multiples" },
            sides.map(([title, curve]) => panel(title, runs, seeds, curve, measure, domain, curve === measure.valid)),
          ),
        );
      },
    });
    const entries = seeds.map((seed, place) => [
      [
        drawing("line", {
          x1: 2,
          x2: 30,
          y1: 6,
          y2: 6,
          stroke: `var(--seed-${(place % SEED_COLOURS) + 1})`,
          "stroke-width": 2.5,
        }),
      ],
      `seed ${seed}`,
    ]);
    const folds = Math.max(...runs.map((run) => run.folds));
    return [
      ...nodes,
      key(entries),
      element(
        "figcaption",
        {},
        `${count(runs.length, "run")}${folds > 1 ? `, one line for each of ${folds} folds and each seed` : ""}. Dots on validation curves: the epoch whose weights were tested.${missing.length ? ` Not in these records: ${missing.join(", ")}.` : ""}`,
      ),
    ];
  };
})();
