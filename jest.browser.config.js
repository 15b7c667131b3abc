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
  // One browser and one demo process at a time fit on two cores.
  maxWorkers: 1,
};
