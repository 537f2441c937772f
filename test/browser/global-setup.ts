import { ensurePackages } from '../kit/debian-packages.ts';
import { browserPackages } from './chromium.ts';

/** A browser for the tests that look at a page as a person does. */
export default async function setup(): Promise<void> {
  await ensurePackages(browserPackages, (text) => process.stderr.write(text));
}
