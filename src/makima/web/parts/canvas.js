/** A canvas as sharp as the screen, in the colours of the page. */

/** Have `redraw` called when the canvas changes its size, or the page its colours. */
export function watchCanvas(canvas, redraw) {
  new ResizeObserver(redraw).observe(canvas);
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
    matchMedia(query).addEventListener("change", redraw);
  }
}

/** An empty canvas of the size that it is shown in: {paint, width, height, colour}, in CSS pixels. */
export function cleared(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const paint = canvas.getContext("2d");
  paint.scale(scale, scale);
  const style = getComputedStyle(canvas);
  return { paint, width, height, colour: (name) => style.getPropertyValue(name).trim() };
}
