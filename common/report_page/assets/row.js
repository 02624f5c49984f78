// Section 3: of the row that is chosen, its table, learning curves, confusion matrix and scores by genre.
(() => {
  const { data, chart, curves, drawing, element, key, percent, state, whenReady } = Encore;

  // Recall of each genre as a bar and F1 as a diamond; the table beside it has the numbers.
  function genreBars(row) {
    const genres = data.genres[row.confusion.genres];
    const scores = row.scores
      .map(([, recall, f1, clips], place) => ({ genre: genres[place], recall, f1, clips }))
      .filter(({ clips }) => clips);
    const canvas = element("div");
    const longest = Math.max(...scores.map(({ genre }) => genre.length));
    chart(
      canvas,
      (width) => ({
        height: scores.length * 24 + 48,
        marginLeft: Math.min(longest * 7 + 16, width / 3),
        marginRight: 16,
        marginTop: 8,
        x: { domain: [0, 100] },
        y: { domain: scores.map(({ genre }) => genre), padding: 0.35 },
        marks: [
          Plot.axisX({ ticks: 5, tickSize: 0, tickFormat: (value) => `${value} %`, label: null, fill: "var(--ink-3)" }),
          Plot.axisY({ tickSize: 0, label: null, fill: "var(--ink)", textOverflow: "ellipsis", lineWidth: 12 }),
          Plot.gridX({ ticks: 5, stroke: "var(--line)", strokeOpacity: 1 }),
          Plot.barX(scores, { x: "recall", y: "genre", fill: "var(--ours)" }),
          Plot.dot(scores.filter(({ f1 }) => f1 !== null), { x: "f1", y: "genre", symbol: "diamond", r: 5, fill: "var(--surface)", stroke: "var(--ink)", strokeWidth: 1.5 }),
          Plot.ruleX([0], { stroke: "var(--edge)" }),
        ],
      }),
      () => `Recall and F1 of each genre: ${scores.map(({ genre, recall, f1 }) => `${genre} recall ${percent(recall)} %, F1 ${f1 === null ? "not defined" : `${percent(f1)} %`}`).join("; ")}.`,
    );
    return element(
      "figure",
      { class: "genre-bars" },
      canvas,
      key([
        [[drawing("rect", { x: 2, y: 1, width: 28, height: 10, fill: "var(--ours)" })], "recall"],
        [[drawing("path", { d: "M16 0 L22 6 L16 12 L10 6 Z", fill: "var(--surface)", stroke: "var(--ink)", "stroke-width": 1.5 })], "F1"],
      ]),
    );
  }

  function fill(detail, row) {
    const figure = detail.querySelector(".curves");
    if (figure) figure.replaceChildren(...curves(row.runs.map((place) => data.runs[place])));
    const table = detail.querySelector("table.genres");
    if (table && row.scores.length && row.confusion) (table.closest(".table-box") ?? table).before(genreBars(row));
  }

  whenReady(() => {
    const section = document.getElementById("row");
    const rows = new Map(data.rows.map((row) => [row.id, row]));
    const details = new Map([...section.querySelectorAll(".row-detail")].map((detail) => [detail.dataset.row, detail]));
    if (!details.size) return;
    const tables = [...section.querySelectorAll(".table-detail")];
    const filled = new Set();
    const titles = new Map(data.tables.map((table) => [table.id, `${table.paper}, table ${table.table}`]));
    const groups = new Map();
    for (const id of details.keys()) {
      const row = rows.get(id);
      groups.set(row.table, [...(groups.get(row.table) ?? []), row]);
    }
    const select = element(
      "select",
      { id: "row-select", on: { change: () => state.set({ row: select.value }, { at: "row" }) } },
      [...groups].map(([table, members]) =>
        element("optgroup", { label: titles.get(table) ?? table }, members.map((row) => element("option", { value: row.id }, row.label || row.name))),
      ),
    );
    const order = [...groups.values()].flat().map((row) => row.id);
    const step = (by) => state.set({ row: order[(order.indexOf(select.value) + by + order.length) % order.length] }, { at: "row" });
    const controls = element(
      "div",
      { class: "controls" },
      element("label", { class: "field wide" }, "Row", select),
      element("button", { type: "button", class: "button", on: { click: () => step(-1) } }, "Row before"),
      element("button", { type: "button", class: "button", on: { click: () => step(1) } }, "Next row"),
    );
    tables[0].before(controls);

    let shown;
    state.subscribe(() => {
      const id = details.has(state.get("row")) ? state.get("row") : order[0];
      if (id === shown) return;
      shown = id;
      select.value = id;
      const detail = details.get(id);
      for (const table of tables) table.hidden = !table.contains(detail);
      for (const [other, item] of details) item.hidden = other !== id;
      detail.open = true;
      if (!filled.has(id)) fill(detail, rows.get(id));
      filled.add(id);
    });
  });
})();
