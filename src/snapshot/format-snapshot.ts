import { stringify } from 'yaml';
import type { Snapshot } from './snapshot.ts';

/** The text of a Snapshot file, which may be shown in a terminal: control characters above ASCII stand as escapes too. */
export const formatSnapshot = (snapshot: Snapshot): string =>
  stringify(snapshot, { lineWidth: 0, aliasDuplicateObjects: false }).replaceAll(
    // oxlint-disable-next-line no-control-regex -- they are what is escaped
    /[\u007f-\u009f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16)}`,
  );
