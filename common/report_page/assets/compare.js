// Section 6: two rows' runs side by side on the clips that both tested.
(() => {
  const { element } = Encore;
  const STEP = 50;
  const SIDES = ["left", "right"];
  const NAMES = { left: "First", right: "Second" };
  // Name in the address -> words, and which clips of a comparison it lists.
  const LISTS = {
    one: { words: "only one is right", keeps: (one) => one.firstRight !== one.secondRight },
    first: { words: "only the first is right", keeps: (one) => one.firstRight && !one.secondRight },
    second: { words: "only the second is right", keeps: (one) => !one.firstRight && one.secondRight },
    wrong: { words: "both are wrong", keeps: (one) => !one.firstRight && !one.secondRight },
    all: { words: "all", keeps: () => true },
  };
  const HOW = { decided: "mean softmax", voted: "majority vote" };

  let clips = null;
  let choices = [];
  let most = STEP;
  let lastShown = "";
  const parts = { left: {}, right: {} };

  // Rows whose clip decisions are in the page: {row, data, seeds: Map of seed -> its runs, by fold}.
  function rowsWithClips() {
    const found = [];
    for (const row of Encore.data.rows) {
      const runs = row.runs.map((place) => clips.runs.get(Encore.data.runs[place].key)).filter(Boolean);
      if (!runs.length) continue;
      const seeds = new Map();
      for (const run of runs.sort((one, other) => one.seed - other.seed || one.fold - other.fold)) {
        seeds.set(run.seed, [...(seeds.get(run.seed) || []), run]);
      }
      found.push({ row, data: runs[0].data, seeds });
    }
    return found;
  }

  const titleOf = ({ row }) => Encore.rowTitle(row);

  const groupOf = ({ row }) => Encore.data.tables.find((one) => one.id === row.table).heading;

  // The row that tested most clips with one seed and trained on no window of them.
  function largest() {
    const tested = ({ row, seeds }) =>
      row.contaminated ? 0 : [...seeds.values()][0].reduce((sum, run) => sum + run.clips.length, 0);
    return choices.reduce((one, other) => (tested(other) > tested(one) ? other : one));
  }

  // Both sides as the address has them, or a first choice: the largest row, and another one of its table.
  function chosen() {
    const byId = (id) => choices.find((one) => one.row.id === id);
    const left = byId(Encore.state.get("left")) || largest();
    const right =
      byId(Encore.state.get("right")) ||
      choices.find((one) => one !== left && one.data === left.data && one.row.table === left.row.table) ||
      choices.find((one) => one !== left && one.data === left.data) ||
      left;
    const seed = (one, side) => {
      const asked = Number(Encore.state.get(`${side}seed`) ?? NaN);
      return one.seeds.has(asked) ? asked : [...one.seeds.keys()][0];
    };
    return { left, right, leftseed: seed(left, "left"), rightseed: seed(right, "right") };
  }

  function options(select, entries, value) {
    Encore.fill(select, ...entries);
    select.value = value;
  }

  function grouped() {
    const groups = new Map();
    for (const one of choices) groups.set(groupOf(one), [...(groups.get(groupOf(one)) || []), one]);
    return [...groups].map(([label, rows]) =>
      element(
        "optgroup",
        { label },
        rows.map((one) => element("option", { value: one.row.id }, titleOf(one))),
      ),
    );
  }

  const p = (value) => (value < 0.0001 ? "p\u00a0<\u00a00.0001" : `p\u00a0=\u00a0${value.toPrecision(2)}`);

  function matrix(counts) {
    const cell = (value) => element("td", { class: "num" }, String(value));
    const line = (heading, one, other) =>
      element("tr", {}, element("th", { scope: "row" }, heading), cell(one), cell(other));
    return element(
      "table",
      { class: "matrix2" },
      element("caption", {}, "Number of clips"),
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("td", {}),
          element("th", { scope: "col" }, "Second right"),
          element("th", { scope: "col" }, "Second wrong"),
        ),
      ),
      element(
        "tbody",
        {},
        line("First right", counts.bothRight, counts.onlyFirst),
        line("First wrong", counts.onlySecond, counts.bothWrong),
      ),
    );
  }

  function line({ clip, first, second }, how, genres) {
    const side = (decision, names) => [
      element(
        "td",
        { class: decision[how] === clip.genre ? null : "wrong" },
        Encore.clips.name(decision[how]),
        decision[how] === clip.genre ? " ✓" : " ✗",
      ),
      element("td", {}, Encore.clips.name(Encore.clips.votesText(names, decision.votes))),
    ];
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, Encore.listening.button(clip), Encore.clips.link(clip)),
      element("td", {}, Encore.clips.name(clip.genre)),
      side(first, genres.first),
      side(second, genres.second),
    );
  }

  function list(found, how, genres) {
    const lines = found.slice(0, most).map((one) => line(one, how, genres));
    const heads = ["Clip", "Label", "First: decided", "First: windows", "Second: decided", "Second: windows"];
    return element(
      "div",
      { class: "table-box", tabindex: "0", role: "region", "aria-label": "Clips of both runs" },
      element(
        "table",
        {},
        element("caption", {}, `${Encore.count(found.length, "clip")}${found.length > most ? `, ${most} shown` : ""}`),
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            heads.map((heading) => element("th", { scope: "col" }, heading)),
          ),
        ),
        element("tbody", {}, lines),
      ),
    );
  }

  function sentences(found, now) {
    const { counts } = found;
    const total = found.clips.length;
    const right = (both, only) => `${Encore.percent((100 * (both + only)) / total)}\u00a0%`;
    const said = [
      `Both tested ${Encore.count(total, "clip")}: the first is right on ${right(counts.bothRight, counts.onlyFirst)} of them, the second on ${right(counts.bothRight, counts.onlySecond)}.`,
      `McNemar's exact test of ${counts.onlyFirst} against ${counts.onlySecond} clips that only one has right: ${p(found.p)}, two-sided. It counts clips as independent and these two runs only; the tables' comparisons of rows account for artists and all seeds.`,
    ];
    if (found.repeated)
      said.push(
        `${Encore.count(found.repeated, "clip")} of these ${found.repeated === 1 ? "was" : "were"} tested in several folds, with other windows in each. Only the last fold of each counts here, as in the tables' McNemar tests.`,
      );
    const seen = SIDES.filter((side) => now[side].row.contaminated);
    if (seen.length)
      said.push(
        `The ${seen.map((side) => NAMES[side].toLowerCase()).join(" and the ")} had other windows of these clips in training or validation.`,
      );
    return said;
  }

  // What was chosen, where its fields are not to be seen.
  function inWords(now, how, kind) {
    const run = (side) => `${groupOf(now[side])}: ${titleOf(now[side])}, seed ${now[`${side}seed`]}`;
    const listed = kind === "all" ? "all clips" : `clips where ${LISTS[kind].words}`;
    return `First run: ${run("left")}. Second run: ${run("right")}. Clip decision: ${HOW[how]}. Listed below: ${listed}.`;
  }

  const askedHow = () => (Object.hasOwn(HOW, Encore.state.get("how")) ? Encore.state.get("how") : "decided");

  function showResult(now) {
    const how = askedHow();
    const kind = parts.list.value;
    const [first, second] = [now.left.seeds.get(now.leftseed), now.right.seeds.get(now.rightseed)];
    parts.printed.textContent = inWords(now, how, kind);
    const found = EncoreClips.compare(first, second, how);
    if (!found.clips.length) {
      const why =
        now.left.data === now.right.data
          ? "No clip was tested by both."
          : `The first is on ${EncoreClips.shown(now.left.data)}, the second on ${EncoreClips.shown(now.right.data)}: they have no clip in common.`;
      Encore.fill(parts.result, element("p", { class: "note" }, why));
      return why;
    }
    const said = sentences(found, now);
    const kept = found.clips.filter(LISTS[kind].keeps).sort((one, other) => (one.clip.id < other.clip.id ? -1 : 1));
    const more = () => {
      most += STEP;
      showResult(now);
    };
    Encore.fill(
      parts.result,
      ...said.map((sentence) => element("p", {}, sentence)),
      matrix(found.counts),
      list(kept, how, { first: first[0].genres, second: second[0].genres }),
      kept.length > most
        ? element("button", { type: "button", class: "button", on: { click: more } }, `Show ${STEP} more`)
        : "",
    );
    return said[0];
  }

  const shown = () => ["left", "right", "leftseed", "rightseed", "how"].map(Encore.state.get).join("\n");

  function show() {
    if (shown() === lastShown) return;
    lastShown = shown();
    const now = chosen();
    for (const side of SIDES) {
      parts[side].row.value = now[side].row.id;
      const seeds = [...now[side].seeds.keys()].map((seed) => element("option", { value: seed }, String(seed)));
      options(parts[side].seed, seeds, String(now[`${side}seed`]));
    }
    parts.how.value = askedHow();
    showResult(now);
  }

  function choose(values) {
    most = STEP;
    Encore.state.set(values, { at: "compare" });
    Encore.announce(parts.result.textContent.slice(0, 200));
  }

  const field = (label, control, kind = "field") => element("label", { class: kind }, label, control);

  function build(container) {
    const sides = [];
    for (const side of SIDES) {
      const row = element(
        "select",
        { on: { change: () => choose({ [side]: row.value, [`${side}seed`]: null }) } },
        grouped(),
      );
      const seed = element("select", {
        on: { change: () => choose({ [side]: chosen()[side].row.id, [`${side}seed`]: seed.value }) },
      });
      parts[side] = { row, seed };
      sides.push(
        element(
          "fieldset",
          {},
          element("legend", {}, `${NAMES[side]} run`),
          element("div", { class: "controls" }, field("Row", row, "field wide"), field("Seed", seed)),
        ),
      );
    }
    parts.how = element(
      "select",
      { on: { change: () => choose({ how: parts.how.value }) } },
      Object.entries(HOW).map(([value, words]) => element("option", { value }, words)),
    );
    const relist = () => {
      most = STEP;
      showResult(chosen());
    };
    parts.list = element(
      "select",
      { on: { change: relist } },
      Object.entries(LISTS).map(([value, { words }]) => element("option", { value }, words)),
    );
    parts.printed = element("p", { class: "print-only" });
    parts.result = element("div", { class: "stack" });
    Encore.fill(
      container,
      clips.leftOut.size
        ? element("p", { class: "note" }, "Rows whose clip decisions are not in this page cannot be chosen.")
        : "",
      ...sides,
      element("div", { class: "controls" }, field("Clip decision", parts.how), field("Clips where", parts.list)),
      parts.printed,
      parts.result,
    );
    container.classList.add("stack");
    container.hidden = false;
    Encore.state.subscribe(show);
    show();
  }

  Encore.whenReady(() => {
    const container = document.getElementById("compare-app");
    Encore.clips.decoded.then(
      (found) => {
        clips = found;
        choices = rowsWithClips();
        if (choices.length) return build(container);
        Encore.fill(
          container,
          element("p", { class: "note" }, "No two runs can be compared: this page holds no clip decisions."),
        );
        container.hidden = false;
        return undefined;
      },
      () => {}, // section 4 says why
    );
  });
})();
