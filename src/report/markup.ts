import { printable } from './printable.ts';

/** A piece of HTML whose every text was escaped. */
export interface Markup {
  readonly markup: string;
}

export type Content = string | number | Markup | readonly Content[] | undefined;

/**
 * HTML with values in it: texts are escaped, control characters in them shown, markup stands as it is, lists are joined. The template's own
 * indentation is left out.
 */
export const html = (strings: TemplateStringsArray, ...values: readonly Content[]): Markup => ({
  markup: strings.reduce(
    (text, part, index) => `${text}${index === 0 ? '' : escaped(values[index - 1])}${part.replaceAll(/\n\s+/g, '\n')}`,
    '',
  ),
});

function escaped(content: Content): string {
  if (content === undefined) return '';
  if (typeof content === 'string' || typeof content === 'number')
    return printable(String(content)).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return 'markup' in content ? content.markup : content.map(escaped).join('');
}
