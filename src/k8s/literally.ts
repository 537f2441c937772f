/** A text from the cluster as a regular expression that matches it and nothing else: names of variables may hold any character. */
export const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
