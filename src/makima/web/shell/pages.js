/** The pages there are. Each module's `mount(root)` is given a copy of its template. */

import { msg } from "../words/language.js";

export const PAGES = [
  { path: "/speak", also: ["/"], name: msg("Speak"), template: "speak-page", load: () => import("../speak/speak.js") },
  { path: "/converse", name: msg("Converse"), template: "converse-page", load: () => import("../converse/converse.js") },
  { path: "/listen", name: msg("Listen"), template: "listen-page", load: () => import("../listen/listen.js") },
  { path: "/voices", name: msg("Voices"), template: "voices-page", load: () => import("../voices/voices.js") },
  { path: "/models", name: msg("Models"), template: "models-page", load: () => import("../models/models.js") },
  { path: "/books", name: msg("Books"), template: "books-page", load: () => import("../books/books.js") },
  { path: "/docs", name: msg("API"), template: "docs-page", load: () => import("../docs/docs.js") },
];
