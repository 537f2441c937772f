import { reportVersion, type Report, type ReportList } from '../diagnosis/report.ts';
import type { Edition } from './edition.ts';

/** What `report.schema.json` describes, as JSON. */
export const renderJson = (edition: Edition): string => `${JSON.stringify(reportOrList(edition), undefined, 2)}\n`;

/** One Service by its name is one Report; whoever asks for a namespace gets a list, however many Services it has today. */
export function reportOrList({ reports, single }: Edition): Report | ReportList {
  const [only] = reports;
  return only && single ? only : { apiVersion: reportVersion, kind: 'ReportList', items: reports };
}
