/** The formats of a report, as `-o` names them. */
export const formats = ['text', 'json', 'yaml', 'junit', 'sarif', 'markdown', 'github', 'html'] as const;
export type Format = (typeof formats)[number];
