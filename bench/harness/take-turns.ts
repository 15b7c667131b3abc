/** Answers the next few of many each time, and begins again after the last. */
export function takeTurns<Item>(items: readonly Item[], count: number): () => Item[] {
  let position = 0;
  return () => {
    const start = position;
    position = (position + count) % items.length;
    return items.slice(start, start + count);
  };
}
