/** The face of a voice: its own waveform around a disc, in a colour of its own. */

import { remember, remembered } from "../shell/settings.js";

export const BARS = 32;
const INNER = 21;
const LONGEST = 12;
const MIDDLE = 36;
const HUES = { from: 186, span: 84 }; // from cyan over blue to violet: one system, told apart
const SVG = "http://www.w3.org/2000/svg";

/** Remember how a voice looks, once it was heard whole. `outline` has heights from 0 to 1. */
export function rememberFace(id, outline) {
  const most = Math.max(...outline, 0.01);
  remember(`face.${id}`, outline.map((height) => Math.round((9 * height) / most)).join(""));
}

/** An SVG of the face of the voice `id`. */
export function faceOf(id) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 72 72");
  svg.setAttribute("class", "face");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  svg.style.setProperty("--hue", String(HUES.from + (hash(id) % HUES.span)));
  const disc = document.createElementNS(SVG, "circle");
  for (const [name, value] of [["cx", MIDDLE], ["cy", MIDDLE], ["r", INNER - 4]]) disc.setAttribute(name, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", heights(id).map(ray).join(""));
  svg.append(disc, path);
  return svg;
}

/** Heights from 0 to 1: those of the voice's sound where it was heard here, else of a sound made up from its name. */
export function heights(id, count = BARS) {
  const known = remembered(`face.${id}`);
  if (known !== null && /^\d+$/.test(known) && count === BARS) return [...known].map((digit) => Number(digit) / 9);
  let seed = hash(id);
  const next = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  const phases = Array.from({ length: 4 }, () => 2 * Math.PI * next());
  return Array.from({ length: count }, (_, i) => {
    const at = (2 * Math.PI * i) / count;
    const wave = phases.reduce((sum, phase, n) => sum + Math.sin((n * 2 + 1) * at + phase) / (n + 1.5), 0);
    return Math.max(0.08, Math.min(1, 0.45 + 0.3 * wave + 0.25 * (next() - 0.5)));
  });
}

function ray(height, i, all) {
  const angle = (2 * Math.PI * i) / all.length - Math.PI / 2;
  const [x, y] = [Math.cos(angle), Math.sin(angle)];
  const far = INNER + 1 + height * LONGEST;
  const point = (r) => `${(MIDDLE + x * r).toFixed(1)} ${(MIDDLE + y * r).toFixed(1)}`;
  return `M${point(INNER)}L${point(far)}`;
}

function hash(text) {
  let sum = 2166136261;
  for (const letter of text) sum = Math.imul(sum ^ letter.codePointAt(0), 16777619) >>> 0;
  return sum;
}
