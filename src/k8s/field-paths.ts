/** `spec.rules[0].http` as a JSON pointer (RFC 6901) for a JSON patch: `/spec/rules/0/http`. */
export const pointerTo = (field: string): string =>
  `/${field
    .replaceAll(/\[(\d+)\]/g, '.$1')
    .split('.')
    .map((step) => step.replaceAll('~', '~0').replaceAll('/', '~1'))
    .join('/')}`;
