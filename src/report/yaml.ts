import { stringify } from 'yaml';
import type { Edition } from './edition.ts';
import { reportOrList } from './json.ts';

/** The same as JSON, as YAML. */
export const renderYaml = (edition: Edition): string =>
  stringify(reportOrList(edition), { lineWidth: 0, aliasDuplicateObjects: false });
