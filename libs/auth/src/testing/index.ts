export { createSessionHeaders, type TestSessionOptions } from './create-session-headers.js';
export { inMemoryStorage } from './in-memory-storage.js';
export { TestClock } from './test-clock.js';
