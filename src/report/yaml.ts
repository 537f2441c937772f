import { stringify } from 'yaml';
import type { Edition } from './edition.ts';
import { reportOrList } from './json.ts';

/** The same as JSON, as YAML. Control characters above ASCII, which stand only within double quotes, are escaped as those below are. */
export const renderYaml = (edition: Edition): string =>
  stringify(reportOrList(edition), { lineWidth: 0, aliasDuplicateObjects: false }).replaceAll(
    // oxlint-disable-next-line no-control-regex -- they are what is escaped
    /[\u007f-\u009f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16)}`,
  );
