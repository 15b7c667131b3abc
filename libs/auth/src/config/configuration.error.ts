/**
 * A wrong configuration. It is thrown while the app boots, and its message is one sentence that names the field, the
 * value that was found and what to write instead.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
