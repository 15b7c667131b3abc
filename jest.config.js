/**
 * Everything but the browser tests. Run it with `npm test`: ES modules need `node --experimental-vm-modules`.
 *
 * What apps do over HTTP runs twice, on SQLite and on PostgreSQL; `--selectProjects sqlite` runs it once.
 */

/** The tests of what an app does, whatever database is under it. */
const APP_TESTS = ['email-password', 'session', 'third-party', 'email'].map(
  (folder) => `<rootDir>/test/${folder}/**/*.e2e-spec.ts`,
);

/** @type {import('jest').Config} */
export const base = {
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/libs/[^/]+/dist/', '<rootDir>/bench/dist/'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'es6' },
        jsc: {
          target: 'es2023',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, verbatimModuleSyntax: true },
        },
      },
    ],
  },
  moduleNameMapper: {
    // Tests run the library's sources, not its last build.
    '^nestward$': '<rootDir>/libs/auth/src/index.ts',
    '^nestward/pages$': '<rootDir>/libs/auth/src/pages/index.ts',
    '^nestward/testing$': '<rootDir>/libs/auth/src/testing/index.ts',
    // TypeScript names the file that a source becomes; Jest looks for the source.
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
};

/** @type {import('jest').Config} */
export default {
  projects: [
    {
      ...base,
      displayName: 'sqlite',
      testMatch: ['<rootDir>/libs/**/*.spec.ts', '<rootDir>/test/**/*.e2e-spec.ts'],
    },
    {
      ...base,
      displayName: 'postgres',
      testMatch: APP_TESTS,
      setupFiles: ['<rootDir>/test/support/use-postgres.js'],
    },
  ],
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  // Two cores may be busy with something else: a test that hangs is as good to see after half a minute.
  testTimeout: 30_000,
  maxWorkers: 2,
  collectCoverageFrom: ['libs/*/src/**/*.ts', '!**/*.spec.ts', '!**/*.d.ts'],
};
