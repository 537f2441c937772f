import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Of the tests that say they may run at the same time, most wait for something that never comes.
    maxConcurrency: 8,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/cluster/**', 'test/browser/**'],
          // The tests share nothing but pure modules: loading those once per worker is most of the time saved.
          isolate: false,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/browser/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          exclude: ['test/cluster/node/**'],
          globalSetup: ['test/cluster/global-setup.ts'],
          fileParallelism: false,
          // Real processes on a shared machine: what fails twice is a fault, what fails once may be a neighbour.
          retry: 1,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'node',
          include: ['test/cluster/node/**/*.test.ts'],
          globalSetup: ['test/cluster/node/global-setup.ts'],
          fileParallelism: false,
          retry: 1,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
