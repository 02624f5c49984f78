// Section 5: the reader picks a folder of their own, and clips of it that the page names can be played. Files are matched
// by name and read by this browser only; nothing is sent anywhere.
Encore.listening = (() => {
  const { element } = Encore;
  const MOST_NAMED = 100;
  // Data set -> Map of clip id -> File.
  const files = new Map();
  const parts = {};
  let playing = null; // {data, id, address}
  let started = 0;

  const fileOf = ({ data, id }) => files.get(data)?.get(id);
  const isPlaying = ({ data, id }) => playing !== null && playing.data === data && playing.id === id;

  // A button that plays a clip; hidden until the reader's file of it is known.
  function button(clip) {
    const act = () => (isPlaying(clip) ? stop() : play(clip));
    const made = element("button", {
      type: "button",
      class: "play",
      data: { play: clip.id, of: clip.data },
      on: { click: act },
    });
    refresh(made);
    return made;
  }

  function refresh(made) {
    const clip = { data: made.dataset.of, id: made.dataset.play };
    made.hidden = !fileOf(clip);
    made.textContent = isPlaying(clip) ? "■" : "▶";
    made.setAttribute("aria-label", `${isPlaying(clip) ? "Stop" : "Play"} ${EncoreClips.shown(clip.id)}`);
  }

  const refreshAll = () => document.querySelectorAll("button[data-play]").forEach(refresh);

  function stop() {
    started += 1;
    if (playing === null) return;
    parts.audio.pause();
    parts.audio.removeAttribute("src");
    parts.audio.load();
    URL.revokeObjectURL(playing.address);
    playing = null;
    parts.player.hidden = true;
    refreshAll();
  }

  async function play(clip) {
    stop();
    parts.trouble.hidden = true;
    const mine = started;
    const file = fileOf(clip);
    let sound = file;
    try {
      if (/\.(au|snd)$/i.test(file.name)) {
        const wav = EncoreFiles.wavOfAu(await file.arrayBuffer());
        if (wav !== null) sound = new Blob([wav], { type: "audio/wav" });
      }
    } catch (error) {
      return fail(clip, file, error.message);
    }
    if (mine !== started) return undefined; // another clip was chosen while this one was read
    playing = { data: clip.data, id: clip.id, address: URL.createObjectURL(sound) };
    Encore.fill(
      parts.name,
      Encore.clips.name(clip.id),
      " ",
      element("span", { class: "muted" }, Encore.clips.name(describe(clip))),
    );
    parts.player.hidden = false;
    parts.audio.src = playing.address;
    refreshAll();
    try {
      await parts.audio.play();
    } catch (error) {
      if (mine === started) {
        stop();
        fail(clip, file, error.message);
      }
    }
    return undefined;
  }

  function describe(clip) {
    const known = Encore.clips.find(clip.data, clip.id);
    return known ? [known.genre, known.artist].filter(Boolean).join(", ") : "";
  }

  function fail(clip, file, reason) {
    const said = `${EncoreClips.shown(file.name)} cannot be played by this browser (${reason}).`;
    parts.trouble.textContent = said;
    parts.trouble.hidden = false;
    Encore.announce(said);
  }

  const listed = (heading, paths) =>
    paths.length > 0 &&
    element(
      "details",
      {},
      element("summary", {}, `${Encore.count(paths.length, "file")} ${heading}`),
      element(
        "ul",
        {},
        paths.slice(0, MOST_NAMED).map((path) => element("li", {}, Encore.clips.name(path))),
      ),
      paths.length > MOST_NAMED && element("p", {}, `and ${paths.length - MOST_NAMED} more`),
    );

  // chosen: [{path, file}]
  async function take(chosen) {
    const { data } = await Encore.clips.decoded;
    stop();
    const byPath = new Map(chosen.map(({ path, file }) => [path, file]));
    const results = data.map((one) => ({
      name: one.name,
      ...EncoreFiles.matched(
        [...byPath.keys()],
        one.clips.map((clip) => clip.id),
      ),
    }));
    files.clear();
    for (const { name, files: found } of results) {
      files.set(name, new Map([...found].map(([id, path]) => [id, byPath.get(path)])));
    }
    report(results, [...byPath.keys()], data);
    refreshAll();
  }

  function report(results, paths, data) {
    const matched = new Set(results.flatMap((one) => [...one.files.values()]));
    const ambiguous = [...new Set(results.flatMap((one) => one.ambiguous))].filter((path) => !matched.has(path));
    const others = paths.filter((path) => !EncoreFiles.isAudio(path));
    const unmatched = paths.filter(
      (path) => EncoreFiles.isAudio(path) && !matched.has(path) && !ambiguous.includes(path),
    );
    const ofData = results
      .filter((one) => one.files.size)
      .map((one) => `${Encore.count(one.files.size, "clip")} of ${EncoreClips.shown(one.name)}`);
    const said = `${matched.size} of ${Encore.count(paths.length, "file")} matched${ofData.length ? `: ${ofData.join(", ")}` : ""}.`;
    const doubted = data.flatMap((one) => one.clips.filter((clip) => clip.reasons.length && fileOf(clip)));
    Encore.fill(
      parts.result,
      element("p", {}, said, matched.size ? " Play buttons now stand beside these clips on the whole page." : ""),
      listed("of the same name as another one, so that it is not clear which is the clip's", ambiguous),
      listed("named as no clip of this page", unmatched),
      listed("not audio", others),
      doubted.length > 0 && element("h3", {}, "Labels in doubt, to listen to"),
      doubted.length > 0 &&
        element(
          "ul",
          { class: "examples" },
          doubted.map((clip) =>
            element(
              "li",
              {},
              button(clip),
              " ",
              Encore.clips.link(clip),
              ": labelled ",
              Encore.clips.name(clip.genre),
              "; ",
              Encore.clips.name(clip.reasons.join("; ")),
            ),
          ),
        ),
    );
    Encore.announce(said);
  }

  // The files of what was dropped, folders with all that is in them.
  async function dropped(items) {
    const found = [];
    const ask = (act) => new Promise((resolve, reject) => act(resolve, reject));
    async function walk(entry) {
      if (entry instanceof File) {
        found.push({ path: entry.name, file: entry });
        return;
      }
      if (entry.isFile) {
        found.push({
          path: entry.fullPath.slice(1),
          file: await ask((resolve, reject) => entry.file(resolve, reject)),
        });
        return;
      }
      const reader = entry.createReader();
      // A folder's entries come in parts, the last of which is empty.
      for (let some = null; some === null || some.length;) {
        some = await ask((resolve, reject) => reader.readEntries(resolve, reject));
        for (const inner of some) await walk(inner);
      }
    }
    // What was dropped is there only now; a browser may know files of it, but no folders.
    const entries = [...items].map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile()).filter(Boolean);
    for (const entry of entries) await walk(entry);
    return found;
  }

  function troubled(error) {
    parts.trouble.textContent = `The files cannot be read: ${error.message}.`;
    parts.trouble.hidden = false;
  }

  function input(label, attributes) {
    const made = element("input", { type: "file", multiple: true, ...attributes });
    made.addEventListener("change", () => {
      parts.trouble.hidden = true;
      take([...made.files].map((file) => ({ path: file.webkitRelativePath || file.name, file }))).catch(troubled);
    });
    return element("label", { class: "field wide" }, label, made);
  }

  function build(container) {
    parts.result = element("div", { class: "stack" });
    parts.trouble = element("p", { class: "warning", hidden: true, role: "alert" });
    parts.audio = element("audio", { controls: true, preload: "auto" });
    parts.audio.addEventListener("ended", stop);
    parts.name = element("span", {});
    parts.player = element(
      "div",
      { class: "player", role: "region", "aria-label": "Player", hidden: true },
      parts.name,
      parts.audio,
      element("button", { type: "button", class: "button", on: { click: stop } }, "Stop"),
    );
    const zone = element(
      "div",
      { class: "drop" },
      element("p", {}, "Drop a folder of songs here, or choose one:"),
      element(
        "div",
        { class: "controls" },
        input("A folder", { webkitdirectory: true }),
        input("Single files", { accept: "audio/*,.au" }),
      ),
    );
    const over = (isOver) => (event) => {
      event.preventDefault();
      zone.classList.toggle("over", isOver);
    };
    zone.addEventListener("dragover", over(true));
    zone.addEventListener("dragleave", over(false));
    zone.addEventListener("drop", (event) => {
      over(false)(event);
      parts.trouble.hidden = true;
      dropped(event.dataTransfer.items).then(take).catch(troubled);
    });
    Encore.fill(container, zone, parts.trouble, parts.result);
    container.classList.add("stack");
    container.hidden = false;
    document.body.append(parts.player);
  }

  Encore.whenReady(() => {
    const container = document.getElementById("listening-app");
    Encore.clips.decoded.then(
      ({ data }) => {
        if (data.length) return build(container);
        Encore.fill(
          container,
          element("p", { class: "note" }, "This page holds no names of clips that files could be matched to."),
        );
        container.hidden = false;
        return undefined;
      },
      () => {}, // section 4 says why
    );
  });

  return { button };
})();
