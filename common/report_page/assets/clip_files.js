// Which of a reader's own files are which clips, by their names, and .au files as .wav, which browsers play.
// Uses nothing of the page.
const EncoreFiles = (() => {
  "use strict";

  const AUDIO = /\.(wav|wave|au|snd|mp3|ogg|oga|opus|flac|m4a|mp4|aac|aif|aiff|wma|webm)$/;

  const isAudio = (path) => AUDIO.test(path.toLowerCase());

  // Folders and stem of a path or a clip's id, in one spelling: ["rock", "song 1"].
  function partsOf(path) {
    const parts = path.normalize("NFC").toLowerCase().split("/").filter(Boolean);
    let stem = parts.pop() || "";
    while (AUDIO.test(stem)) stem = stem.replace(AUDIO, "");
    return [...parts, stem];
  }

  // How many parts two paths have in common at their ends.
  function commonParts(one, other) {
    let common = 0;
    while (common < Math.min(one.length, other.length) && one.at(-1 - common) === other.at(-1 - common)) common += 1;
    return common;
  }

  // Those with the highest score.
  function best(candidates, score) {
    const most = Math.max(...candidates.map(score));
    return candidates.filter((candidate) => score(candidate) === most);
  }

  // Match files to clips by the stem of their names, whatever their letter case, suffix and folder. Folders decide only
  // between several files or clips of one name.
  // paths: of the files; ids: of the clips.
  // -> {files: Map of id -> path, ambiguous: [path], unmatched: [path], others: [path] that are no audio files}
  function matched(paths, ids) {
    const named = new Map();
    for (const id of new Set(ids)) {
      const parts = partsOf(id);
      named.set(parts.at(-1), [...(named.get(parts.at(-1)) || []), { id, parts }]);
    }
    const candidates = new Map();
    const result = { files: new Map(), ambiguous: [], unmatched: [], others: [] };
    for (const path of paths) {
      if (!isAudio(path)) {
        result.others.push(path);
        continue;
      }
      const parts = partsOf(path);
      const clips = named.get(parts.at(-1));
      if (clips === undefined) {
        result.unmatched.push(path);
        continue;
      }
      const nearest = best(clips, (clip) => commonParts(clip.parts, parts));
      if (nearest.length > 1) {
        result.ambiguous.push(path);
        continue;
      }
      const [{ id, parts: ofClip }] = nearest;
      candidates.set(id, [...(candidates.get(id) || []), { path, common: commonParts(ofClip, parts) }]);
    }
    for (const [id, files] of candidates) {
      const nearest = best(files, (file) => file.common);
      if (nearest.length === 1) result.files.set(id, nearest[0].path);
      else result.ambiguous.push(...nearest.map((file) => file.path));
    }
    return result;
  }

  // A .au file of 16-bit samples, as GTZAN is published, as a .wav file; null for other files.
  function wavOfAu(buffer) {
    const from = new DataView(buffer);
    if (buffer.byteLength < 24 || from.getUint32(0) !== 0x2e736e64 || from.getUint32(12) !== 3) return null;
    const start = from.getUint32(4);
    const samples = Math.floor(Math.max(0, buffer.byteLength - start) / 2);
    const rate = from.getUint32(16);
    const channels = from.getUint32(20);
    const wav = new DataView(new ArrayBuffer(44 + 2 * samples));
    const text = (offset, letters) =>
      [...letters].forEach((one, place) => wav.setUint8(offset + place, one.charCodeAt(0)));
    text(0, "RIFF");
    wav.setUint32(4, 36 + 2 * samples, true);
    text(8, "WAVEfmt ");
    wav.setUint32(16, 16, true);
    wav.setUint16(20, 1, true);
    wav.setUint16(22, channels, true);
    wav.setUint32(24, rate, true);
    wav.setUint32(28, rate * channels * 2, true);
    wav.setUint16(32, channels * 2, true);
    wav.setUint16(34, 16, true);
    text(36, "data");
    wav.setUint32(40, 2 * samples, true);
    for (let sample = 0; sample < samples; sample += 1) {
      wav.setInt16(44 + 2 * sample, from.getInt16(start + 2 * sample), true);
    }
    return wav.buffer;
  }

  return { isAudio, matched, wavOfAu };
})();
