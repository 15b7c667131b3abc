/** Remembers which states of redirects to providers have been used, so that each is good once on all nodes. */
export interface OAuthStateStorage {
  /**
   * Marks a state as used, and forgets the ones that have expired.
   *
   * @param hash identifies the state; the state itself is not stored.
   * @param expiresAt until when the state would be good otherwise, in milliseconds since the Unix epoch.
   * @param now milliseconds since the Unix epoch.
   * @returns whether this was its first use. Of two uses at the same instant, one is the first.
   */
  markUsed(hash: string, expiresAt: number, now: number): Promise<boolean>;
}
