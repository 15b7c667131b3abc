/** `localStorage` of one origin. */
export class WebStorage {
  private readonly items = new Map<string, string>();
  private readonly listeners = new Set<() => void>();

  get length(): number {
    return this.items.size;
  }

  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.items.set(key, value);
    this.notify();
  }

  removeItem(key: string): void {
    this.items.delete(key);
    this.notify();
  }

  clear(): void {
    this.items.clear();
    this.notify();
  }

  /** Calls a listener after every change. */
  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  private notify(): void {
    for (const listener of this.listeners) {
      listener();
    }
  }
}
