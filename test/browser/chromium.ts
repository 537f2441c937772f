import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { searchPath } from '../cluster/processes.ts';
import { installObstacle, type Packages } from '../kit/debian-packages.ts';

/** A browser as Debian and others call it. */
const names = ['chromium', 'chromium-browser', 'google-chrome'];

const programOf = (): string | undefined =>
  searchPath()
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((file) => existsSync(file));

/** What the tests in a browser need. */
export const browserPackages: Packages = { chromium: async () => programOf() !== undefined };

/** Why this machine cannot run them, for a person; `undefined` if it can, perhaps after installing a package. */
export const browserObstacle = (): Promise<string | undefined> => installObstacle(browserPackages);

/** Starts it without a window; it looks nothing up by itself. As root it cannot have a sandbox, and needs none: the pages are ours. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: programOf() ?? 'chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
