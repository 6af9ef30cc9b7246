/** The pages there are. Each module's `mount(root)` is given a copy of its template. */
export const PAGES = [
  { path: "/speak", also: ["/"], name: "Speak", template: "speak-page", load: () => import("../speak/speak.js") },
  { path: "/listen", name: "Listen", template: "listen-page", load: () => import("../listen/listen.js") },
  { path: "/voices", name: "Voices", template: "voices-page", load: () => import("../voices/voices.js") },
  { path: "/books", name: "Books", template: "books-page", load: () => import("../books/books.js") },
  { path: "/docs", name: "API", template: "docs-page", load: () => import("../docs/docs.js") },
];
