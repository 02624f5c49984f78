// Section 2: search, filters and sorting of the table of all rows; they are kept in the address.
(() => {
  const { count, data, drawing, element, intervalDrawing, key: keyOf, state, whenReady } = Encore;
  // Parameter in the address, which is a data attribute of the lines, and words of its field.
  const CHOICES = { paper: "Paper", data: "Data", split: "Split", unit: "Unit of the split" };
  const FLAGS = { contaminated: "Contaminated", reduced: "Reduced" };

  // The fields for search and filters; a choice among one is left out.
  function makeFields(form, lines) {
    const select = (name, words, options) =>
      element(
        "label",
        { class: "field" },
        words,
        element(
          "select",
          { name },
          options.map(([value, text]) => element("option", { value }, text)),
        ),
      );
    const valuesOf = (name) => [...new Set(lines.map((line) => line.dataset[name]))].sort();
    const titles = new Map(lines.map((line) => [line.dataset.paper, line.cells[1].firstChild.textContent.trim()]));
    const choices = Object.entries(CHOICES)
      .filter(([name]) => valuesOf(name).length > 1)
      .map(([name, words]) => {
        const options = valuesOf(name).map((value) => [value, name === "paper" ? titles.get(value) : value]);
        return select(name, words, [["", "all"], ...options]);
      });
    const flags = Object.entries(FLAGS).map(([name, words]) =>
      select(name, words, [
        ["", "all"],
        ["yes", "yes"],
        ["no", "no"],
      ]),
    );
    form.replaceChildren(
      element(
        "label",
        { class: "field" },
        "Search",
        element("input", { type: "search", name: "q", autocomplete: "off" }),
      ),
      ...choices,
      ...flags,
      element("button", { type: "reset", class: "button" }, "Reset"),
    );
  }

  // What a cell is sorted by: its number where it has one, else its text; empty cells come last in both directions.
  function sortValue(line, column) {
    const cell = line.cells[column];
    const text = cell.textContent.trim();
    if (cell.dataset.value !== undefined) return cell.dataset.value === "" ? null : Number(cell.dataset.value);
    return text === "" || text === "—" ? null : text;
  }

  function compare(left, right) {
    return typeof left === "number" && typeof right === "number"
      ? left - right
      : String(left).localeCompare(String(right), "en", { numeric: true });
  }

  whenReady(() => {
    const table = document.getElementById("results-table");
    if (!table) return;
    const body = table.tBodies[0];
    const lines = [...body.rows];
    if (!lines.length) {
      table.closest(".table-box").hidden = true;
      document.getElementById("results-count").textContent = "No row has been measured yet.";
      return;
    }
    const rows = new Map(data.rows.map((row) => [row.id, row]));
    const heads = [...table.tHead.rows[0].cells];
    // What a line is found by: what it shows, and the paper's and the row's keys and what the split does.
    const wordsOf = (line) => {
      const { paper, name, split, unit, flags } = rows.get(line.dataset.row);
      return [line.textContent, paper, name, split, data.split_meanings[split], `by ${unit}`, ...flags].join("\n");
    };
    const texts = new Map(lines.map((line) => [line, wordsOf(line).toLowerCase()]));
    const status = document.getElementById("results-count");
    const none = element("p", { class: "note", hidden: true }, "No result fits. “Reset” removes search and filters.");
    table.closest(".table-box").after(none);
    status.after(
      keyOf([
        [
          [drawing("line", { x1: 16, x2: 16, y1: 0, y2: 12, stroke: "var(--published)", "stroke-width": 2.5 })],
          "published",
        ],
        [
          [
            drawing("line", { x1: 4, x2: 28, y1: 6, y2: 6, stroke: "var(--ours)", "stroke-width": 3 }),
            drawing("circle", { cx: 16, cy: 6, r: 4.5, fill: "var(--ours)" }),
          ],
          "measured, with its 95 % interval",
        ],
      ]),
    );
    const form = document.getElementById("filters");
    makeFields(form, lines);
    const fields = [...form.elements].filter((field) => field.name);
    form.addEventListener("input", ({ target }) => state.set({ [target.name]: target.value }, { at: "results" }));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      const names = [...fields.map((field) => field.name), "sort", "order"];
      state.set(Object.fromEntries(names.map((name) => [name, null])), { at: "results" });
    });
    form.hidden = false;

    for (const line of lines) {
      const metric = rows.get(line.dataset.row).metrics.find(({ name }) => name === line.dataset.metric);
      line.querySelector(".interval-cell")?.replaceChildren(intervalDrawing(metric));
    }

    for (const head of heads) {
      head.querySelector(".sort")?.addEventListener("click", () => {
        const key = head.dataset.key;
        const chosen = state.get("sort") === key ? (state.get("order") ?? "ascending") : null;
        // A third press brings back the order of the papers.
        const order = { null: "ascending", ascending: "descending", descending: null }[chosen];
        state.set({ sort: order && key, order: order === "descending" ? order : null }, { at: "results" });
      });
    }

    function fits(line) {
      return fields.every(({ name }) => {
        const wanted = state.get(name);
        if (!wanted) return true;
        if (name !== "q") return line.dataset[name] === wanted;
        return wanted
          .toLowerCase()
          .split(/\s+/)
          .every((word) => texts.get(line).includes(word));
      });
    }

    state.subscribe(() => {
      for (const field of fields) {
        if (field.value !== (state.get(field.name) ?? "")) field.value = state.get(field.name) ?? "";
      }
      const key = state.get("sort");
      const order = state.get("order") === "descending" ? "descending" : "ascending";
      const column = heads.findIndex((head) => head.dataset.key === key && key);
      heads.forEach((head, index) => {
        if (index === column) head.setAttribute("aria-sort", order);
        else head.removeAttribute("aria-sort");
      });
      const sorted = [...lines];
      if (column >= 0) {
        const values = new Map(lines.map((line) => [line, sortValue(line, column)]));
        const sign = order === "descending" ? -1 : 1;
        sorted.sort((left, right) => {
          const [a, b] = [values.get(left), values.get(right)];
          return a === null || b === null ? (a === null) - (b === null) : sign * compare(a, b);
        });
      }
      for (const line of lines) {
        line.hidden = !fits(line);
        const chosen = line.dataset.row === state.get("row");
        line.classList.toggle("chosen", chosen);
      }
      // Moving a line moves the focus away from a link in it, so lines move only where their order changes.
      if (sorted.some((line, index) => body.rows[index] !== line)) body.append(...sorted);
      const visible = lines.filter((line) => !line.hidden).length;
      none.hidden = visible > 0;
      const sorting = column < 0 ? "" : `, sorted by ${heads[column].textContent.trim()}, ${order}`;
      status.textContent = `${visible} of ${count(lines.length, "result")} shown${sorting}`;
    });
  });
})();
