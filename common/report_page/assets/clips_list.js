// Section 4: all clips with their counts, searchable and sortable, and what every run decided on the chosen one.
Encore.clips = (() => {
  const { element } = Encore;
  const STEP = 50;
  const LEAST_TESTS = 10;
  const share = (one) => (one.tested ? one.wrong / one.tested : -1);
  const text = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
  const mostOftenWrong = (one, other) =>
    (one.apart.tested < LEAST_TESTS) - (other.apart.tested < LEAST_TESTS) ||
    share(other.apart) - share(one.apart) ||
    other.apart.tested - one.apart.tested ||
    other.seen.wrong - one.seen.wrong ||
    text(one.id, other.id);
  // Name in the address -> heading, order, and whether the first click sorts downwards.
  const COLUMNS = {
    clip: { heading: "Clip", order: (one, other) => text(one.id, other.id) },
    genre: { heading: "Genre", order: (one, other) => text(one.genre, other.genre) },
    artist: { heading: "Artist", order: (one, other) => text(one.artist || "\uffff", other.artist || "\uffff") },
    wrong: { heading: "Wrong of tested", order: (one, other) => mostOftenWrong(other, one), down: true },
    taken: { heading: "Taken for" },
    seen: {
      heading: "Wrong of tested, other windows of it in training or validation",
      order: (one, other) => share(one.seen) - share(other.seen) || one.seen.tested - other.seen.tested,
      down: true,
    },
    notes: { heading: "Notes" },
  };

  let clips = null;
  let most = STEP;
  let lastShown = "";
  const parts = {};

  const decoded = new Promise((resolve, reject) => {
    Encore.whenReady(() => {
      EncoreClips.decode(document.getElementById("clips-data").textContent).then(resolve, reject);
    });
  });

  const { shown: escaped } = EncoreClips;
  const name = (value) => element("bdi", {}, escaped(value));
  const ofTests = (one) => (one.tested ? `${one.wrong} of ${one.tested}` : "–");
  const takenText = (taken) => taken.map(([genre, number]) => `${genre} ${number}`).join(", ");
  // Clip -> its name in the address, where not every character stays what it is.
  const names = new Map();
  const find = (data, id) => clips?.data.find((one) => one.name === data)?.clips.find((clip) => clip.id === id);

  // A link to what the runs decided on a clip.
  function link(clip) {
    const address = `#clips?${new URLSearchParams({ clipdata: clip.data, clip: names.get(clip) })}`;
    const open = (event) => {
      event.preventDefault();
      Encore.state.set({ clipdata: clip.data, clip: names.get(clip) }, { at: "clips" });
      parts.detail.querySelector("h3").focus();
      parts.detail.scrollIntoView({ block: "nearest" });
    };
    return element("a", { class: "clip-link", href: address, on: { click: open } }, name(clip.id));
  }

  const withPlay = (clip, ...others) => [Encore.listening.button(clip), ...others];

  function notesOf(clip) {
    return [
      clip.reasons.length > 0 && element("span", { class: "chip alert" }, "label in doubt"),
      clip.same.length > 0 && element("span", { class: "chip" }, "same recording"),
      clip.known.length > 0 && element("span", { class: "chip" }, "known fault"),
    ];
  }

  function bar(one) {
    const drawn = element("span", { class: "bar wrong", "aria-hidden": "true" });
    drawn.style.setProperty("--share", share(one));
    return drawn;
  }

  function line(clip) {
    return element(
      "tr",
      { class: clip === chosen() ? "chosen" : null },
      element("th", { scope: "row" }, withPlay(clip, link(clip))),
      element("td", {}, name(clip.genre)),
      element("td", {}, clip.artist === null ? "" : name(clip.artist)),
      element("td", { class: "num" }, ofTests(clip.apart), clip.apart.wrong > 0 && [" ", bar(clip.apart)]),
      element("td", {}, name(takenText(clip.apart.taken))),
      element("td", { class: "num" }, ofTests(clip.seen)),
      element("td", {}, notesOf(clip)),
    );
  }

  function currentData() {
    return clips.data.find((one) => one.name === Encore.state.get("clipdata")) || clips.data[0];
  }

  const chosen = () => currentData().clips.find((clip) => names.get(clip) === Encore.state.get("clip"));

  function nameClips() {
    for (const { clips: all } of clips.data) {
      const taken = new Map();
      for (const clip of all) {
        const shownId = escaped(clip.id);
        // A clip whose label was changed between two runs is there twice.
        taken.set(shownId, (taken.get(shownId) || 0) + 1);
        names.set(clip, taken.get(shownId) > 1 ? `${shownId} (${taken.get(shownId)})` : shownId);
      }
    }
  }

  function selected(data) {
    const words = (Encore.state.get("clipq") || "").toLowerCase();
    const genre = Encore.state.get("clipgenre");
    const onlyDoubted = Encore.state.get("clipfault") === "1";
    const found = data.clips.filter(
      (clip) =>
        (!genre || clip.genre === genre) &&
        (!onlyDoubted || clip.reasons.length > 0) &&
        `${clip.id} ${clip.artist || ""}`.toLowerCase().includes(words),
    );
    const { key, isDown } = sorting();
    const sign = isDown ? -1 : 1;
    return found.sort((one, other) => sign * COLUMNS[key].order(one, other) || text(one.id, other.id));
  }

  // The column that the list is sorted by, and whether downwards. The address may hold any text.
  function sorting() {
    const asked = Encore.state.get("clipsort");
    const key = Object.hasOwn(COLUMNS, asked) && COLUMNS[asked].order ? asked : "wrong";
    const order = Encore.state.get("cliporder");
    return { key, isDown: ["up", "down"].includes(order) ? order === "down" : Boolean(COLUMNS[key].down) };
  }

  function sortBy(key) {
    const now = sorting();
    const isDown = now.key === key ? !now.isDown : Boolean(COLUMNS[key].down);
    Encore.state.set({ clipsort: key, cliporder: isDown ? "down" : "up" });
  }

  function header() {
    return Object.entries(COLUMNS).map(([key, { heading, order }]) => {
      const content = order
        ? element("button", { type: "button", class: "sort", on: { click: () => sortBy(key) } }, heading)
        : heading;
      return element("th", { scope: "col", data: { key } }, content);
    });
  }

  function showOrder() {
    const { key, isDown } = sorting();
    for (const cell of parts.table.tHead.rows[0].cells) {
      if (cell.dataset.key === key) cell.setAttribute("aria-sort", isDown ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
  }

  function showList() {
    const data = currentData();
    const found = selected(data);
    Encore.fill(parts.table.tBodies[0], ...found.slice(0, most).map(line));
    parts.count.textContent = `${Encore.count(found.length, "clip")} of ${data.clips.length}${found.length > most ? `, ${most} shown` : ""}`;
    parts.more.hidden = found.length <= most;
    showOrder();
  }

  const fact = (heading, ...values) => [element("dt", {}, heading), element("dd", {}, ...values)];

  function sameRecording(clip) {
    return clip.same.flatMap(({ id, genre, exact }, place) => {
      const other = find(clip.data, id);
      const how = `${escaped(genre) || "not tested"}${exact ? ", same bytes" : ""}`;
      return [place ? "; " : "", other ? link(other) : name(id), ` (${how})`];
    });
  }

  // Every run's decision on a clip, as lines of a table.
  function testLines(clip) {
    const known = new Map(Encore.data.runs.map((run) => [run.key, run]));
    const tests = EncoreClips.testsOf(clip, clips.runs).map((test) => ({ ...test, view: known.get(test.run.key) }));
    tests.sort(
      (one, other) =>
        text(one.run.key.split("/")[0], other.run.key.split("/")[0]) ||
        text(one.view?.heading, other.view?.heading) ||
        one.run.seed - other.run.seed,
    );
    return tests.map(({ run, view, decided, voted, votes }) => {
      const cell = (genre) =>
        element("td", { class: genre === clip.genre ? null : "wrong" }, name(genre), genre === clip.genre ? "" : " ✗");
      return element(
        "tr",
        {},
        element("th", { scope: "row" }, name(view ? view.heading : run.key.split("/")[0])),
        element("td", {}, view ? view.protocol : ""),
        element("td", { class: "num" }, String(run.seed)),
        cell(decided),
        cell(voted),
        element("td", {}, name(votesText(run.genres, votes))),
      );
    });
  }

  // Votes for each genre that got any, the most first.
  function votesText(genres, votes) {
    const given = votes.map((number, place) => [genres[place], number]).filter(([, number]) => number > 0);
    return takenText(given.sort((one, other) => other[1] - one[1]));
  }

  function showDetail() {
    const clip = chosen();
    parts.detail.hidden = !clip;
    if (!clip) return Encore.fill(parts.detail);
    const lines = testLines(clip);
    const heads = ["Row", "Split", "Seed", "Mean softmax", "Majority vote", "Windows by genre"];
    const close = () => {
      Encore.state.set({ clip: null });
      parts.search.focus();
    };
    Encore.fill(
      parts.detail,
      element("h3", { tabindex: "-1" }, withPlay(clip, name(clip.id))),
      element(
        "dl",
        { class: "facts" },
        fact("Label", name(clip.genre)),
        fact("Artist", clip.artist === null ? "not known" : name(clip.artist)),
        fact(
          "Wrong",
          `${ofTests(clip.apart)} tests by ${Encore.count(clip.rows, "row")}, ${Encore.count(clip.seeds, "seed")}, ${Encore.count(clip.splits, "split")}`,
        ),
        clip.apart.wrong > 0 && fact("Taken for", name(takenText(clip.apart.taken))),
        clip.seen.tested > 0 &&
          fact(
            "Other windows of it in training or validation",
            `wrong in ${ofTests(clip.seen)} tests`,
            clip.seen.wrong ? ": " : "",
            name(takenText(clip.seen.taken)),
          ),
        clip.same.length > 0 && fact("Same recording", sameRecording(clip)),
        clip.known.length > 0 && fact("Known faults", clip.known.join("; ")),
        clip.reasons.length > 0 && fact("Label in doubt", name(clip.reasons.join("; "))),
      ),
      lines.length
        ? element(
            "div",
            { class: "table-box", tabindex: "0", role: "region", "aria-label": `Decisions on ${escaped(clip.id)}` },
            element(
              "table",
              {},
              element(
                "caption",
                {},
                `What each run decided${clips.leftOut.size ? ", of those whose decisions are in this page" : ""}`,
              ),
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
          )
        : element(
            "p",
            { class: "note" },
            "The decisions of the runs that tested this clip are not in this page, which would be too large with them.",
          ),
      element("button", { type: "button", class: "button", on: { click: close } }, "Close"),
    );
    return undefined;
  }

  // What of the address this section shows.
  const shown = () =>
    ["clip", "clipdata", "clipq", "clipgenre", "clipfault", "clipsort", "cliporder"].map(Encore.state.get).join("\n");

  function show() {
    if (shown() === lastShown) return;
    lastShown = shown();
    const data = currentData();
    parts.data.value = data.name;
    if (parts.search.value !== (Encore.state.get("clipq") || "")) parts.search.value = Encore.state.get("clipq") || "";
    Encore.fill(
      parts.genre,
      element("option", { value: "" }, "all"),
      ...data.genres.map((genre) => element("option", { value: genre }, escaped(genre))),
    );
    parts.genre.value = data.genres.includes(Encore.state.get("clipgenre")) ? Encore.state.get("clipgenre") : "";
    parts.fault.checked = Encore.state.get("clipfault") === "1";
    showList();
    showDetail();
  }

  function choose(values) {
    most = STEP;
    Encore.state.set(values, { at: "clips" });
    Encore.announce(parts.count.textContent);
  }

  function build(container) {
    parts.data = element(
      "select",
      { on: { change: () => choose({ clipdata: parts.data.value, clipgenre: null, clip: null }) } },
      clips.data.map((one) => element("option", { value: one.name }, escaped(one.name))),
    );
    parts.search = element("input", { type: "search", on: { input: () => choose({ clipq: parts.search.value }) } });
    parts.genre = element("select", { on: { change: () => choose({ clipgenre: parts.genre.value }) } });
    parts.fault = element("input", {
      type: "checkbox",
      on: { change: () => choose({ clipfault: parts.fault.checked ? "1" : null }) },
    });
    parts.count = element("p", { class: "small muted" });
    parts.detail = element("article", { class: "card clip-detail", hidden: true });
    parts.table = element(
      "table",
      { id: "clips-list" },
      element("caption", {}, "Clips, the most often wrong first unless sorted otherwise"),
      element("thead", {}, element("tr", {}, header())),
      element("tbody"),
    );
    const more = () => {
      most += STEP;
      showList();
    };
    parts.more = element("button", { type: "button", class: "button", on: { click: more } }, `Show ${STEP} more`);
    const field = (label, control, kind = "field") => element("label", { class: kind }, label, control);
    Encore.fill(
      container,
      element(
        "div",
        { class: "controls" },
        field("Clip or artist", parts.search, "field wide"),
        clips.data.length > 1 && field("Data", parts.data),
        field("Genre", parts.genre),
        element("label", { class: "check" }, parts.fault, "Label in doubt"),
      ),
      parts.count,
      parts.detail,
      element("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "Clips" }, parts.table),
      parts.more,
    );
    container.hidden = false;
    container.classList.add("stack");
    for (const replaced of document.querySelectorAll(".clips-static")) replaced.hidden = true;
    Encore.state.subscribe(show);
    show();
  }

  // Elsewhere on the page, names of clips become links to their decisions.
  function linkNames() {
    for (const place of document.querySelectorAll("[data-clip]:not(.clips-static *)")) {
      const clip = find(place.dataset.dataset, place.dataset.clip);
      if (clip === undefined) continue;
      const shownName = [...place.childNodes].find((node) => node.textContent.trim() === escaped(clip.id));
      if (shownName) shownName.replaceWith(...withPlay(clip, link(clip)));
      else place.prepend(...withPlay(clip));
    }
  }

  Encore.whenReady(() => {
    const container = document.getElementById("clips-app");
    decoded.then(
      (found) => {
        clips = found;
        nameClips();
        if (clips.data.length) build(container);
        linkNames();
      },
      (error) => {
        Encore.fill(
          container,
          element(
            "p",
            { class: "warning" },
            `The clip decisions cannot be unpacked here: ${error.message}. A current browser can.`,
          ),
        );
        container.hidden = false;
      },
    );
  });

  return { decoded, find, link, votesText, name };
})();
