/** Pieces of the API page: elements, and a JSON schema as a table. */

/** @param {string} name @param {string | Node} [content] */
export function element(name, content = "") {
  const made = document.createElement(name);
  made.append(content);
  return made;
}

/** A paragraph in which what stands between backticks is code. */
export function prose(words, name = "p") {
  const paragraph = document.createElement(name);
  words.split("`").forEach((piece, at) => paragraph.append(at % 2 === 1 ? element("code", piece) : piece));
  return paragraph;
}

/** The fields of an object's schema, one a row; null where it has none. `whole` is what its references point into. */
export function fieldTable(schema, whole) {
  const { properties = {}, required = [] } = resolve(schema, whole);
  const rows = Object.entries(properties).filter(([name]) => name !== "type");
  if (!rows.length) return null;
  const body = element("tbody");
  for (const [name, field] of rows) {
    const row = element("tr");
    const label = element("th", element("code", name));
    label.scope = "row";
    row.append(label, element("td", kind(field, whole)), prose(remark(name, field, required), "td"));
    body.append(row);
  }
  const table = element("table");
  table.append(body);
  return table;
}

function resolve(schema, whole) {
  if (!schema.$ref) return schema;
  return schema.$ref
    .slice(2)
    .split("/")
    .reduce((at, key) => at[key], whole);
}

function kind(field, whole) {
  const { anyOf, enum: values, const: value, type } = resolve(field, whole);
  if (anyOf) return anyOf.filter((each) => each.type !== "null").map((each) => kind(each, whole)).join(" or ");
  if (values) return values.join(" | ");
  return value ?? type ?? "string";
}

function remark(name, field, required) {
  const { minimum, maximum, description, default: usual } = field;
  const range = minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : "";
  const preset = usual === undefined || usual === null ? "" : `default ${JSON.stringify(usual)}`;
  const needed = required.includes(name) ? "required" : "";
  return [description, range, preset, needed].filter(Boolean).join("; ");
}
