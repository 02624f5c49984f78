// Clip decisions of all runs: unpacking what common/report_page/clips.py packed, and comparing runs on the same clips.
// Uses nothing of the page.
const EncoreClips = (() => {
  "use strict";

  const NUMBERS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array };
  // As in common/core/words.py.
  const UNSEEN =
    /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b\u200e\u200f\ufeff\ufffe\uffff\u202a-\u202e\u2060-\u206f\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
  const LINE_ENDS = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;

  // A name as the page shows it, see `shown` in common/report_page/names.py: on one line, with escapes for characters
  // that cannot be seen, or that change the order of others.
  function shown(text) {
    const lines = text.split(LINE_ENDS);
    if (lines.at(-1) === "") lines.pop();
    const escaped = lines.join(" ").replace(UNSEEN, (character) => {
      if (character === "\t") return "\\t";
      const code = character.codePointAt(0);
      // These stand for bytes that are no valid UTF-8.
      const digits = (code >= 0xdc80 && code <= 0xdcff ? code - 0xdc00 : code).toString(16);
      if (digits.length <= 2) return `\\x${digits.padStart(2, "0")}`;
      return digits.length <= 4 ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
    });
    return escaped.trim();
  }

  // Base64 of gzip -> bytes.
  async function unpacked(text) {
    const binary = atob(text.trim());
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).arrayBuffer();
  }

  // [tests, genre, count, genre, count, ...] -> {tested, wrong, taken: [[genre name, count], ...]}
  function decisions(numbers, genres) {
    const taken = [];
    for (let place = 1; place < numbers.length; place += 2) taken.push([genres[numbers[place]], numbers[place + 1]]);
    return { tested: numbers[0], wrong: taken.reduce((sum, [, count]) => sum + count, 0), taken };
  }

  function clipOf(table, place) {
    const [rows, seeds, splits] = table.runs[place];
    return {
      data: table.name,
      place,
      id: table.ids[place],
      genre: table.genres[table.labels[place]],
      artist: table.artist[place] < 0 ? null : table.artists[table.artist[place]],
      apart: decisions(table.apart[place], table.genres),
      seen: decisions(table.seen[place], table.genres),
      rows,
      seeds,
      splits,
      same: (table.same[place] || []).map(([id, genre, exact]) => ({ id, genre, exact })),
      known: table.known[place] || [],
      reasons: table.reasons[place] || [],
    };
  }

  // The text of the page -> {data: [{name, genres, clips}], runs: Map of key -> run, leftOut: Set of keys}.
  // A run is given to decisionsOf; a clip has data, id, genre, artist (or null), apart and seen ({tested, wrong, taken},
  // see the Python module), rows, seeds, splits, same ([{id, genre, exact}]), known and reasons.
  async function decode(text) {
    const buffer = await unpacked(text);
    const length = new DataView(buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    if (header.format !== 1) throw new Error(`clip decisions of format ${header.format}, expected 1`);
    const data = header.data.map((table) => ({
      name: table.name,
      genres: table.genres,
      clips: table.ids.map((_, place) => clipOf(table, place)),
    }));
    const runs = new Map();
    let offset = 4 + length;
    const take = (count, width) => {
      const end = offset + count * width;
      const numbers = new NUMBERS[width](buffer.slice(offset, end));
      offset = end;
      return numbers;
    };
    for (const one of header.sets) {
      const size = one.clips.length * one.runs.length;
      const decided = take(size, one.bytes[0]);
      const votes = take(size * one.genres.length, one.bytes[1]);
      const clips = one.clips.map((place) => data[one.data].clips[place]);
      one.runs.forEach((key, place) => {
        const run = { key, data: data[one.data].name, seed: one.seeds[place], fold: one.folds[place] };
        runs.set(key, { ...run, genres: one.genres, clips, decided, votes, place, count: one.runs.length });
      });
    }
    if (offset !== buffer.byteLength) throw new Error("clip decisions of another length than their header says");
    return { data, runs, leftOut: new Set(header.left_out) };
  }

  // A run -> [{clip, decided, voted, votes: [...]}] in the order of the record: the genres decided by mean softmax and
  // by majority voting, and the votes of each of the run's genres.
  function decisionsOf(run) {
    return run.clips.map((clip, row) => decisionOn(run, clip, row));
  }

  function decisionOn(run, clip, row) {
    const { genres, clips, count, place } = run;
    const votes = genres.map((_, genre) => run.votes[(genre * clips.length + row) * count + place]);
    return {
      clip,
      decided: genres[run.decided[row * count + place]],
      voted: genres[votes.indexOf(Math.max(...votes))],
      votes,
    };
  }

  // What each run that tested a clip decided: [{run, decided, voted, votes, clip}].
  function testsOf(clip, runs) {
    const found = [];
    for (const run of runs.values()) {
      const row = run.clips.indexOf(clip);
      if (row >= 0) found.push({ run, ...decisionOn(run, clip, row) });
    }
    return found;
  }

  // Clips that two lists of runs both tested. Of several runs of a list that tested a clip, the last one counts.
  // how: "decided" (mean softmax) or "voted" (majority voting).
  // -> {clips: [{clip, first, second, firstRight, secondRight}], counts: {bothRight, onlyFirst, onlySecond, bothWrong},
  //     repeated: number of these clips that several runs of one list tested, as folds by window do,
  //     p: of McNemar's exact test}
  function compare(firstRuns, secondRuns, how) {
    const again = new Set();
    const collect = (list) => {
      const last = new Map();
      for (const decision of list.flatMap(decisionsOf)) {
        if (last.has(decision.clip)) again.add(decision.clip);
        last.set(decision.clip, decision);
      }
      return last;
    };
    const seconds = collect(secondRuns);
    const clips = [];
    const counts = { bothRight: 0, onlyFirst: 0, onlySecond: 0, bothWrong: 0 };
    for (const [clip, first] of collect(firstRuns)) {
      const second = seconds.get(clip);
      if (second === undefined) continue;
      const firstRight = first[how] === clip.genre;
      const secondRight = second[how] === clip.genre;
      clips.push({ clip, first, second, firstRight, secondRight });
      counts[firstRight ? (secondRight ? "bothRight" : "onlyFirst") : secondRight ? "onlySecond" : "bothWrong"] += 1;
    }
    const repeated = clips.filter(({ clip }) => again.has(clip)).length;
    return { clips, counts, repeated, p: mcnemar(counts.onlyFirst, counts.onlySecond) };
  }

  // Two-sided p of McNemar's exact test: of counts at least this unequal if both were equally good.
  function mcnemar(onlyFirst, onlySecond) {
    const trials = onlyFirst + onlySecond;
    const fewer = Math.min(onlyFirst, onlySecond);
    let logarithm = -trials * Math.LN2; // of the probability of 0 of the trials
    let sum = 0;
    for (let successes = 0; successes <= fewer; successes += 1) {
      sum += Math.exp(logarithm);
      logarithm += Math.log((trials - successes) / (successes + 1));
    }
    return Math.min(1, 2 * sum);
  }

  return { shown, decode, decisionsOf, testsOf, compare, mcnemar };
})();
