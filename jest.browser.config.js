import { base } from './jest.config.js';

/**
 * The tests that need Chromium and the built demo: `npm run test:browser`.
 *
 * @type {import('jest').Config}
 */
export default {
  ...base,
  testMatch: ['<rootDir>/test/browser/**/*.browser-spec.ts'],
  testTimeout: 60_000,
  // Browsers wait about as long as they work.
  maxWorkers: 2,
};
