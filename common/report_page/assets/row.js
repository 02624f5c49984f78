// Section 3: of the row that is chosen, its table, learning curves, confusion matrix and scores by genre.
(() => {
  const { chart, curves, data, drawing, element, key, percent, state, whenReady } = Encore;

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
          Plot.dot(
            scores.filter(({ f1 }) => f1 !== null),
            {
              x: "f1",
              y: "genre",
              symbol: "diamond",
              r: 5,
              fill: "var(--surface)",
              stroke: "var(--ink)",
              strokeWidth: 1.5,
            },
          ),
          Plot.ruleX([0], { stroke: "var(--edge)" }),
        ],
      }),
      () =>
        `Recall and F1 of each genre: ${scores.map(({ genre, recall, f1 }) => `${genre} recall ${percent(recall)} %, F1 ${f1 === null ? "not defined" : `${percent(f1)} %`}`).join("; ")}.`,
    );
    return element(
      "figure",
      { class: "genre-bars" },
      canvas,
      key([
        [[drawing("rect", { x: 2, y: 1, width: 28, height: 10, fill: "var(--ours)" })], "recall"],
        [
          [
            drawing("path", {
              d: "M16 0 L22 6 L16 12 L10 6 Z",
              fill: "var(--surface)",
              stroke: "var(--ink)",
              "stroke-width": 1.5,
            }),
          ],
          "F1",
        ],
      ]),
    );
  }

  function fill(detail, row) {
    const figure = detail.querySelector(".curves");
    if (figure) {
      figure.replaceChildren(...curves(row.runs.map((place) => data.runs[place])));
      figure.hidden = false;
    }
    const scores = detail.querySelector("table.genres")?.closest(".table-box");
    if (!scores) return;
    const beside = element("div", { class: "small-multiples" });
    scores.before(beside);
    beside.append(genreBars(row), scores);
  }

  whenReady(() => {
    const section = document.getElementById("row");
    const rows = new Map(data.rows.map((row) => [row.id, row]));
    const headings = new Map(data.tables.map((table) => [table.id, table.heading]));
    const tables = [...section.querySelectorAll(".table-detail")];
    if (!tables.length) return;
    const details = new Map([...section.querySelectorAll(".row-detail")].map((detail) => [detail.dataset.row, detail]));
    for (const [id, detail] of details) {
      // A row's charts are drawn when its details are opened for the first time.
      const draw = () => {
        if (!detail.open) return;
        detail.removeEventListener("toggle", draw);
        fill(detail, rows.get(id));
      };
      detail.addEventListener("toggle", draw);
    }
    const select = element(
      "select",
      { on: { change: () => state.set({ row: select.value }, { at: "row" }) } },
      tables.map((table) =>
        element(
          "optgroup",
          { label: headings.get(table.id) },
          element("option", { value: table.id }, "the whole table"),
          [...table.querySelectorAll(".row-detail")].map((detail) => {
            return element("option", { value: detail.id }, Encore.rowTitle(rows.get(detail.dataset.row)));
          }),
        ),
      ),
    );
    const places = [...select.options].map((option) => option.value);
    const step = (by) => {
      const next = (select.selectedIndex + by + places.length) % places.length;
      state.set({ row: places[next] }, { at: "row" });
    };
    tables[0].before(
      element("p", { class: "note print-only" }, "Printed: the chosen row and its table. The page holds all others."),
      element(
        "div",
        { class: "controls row-choice" },
        element("label", { class: "field wide" }, "Row or table", select),
        element("button", { type: "button", class: "button", on: { click: () => step(-1) } }, "Previous"),
        element("button", { type: "button", class: "button", on: { click: () => step(1) } }, "Next"),
      ),
    );

    let shown;
    state.subscribe(() => {
      const wanted = state.get("row");
      const id = places.includes(wanted) ? wanted : (details.keys().next().value ?? places[0]);
      if (id === shown) return;
      shown = id;
      select.value = id;
      const chosen = details.get(id);
      const table = chosen ? chosen.closest(".table-detail") : document.getElementById(id);
      for (const other of tables) other.hidden = other !== table;
      const members = [...details.values()].filter((detail) => table.contains(detail));
      // All below the table again, in their order, then the chosen one above it.
      members.sort((left, right) => places.indexOf(left.id) - places.indexOf(right.id));
      table.append(...members);
      for (const detail of members) detail.hidden = Boolean(chosen) && detail !== chosen;
      for (const detail of details.values()) detail.open = detail === chosen;
      if (chosen) table.querySelector(":scope > .table-box").before(chosen);
    });
  });
})();
