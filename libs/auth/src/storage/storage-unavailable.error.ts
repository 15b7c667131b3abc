/**
 * The database cannot be reached, is too slow, or has no connection free. Nothing is known about what was asked: it may be
 * tried again. Requests are answered with 503 and `Retry-After`, and nobody is signed out.
 */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError';
}
