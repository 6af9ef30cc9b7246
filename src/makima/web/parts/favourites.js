/** The voices that this browser's person likes. */

import { remember, remembered } from "../shell/settings.js";

const NAME = "favourites";

export const favourites = () => new Set((remembered(NAME) ?? "").split(" ").filter(Boolean));

/** Add or take away the voice `id`; whether it is a favourite now. */
export function toggleFavourite(id) {
  const liked = favourites();
  if (!liked.delete(id)) liked.add(id);
  remember(NAME, [...liked].join(" "));
  return liked.has(id);
}
