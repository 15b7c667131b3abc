/**
 * The element of the page that has this id.
 * @throws Error if there is none, or if it is of another type: then page and script do not belong together.
 */
export function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) {
    throw new Error(`The page has no ${type.name} with the id ${id}`);
  }
  return found;
}
