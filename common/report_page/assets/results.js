// Section 2: search, filters and sorting of the table of all rows; they are kept in the address.
(() => {
  const { data, element, announce, count, intervalDrawing, state, whenReady } = Encore;
  // Parameter, words of its field, and a row's value.
  const CHOICES = [
    ["paper", "Paper", (row) => row.paper],
    ["data", "Data", (row) => row.data],
    ["split", "Split", (row) => row.split],
    ["unit", "Unit of the split", (row) => row.unit],
  ];
  const YES_NO = [
    ["contaminated", "Contaminated"],
    ["reduced", "Reduced"],
  ];

  function select(name, words, options) {
    return element(
      "label",
      { class: "field" },
      words,
      element(
        "select",
        { name, on: { change: (event) => state.set({ [name]: event.target.value }, { at: "results" }) } },
        options.map(([value, text]) => element("option", { value }, text)),
      ),
    );
  }

  function makeForm(form) {
    const search = element("input", {
      type: "search",
      name: "q",
      autocomplete: "off",
      on: { input: (event) => state.set({ q: event.target.value }, { at: "results" }) },
    });
    const choices = CHOICES.map(([name, words, value]) => {
      const values = [...new Set(data.rows.map(value))].sort();
      return values.length > 1 && select(name, words, [["", "all"], ...values.map((text) => [text, text])]);
    });
    const flags = YES_NO.map(([name, words]) => {
      const there = new Set(data.rows.map((row) => row[name]));
      return there.size > 1 && select(name, words, [["", "with and without"], ["yes", "only these"], ["no", "without these"]]);
    });
    const reset = element(
      "button",
      {
        type: "button",
        class: "button",
        on: {
          click: () => {
            const names = ["q", "sort", "order", ...CHOICES.map(([name]) => name), ...YES_NO.map(([name]) => name)];
            state.set(Object.fromEntries(names.map((name) => [name, null])), { at: "results" });
            search.focus();
          },
        },
      },
      "Show all",
    );
    form.replaceChildren(element("label", { class: "field" }, "Search", search), ...[...choices, ...flags].filter(Boolean), reset);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
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
    const rows = new Map(data.rows.map((row) => [row.id, row]));
    const heads = [...table.tHead.rows[0].cells];
    const texts = new Map(lines.map((line) => [line, line.textContent.toLowerCase()]));
    const status = element("p", { class: "muted small", id: "results-count" });
    const none = element("p", { class: "note", hidden: true }, "No row fits. “Show all” removes search and filters.");
    const form = document.getElementById("filters");
    makeForm(form);
    form.after(status);
    table.closest(".table-box").after(none);

    for (const line of lines) {
      const metric = rows.get(line.dataset.row).metrics.find(({ name }) => name === line.dataset.metric);
      line.querySelector(".interval-cell")?.replaceChildren(intervalDrawing(metric));
    }

    for (const head of heads) {
      head.querySelector(".sort")?.addEventListener("click", () => {
        const key = head.dataset.key;
        const chosen = state.get("sort") === key ? state.get("order") ?? "ascending" : null;
        // A third press brings back the order of the papers.
        const order = { null: "ascending", ascending: "descending", descending: null }[chosen];
        state.set({ sort: order && key, order: order === "descending" ? order : null }, { at: "results" });
      });
    }

    function fits(line) {
      const row = rows.get(line.dataset.row);
      const words = (state.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
      return (
        words.every((word) => texts.get(line).includes(word)) &&
        CHOICES.every(([name, , value]) => !state.get(name) || value(row) === state.get(name)) &&
        YES_NO.every(([name]) => !state.get(name) || row[name] === (state.get(name) === "yes"))
      );
    }

    let shownBefore = "";
    state.subscribe(() => {
      for (const [name, field] of [...form.elements].filter((item) => item.name).map((item) => [item.name, item])) {
        if (field.value !== (state.get(name) ?? "")) field.value = state.get(name) ?? "";
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
      status.textContent = `${visible} of ${count(lines.length, "result")} shown`;
      const shown = `${status.textContent}${column < 0 ? "" : `, sorted by ${heads[column].textContent.trim()}, ${order}`}`;
      if (shownBefore && shown !== shownBefore) announce(shown);
      shownBefore = shown;
    });
  });
})();
